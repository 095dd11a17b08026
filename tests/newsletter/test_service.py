"""Double opt-in, leaving and being forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import asyncpg
import pytest

from events_app.accounts.rules import Actor
from events_app.kit import db, settings
from events_app.kit.errors import Invalid, NotFound
from events_app.kit.settings import Settings
from events_app.newsletter import queries
from events_app.newsletter.mails import COMPOSERS
from events_app.newsletter.schemas import Preferences, SignUp
from events_app.newsletter.service import consents, forget, links, readers, signup
from events_app.newsletter.service.signup import LinkExpired
from events_app.outbox.service.delivery import deliver_due
from events_app.registration import service as registrations
from events_app.registration.schemas import ConsentsPatch, ContactIn, RegistrationPatch
from events_app.registration.service import contact, erase
from tests.factories import make_cluster, make_event, make_registration
from tests.newsletter.readers import make_reader, row
from tests.outbox.sink import Sink, open_sink

CONTACT = Actor("registration", None)


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


def at(moment: datetime) -> None:
    settings.use(replace(settings.current(), fixed_now=moment))


NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def token_of(email: str) -> str:
    reader = await queries.subscriber_of(links.address_hash(email))
    assert reader is not None
    return links.confirm_url(reader).rpartition("/")[2]


async def queued() -> list[dict[str, Any]]:
    return [dict(one) for one in await db.fetch("SELECT * FROM outbox_mail ORDER BY id")]


async def test_sign_up_asks_by_mail_and_signs_nobody_up(sink: Sink) -> None:
    await signup.sign_up(SignUp(email="Neu@Example.org", topics=["digital"]))
    found = await row("neu@example.org")
    assert found is not None
    assert (found["status"], found["confirmed_at"], found["wording"]) == ("pending", None, "2026-11")
    await deliver_due(COMPOSERS)
    [mail] = sink.mails
    text = mail.get_body(("plain",)).get_content()
    assert mail["X-Clustertreff-Mail"] == "newsletter-confirm"
    assert f"/newsletter/confirm/{await token_of('neu@example.org')}" in text.replace("\n", "")
    assert "List-Unsubscribe" not in mail


async def test_confirmation_mail_holds_no_advertising(sink: Sink) -> None:
    event = await make_event(title="Großes Werkstattfest")
    await signup.sign_up(SignUp(email="neu@example.org"))
    await deliver_due(COMPOSERS)
    [mail] = sink.mails
    html = mail.get_body(("html",)).get_content()
    assert event.public.title not in html
    links_in = {part.partition('"')[0] for part in html.split('href="')[1:]}
    assert {link.partition("/newsletter/confirm/")[0] for link in links_in} <= {
        "http://clustertreff.test",
        "http://clustertreff.test/imprint",
        "http://clustertreff.test/privacy",
    }


async def test_confirming_keeps_times_wording_and_the_mail_itself(sink: Sink) -> None:
    at(NOW)
    await signup.sign_up(SignUp(email="neu@example.org", language="en"))
    await deliver_due(COMPOSERS)
    at(NOW + timedelta(hours=3))
    await signup.confirm(await token_of("neu@example.org"))
    found = await row("neu@example.org")
    assert found is not None
    assert (found["status"], found["requested_at"], found["confirmed_at"]) == (
        "confirmed",
        NOW,
        NOW + timedelta(hours=3),
    )
    kept = message_from_bytes(found["confirm_mail"])
    assert kept["Message-ID"] == sink.mails[0]["Message-ID"]
    assert kept["To"] == "neu@example.org"
    assert kept["Subject"] == "Please confirm your newsletter subscription"


async def test_confirming_twice_is_the_same_and_a_foreign_token_is_none(database: None) -> None:
    await signup.sign_up(SignUp(email="neu@example.org"))
    token = await token_of("neu@example.org")
    first, second = await signup.confirm(token), await signup.confirm(token)
    assert first.id == second.id
    assert (await signup.check(token)).status == "confirmed"
    foreign = links.reader_token(first.id)
    for bad in (foreign, "x", token[:-2] + ("AA" if not token.endswith("AA") else "BB"), ""):
        with pytest.raises(NotFound):
            await signup.confirm(bad)
        with pytest.raises(NotFound):
            await signup.check(bad)


async def test_link_expires_after_a_week_and_the_address_is_dropped(database: None) -> None:
    at(NOW)
    await signup.sign_up(SignUp(email="neu@example.org"))
    token = await token_of("neu@example.org")
    at(NOW + timedelta(days=6, hours=23))
    assert (await signup.check(token)).email == "neu@example.org"
    await signup.forget_expired()
    at(NOW + timedelta(days=7))
    with pytest.raises(LinkExpired):
        await signup.confirm(token)
    await signup.forget_expired()
    assert await row("neu@example.org") is None


async def test_address_is_not_flooded_with_questions(database: None) -> None:
    at(NOW)
    for _ in range(5):
        await signup.sign_up(SignUp(email="neu@example.org"))
    assert len(await queued()) == 1
    at(NOW + timedelta(minutes=16))
    await signup.sign_up(SignUp(email="neu@example.org"))
    at(NOW + timedelta(minutes=40))
    await signup.sign_up(SignUp(email="neu@example.org"))
    assert len(await queued()) == 2


async def test_newer_question_replaces_the_older_one(database: None) -> None:
    at(NOW)
    await signup.sign_up(SignUp(email="neu@example.org", topics=["digital"]))
    old = await token_of("neu@example.org")
    at(NOW + timedelta(hours=1))
    await signup.sign_up(SignUp(email="neu@example.org", topics=["bildung"]))
    with pytest.raises(NotFound):
        await signup.confirm(old)
    await signup.confirm(await token_of("neu@example.org"))
    found = await row("neu@example.org")
    assert found is not None
    assert found["topics"] == ["bildung"]


async def test_ten_sign_ups_at_one_moment_are_one(database: None) -> None:
    await asyncio.gather(*(signup.sign_up(SignUp(email="neu@example.org")) for _ in range(10)))
    assert len(await queued()) == 1
    assert await db.fetch_value("SELECT count(*) FROM newsletter_subscriber") == 1


async def test_stranger_changes_nothing_for_somebody_who_reads_it_already(sink: Sink) -> None:
    await make_reader("da@example.org", topics=["digital"], name="Kim")
    await signup.sign_up(SignUp(email="da@example.org", topics=["bildung"], name="Fremd"))
    found = await row("da@example.org")
    assert found is not None
    assert (found["topics"], found["name"], found["status"]) == (["digital"], "Kim", "confirmed")
    await deliver_due(COMPOSERS)
    [mail] = sink.mails
    assert mail["X-Clustertreff-Mail"] == "newsletter-confirm"
    assert mail["Subject"] == "Sie bekommen unseren Newsletter schon"


@pytest.mark.parametrize("wrong", [{"email": "x"}, {"clusters": ["nirgends"]}, {"topics": ["wetter"]}])
async def test_wrong_sign_up_is_refused_and_stores_nothing(database: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await signup.sign_up(SignUp(**{"email": "neu@example.org", **wrong}))
    assert await queued() == []


async def test_unsubscribing_empties_the_row_and_twice_is_fine(database: None) -> None:
    await make_cluster("tab-mint")
    reader = await make_reader("da@example.org", name="Kim", role="company", clusters=["tab-mint"], topics=["digital"])
    await readers.unsubscribe(reader)
    await readers.unsubscribe(reader)
    found = await row("da@example.org")
    assert found is not None
    assert (found["status"], found["name"], found["role"], found["topics"]) == ("unsubscribed", "", "", [])
    assert found["wording"] == "2026-11"
    assert await db.fetch_value("SELECT reason FROM newsletter_suppression") == "unsubscribed"
    with pytest.raises(NotFound):
        await readers.reader(reader)


async def test_sign_up_after_leaving_needs_a_new_confirmation(database: None) -> None:
    reader = await make_reader("da@example.org")
    await readers.unsubscribe(reader)
    await signup.sign_up(SignUp(email="da@example.org"))
    found = await row("da@example.org")
    assert found is not None
    assert found["status"] == "pending"
    assert await queries.suppressed_at(links.address_hash("da@example.org")) is not None
    await signup.confirm(await token_of("da@example.org"))
    assert await queries.suppressed_at(links.address_hash("da@example.org")) is None


async def test_proof_of_who_left_is_dropped_after_three_years(database: None) -> None:
    at(NOW)
    await readers.unsubscribe(await make_reader("da@example.org"))
    at(NOW + timedelta(days=3 * 365))
    await signup.forget_expired()
    assert await row("da@example.org") is not None
    at(NOW + timedelta(days=3 * 366))
    await signup.forget_expired()
    assert await row("da@example.org") is None
    assert await db.fetch_value("SELECT count(*) FROM newsletter_suppression") == 1


async def test_forgetting_leaves_a_hash_and_nothing_else(database: None) -> None:
    await make_reader("da@example.org", name="Kim Geheim")
    await signup.sign_up(SignUp(email="da@example.org"))
    assert await forget(" DA@example.org ")
    assert not await forget("da@example.org")
    assert await row("da@example.org") is None
    assert await queued() == []
    kept = await db.fetch_row("SELECT * FROM newsletter_suppression")
    assert kept is not None
    assert kept["reason"] == "erased"
    assert "example.org" not in str(dict(kept))


async def test_erased_person_may_sign_up_again_and_confirm(database: None) -> None:
    await make_reader("da@example.org")
    await forget("da@example.org")
    await signup.sign_up(SignUp(email="da@example.org"))
    await signup.confirm(await token_of("da@example.org"))
    assert await queries.suppressed_at(links.address_hash("da@example.org")) is None


async def test_hash_is_worth_nothing_without_our_secret(app_settings: Settings) -> None:
    ours = links.address_hash("da@example.org")
    assert ours == links.address_hash(" DA@Example.org")
    settings.use(replace(app_settings, secret_key="another-secret-of-32-characters-or-more"))
    assert links.address_hash("da@example.org") != ours


async def test_preferences_change_and_pause(database: None) -> None:
    cluster = await make_cluster("tab-mint")
    reader = await make_reader("da@example.org")
    await readers.change_preferences(reader, Preferences(clusters=["tab-mint"], topics=["digital"], language="en"), 3)
    found = await readers.reader(reader)
    assert (found.clusters, found.topics, found.language) == ([cluster.id], ["digital"], "en")
    assert found.paused_until is not None
    await readers.change_preferences(reader, Preferences(), 0)
    assert (await readers.reader(reader)).paused_until is None
    with pytest.raises(Invalid):
        await readers.change_preferences(reader, Preferences(clusters=["nirgends"]))


async def test_database_takes_no_confirmed_reader_without_a_time(database: None) -> None:
    await make_reader("da@example.org")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE newsletter_subscriber SET confirmed_at = NULL")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE newsletter_subscriber SET status = 'friend'")


async def ticked(**fields: Any) -> Any:
    cluster = await make_cluster("tab-mint")
    event = await make_event(cluster=cluster.slug)
    return await make_registration(event, 1, consents={"privacy": True, "newsletter": True}, **fields)


async def contact_of(registration_id: Any) -> str:
    found: str = await db.fetch_value("SELECT contact_email FROM registration WHERE id = $1", registration_id)
    return found


async def test_box_ticked_in_a_registration_is_asked_about_once(database: None) -> None:
    made = await ticked()
    assert await consents.follow() == 1
    assert await consents.follow() == 0
    email = await contact_of(made.id)
    found = await row(email)
    assert found is not None
    assert (found["status"], found["source"], found["role"], found["region"]) == (
        "pending",
        "registration",
        "company",
        "mitteldeutschland",
    )
    kinds = [mail["kind"] for mail in await queued() if mail["recipient"] == email]
    assert kinds.count("newsletter-confirm") == 1


async def test_two_workers_ask_once(database: None) -> None:
    await ticked()
    await asyncio.gather(*(consents.follow() for _ in range(4)))
    assert [mail["kind"] for mail in await queued()].count("newsletter-confirm") == 1


async def test_registration_without_the_tick_asks_nothing(database: None) -> None:
    await make_registration(await make_event(), 1)
    assert await consents.follow() == 0
    assert await db.fetch_value("SELECT count(*) FROM newsletter_subscriber") == 0


async def test_unticked_box_unsubscribes_and_ticked_again_asks_again(database: None) -> None:
    made = await ticked()
    await consents.follow()
    email = await contact_of(made.id)
    await signup.confirm(await token_of(email))
    patch = RegistrationPatch(consents=ConsentsPatch(newsletter=False))
    await registrations.change_registration(made.id, patch, CONTACT)
    assert await consents.follow() == 1
    found = await row(email)
    assert found is not None
    assert found["status"] == "unsubscribed"
    again = RegistrationPatch(consents=ConsentsPatch(newsletter=True))
    at(datetime.now(UTC) + timedelta(hours=2))
    await registrations.change_registration(made.id, again, CONTACT)
    await consents.follow()
    found = await row(email)
    assert found is not None
    assert found["status"] == "pending"


async def test_saving_the_contact_again_asks_nobody_who_has_left(database: None) -> None:
    made = await ticked()
    await consents.follow()
    email = await contact_of(made.id)
    await signup.confirm(await token_of(email))
    await readers.unsubscribe_hash(links.address_hash(email))
    at(datetime.now(UTC) + timedelta(hours=2))
    same = RegistrationPatch(consents=ConsentsPatch(newsletter=True))  # the form sends the box as it stands
    await registrations.change_registration(made.id, same, CONTACT)
    await consents.follow()
    found = await row(email)
    assert found is not None
    assert found["status"] == "unsubscribed"


async def test_erased_registration_takes_the_subscription_that_came_from_it_along(database: None) -> None:
    made = await ticked()
    await consents.follow()
    email = await contact_of(made.id)
    await signup.confirm(await token_of(email))
    await erase.erase_registration(made.id, CONTACT)
    assert await consents.follow() == 1
    assert await row(email) is None
    assert await queries.suppressed_at(links.address_hash(email)) is not None


async def test_erased_registration_leaves_a_subscription_made_elsewhere(database: None) -> None:
    await make_reader("k@example.org")
    contact = {"given_name": "Kim", "family_name": "Muster", "email": "k@example.org"}
    made = await ticked(contact=contact)
    await consents.follow()
    await erase.erase_registration(made.id, CONTACT)
    await consents.follow()
    found = await row("k@example.org")
    assert found is not None
    assert found["status"] == "confirmed"


async def test_handing_a_registration_over_leaves_each_with_their_own_choice(database: None) -> None:
    made = await ticked()
    await consents.follow()
    old = await contact_of(made.id)
    await signup.confirm(await token_of(old))
    await contact.hand_over(made.id, ContactIn("Neu", "Muster", "neu@example.org"), CONTACT)
    await consents.follow()
    before = await row(old)
    assert before is not None
    assert before["status"] == "confirmed"
    assert await row("neu@example.org") is None
    patch = RegistrationPatch(consents=ConsentsPatch(newsletter=True))
    await registrations.change_registration(made.id, patch, CONTACT)
    await consents.follow()
    after = await row("neu@example.org")
    assert after is not None
    assert after["status"] == "pending"


async def test_demo_registrations_ask_nobody(database: None) -> None:
    await make_registration(await make_event(), 1, source="demo", consents={"privacy": True, "newsletter": True})
    assert await consents.follow() == 0
