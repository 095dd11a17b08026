from __future__ import annotations

import httpx
import pytest

from events_app.matchmaking import mails
from events_app.outbox.service import claims
from events_app.outbox.service.delivery import Obsolete
from events_app.registration import service as registrations
from events_app.registration.schemas import RegistrationOut
from tests.factories import ADMIN
from tests.matchmaking.exchange import (
    BRIKETT,
    ONLOOKER,
    SAALEBLICK,
    SAALEKREIS,
    Facts,
    join,
    make_exchange,
    published,
)


async def page(client: httpx.AsyncClient, who: RegistrationOut, language: str = "de") -> str:
    answer = await client.get(f"/registrations/{who.manage_token}/matches", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


async def test_both_sides_see_each_other_with_reasons_in_words(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    company, partner = await join(event, SAALEBLICK), await join(event, SAALEKREIS)
    await published(event)
    seen = await page(client, company)
    assert SAALEKREIS.name in seen
    assert "bietet Grundlehrgang für Mechatroniker/-in, 12 Plätze" in seen
    assert "18 km Luftlinie" in seen
    assert "0.835" not in seen
    assert "84 %" not in seen
    assert "sucht Grundlehrgang für Mechatroniker/-in, 2 Plätze" in await page(client, partner)
    assert "offers basic workshop course for mechatronics technician, 12 places" in await page(client, company, "en")


async def test_page_tells_nothing_of_people(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    company, partner = await join(event, SAALEBLICK), await join(event, SAALEKREIS)
    await published(event)
    seen = await page(client, company)
    assert all(person.name not in seen for person in partner.attendees)
    assert "example.org" not in seen


@pytest.mark.parametrize(
    ("who", "match", "words"),
    [
        (SAALEBLICK, False, "Zustimmung geben"),
        (ONLOOKER, True, "Bedarf und Angebote nennen"),
        (SAALEBLICK, True, "Die Vorschläge kommen noch"),
    ],
)
async def test_page_says_what_is_missing_before_there_are_proposals(
    client: httpx.AsyncClient,
    who: Facts,
    match: bool,  # noqa: FBT001 - a test's parameter
    words: str,
) -> None:
    event = await make_exchange()
    assert words in await page(client, await join(event, who, match=match))


async def test_page_says_why_nobody_was_found_and_what_would_help(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    alone = await join(event, BRIKETT)
    await join(event, SAALEKREIS)
    await published(event)
    seen = await page(client, alone)
    assert "niemand bietet Verbundausbildung" in seen
    assert "Was geholfen hätte:" in seen
    assert "auch verwandte oder alle Berufe nennen" in seen


async def test_page_is_behind_the_manage_link_alone(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    who = await join(event, SAALEBLICK)
    wrong = who.manage_token[:-1] + ("A" if who.manage_token[-1] != "A" else "B")
    for token in (wrong, str(who.id), "x", who.attendees[0].ticket_token):
        answer = await client.get(f"/registrations/{token}/matches")
        assert (token, answer.status_code) == (token, 404)


async def test_name_with_markup_stays_a_name(client: httpx.AsyncClient) -> None:
    event = await make_exchange()
    company = await join(event, SAALEBLICK)
    await join(event, SAALEKREIS._replace(name="<script>alert(1)</script> gGmbH"))
    await published(event)
    assert "<script>alert" not in await page(client, company)


async def mail_of(who: RegistrationOut) -> claims.OwedMail:
    owed = (await claims.claim(100)).mails
    return next(mail for mail in owed if mail.kind == "matches-published" and mail.registration_id == who.id)


@pytest.mark.usefixtures("database")
async def test_mail_lists_the_proposals_and_leads_to_the_page() -> None:
    event = await make_exchange()
    company = await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    await published(event)
    letter = await mails.matches_published(await mail_of(company))
    assert letter.subject == "Passende Kontakte für Sie: Kooperationsbörse Mechatronik"
    for part in (letter.text, letter.html):
        assert SAALEKREIS.name in part
        assert "bietet Grundlehrgang für Mechatroniker/-in, 12 Plätze" in part
        assert f"{company.manage_url}/matches" in part


@pytest.mark.usefixtures("database")
async def test_mail_is_dropped_once_the_proposals_are_gone() -> None:
    event = await make_exchange()
    company, partner = await join(event, SAALEBLICK), await join(event, SAALEKREIS)
    await published(event)
    owed = await mail_of(company)
    await registrations.cancel_registration(partner.id, ADMIN)
    with pytest.raises(Obsolete):
        await mails.matches_published(owed)
