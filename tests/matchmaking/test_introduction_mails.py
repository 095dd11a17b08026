from __future__ import annotations

import pytest

from events_app.kit import db
from events_app.matchmaking import mails, service
from events_app.outbox.service import claims
from events_app.outbox.service.delivery import Obsolete
from events_app.registration import service as registrations
from events_app.registration.queries import registration
from events_app.registration.schemas import ConsentsPatch, RegistrationOut, RegistrationPatch
from events_app.registration.service.erase import erase_registration
from tests.factories import ADMIN
from tests.matchmaking.exchange import SAALEBLICK, SAALEKREIS, join, make_exchange, published

pytestmark = pytest.mark.usefixtures("database")


async def exchanged(language: str = "de") -> tuple[RegistrationOut, RegistrationOut, claims.OwedMail]:
    """Company and partner, both agreed, and the mail to the company."""
    event = await make_exchange()
    company, partner = await join(event, SAALEBLICK, language=language), await join(event, SAALEKREIS)
    await published(event)
    for one, other in ((company, partner), (partner, company)):
        await service.agree_to_exchange(one.id, other.id)
    owed = (await claims.claim(100)).mails
    return company, partner, next(one for one in owed if one.payload.get("contact_of") == str(partner.id))


async def test_introduction_asks_both_sides_to_exchange_contacts() -> None:
    event = await make_exchange()
    company = await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    await published(event)
    owed = next(one for one in (await claims.claim(100)).mails if one.kind == "matches-published")
    letter = await mails.matches_published(owed)
    for part in (letter.text, letter.html):
        assert "eine passende Organisation vor" in " ".join(part.split())
        assert "/matches" in part
    assert "Kontakt austauschen" in letter.html
    assert company.manage_url.rpartition("/")[0] in letter.text


@pytest.mark.parametrize(
    ("language", "subject"),
    [("de", "Kontakt: Bildungswerkstatt Saalekreis gGmbH"), ("en", "Contact: Bildungswerkstatt Saalekreis gGmbH")],
)
async def test_mail_gives_the_other_sides_contact_and_answers_go_there(language: str, subject: str) -> None:
    _, partner, owed = await exchanged(language)
    letter = await mails.matches_published(owed)
    other = await registration(partner.id)
    assert other is not None
    assert (letter.subject, letter.reply_to) == (subject, (other.contact_name, other.contact_email))
    for part in (letter.text, letter.html):
        assert other.contact_name in part
        assert other.contact_email in part
        assert all(person.name not in part for person in partner.attendees)


async def test_contact_is_not_given_any_more_once_a_consent_was_withdrawn() -> None:
    _, partner, owed = await exchanged()
    await registrations.change_registration(partner.id, RegistrationPatch(consents=ConsentsPatch(match=False)), ADMIN)
    with pytest.raises(Obsolete):
        await mails.matches_published(owed)


async def test_contact_is_not_given_any_more_once_it_was_erased() -> None:
    _, partner, owed = await exchanged()
    await erase_registration(partner.id, ADMIN)
    assert await db.fetch_value("SELECT count(*) FROM contact_agreement") == 0
    with pytest.raises(Obsolete):
        await mails.matches_published(owed)
