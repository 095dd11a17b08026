"""What mails say once somebody has handed over, been erased, or asked again: true for each reader, no link too many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage

import pytest

from events_app.events.schemas import EventPatch
from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.outbox.service import NewMail, queue
from events_app.outbox.service.delivery import deliver_due
from events_app.registration import service
from events_app.registration.mails import COMPOSERS
from events_app.registration.schemas import (
    AttendeePatch,
    ContactIn,
    ContactPatch,
    RegistrationOut,
    RegistrationPatch,
)
from events_app.registration.service import contact, erase, links
from tests.factories import ADMIN, make_event, make_registration
from tests.outbox.sink import Sink, open_sink

CONTACT = {"given_name": "Miriam", "family_name": "Vogel", "email": "m.vogel@example.org"}
SUCCESSOR = ContactIn("Nora", "Neumann", "n.neumann@example.org")
PEOPLE = [
    {"given_name": "Jonas", "family_name": "Beck", "email": "j.beck@example.org"},
    {"given_name": "Ayşe", "family_name": "Öztürk", "email": "a.oeztuerk@example.org"},
]


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


async def registered() -> RegistrationOut:
    made = await make_registration(await make_event(), attendees=PEOPLE, contact=CONTACT)
    await db.execute("DELETE FROM outbox_mail")
    return made


async def delivered(sink: Sink) -> dict[str, str]:
    """What leaves now: the whole text of each mail by its recipient."""
    return {str(mail["To"]): _text(mail) for mail in await leaving(sink)}


async def leaving(sink: Sink) -> list[EmailMessage]:
    """The mails that leave now."""
    before = len(sink.taken)
    await deliver_due(COMPOSERS)
    return sink.mails[before:]


def _text(mail: EmailMessage) -> str:
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return " ".join(" ".join([str(mail["Subject"]), *map(str, parts)]).split())


async def test_a_new_address_gets_the_mails_and_the_old_one_is_told_without_a_link(sink: Sink) -> None:
    people = [PEOPLE[0], {**PEOPLE[1], "email": None}]
    made = await make_registration(await make_event(), attendees=people, contact=CONTACT)
    await deliver_due(COMPOSERS)
    patch = RegistrationPatch(contact=ContactPatch(email="vogel@example.org"))
    await service.change_registration(made.id, patch, ADMIN)
    kinds = await db.fetch("SELECT kind, recipient FROM outbox_mail WHERE status = 'queued' ORDER BY id")
    assert [tuple(row) for row in kinds] == [
        ("registration-changed", "vogel@example.org"),
        ("registration-changed", "m.vogel@example.org"),
        ("ticket", "vogel@example.org"),
    ]
    mails = await delivered(sink)
    old = mails["m.vogel@example.org"]
    assert "geändert" in old
    assert made.manage_url not in old
    assert "vogel@example.org" not in old.replace("m.vogel@example.org", "")


async def test_what_is_owed_follows_to_the_new_address_once(sink: Sink) -> None:
    made = await make_registration(await make_event(), attendees=PEOPLE, contact=CONTACT)
    await service.change_registration(
        made.id, RegistrationPatch(contact=ContactPatch(email="vogel@example.org")), ADMIN
    )
    await service.change_registration(made.id, RegistrationPatch(contact=ContactPatch(phone="0345 1")), ADMIN)
    rows = await db.fetch(
        "SELECT kind, payload ? 'former_contact' AS told FROM outbox_mail WHERE recipient LIKE '%vogel@%'"
    )
    assert sorted(tuple(row) for row in rows) == [
        ("registration-changed", False),
        ("registration-changed", True),
        ("registration-confirmed", False),
    ]
    mails = await delivered(sink)
    assert made.manage_url in mails["vogel@example.org"]


async def test_what_is_owed_to_a_person_follows_to_their_corrected_address(sink: Sink) -> None:
    event = await make_event()
    made = await make_registration(event, attendees=PEOPLE, contact=CONTACT)
    jonas = made.attendees[0].id
    await db.execute("UPDATE outbox_mail SET attempts = 3, next_try_at = now() + interval '6 h' WHERE kind = 'ticket'")
    await service.change_attendee(made.id, jonas, AttendeePatch(email="beck@example.org"), ADMIN)
    assert [mail["To"] for mail in await leaving(sink)] == [CONTACT["email"], "beck@example.org"]
    await db.execute("UPDATE outbox_mail SET next_try_at = now()")
    assert [mail["To"] for mail in await leaving(sink)] == [PEOPLE[1]["email"]]
    await service.change_event(event.slug, EventPatch(title="Neu"), ADMIN)
    await service.change_attendee(made.id, jonas, AttendeePatch(email="jonas@example.org"), ADMIN)
    assert sorted((mail["To"], mail["X-Clustertreff-Mail"]) for mail in await leaving(sink)) == [
        (PEOPLE[1]["email"], "event-changed"),
        ("jonas@example.org", "event-changed"),
        ("jonas@example.org", "ticket"),
    ]


async def test_hand_over_brings_the_new_link_to_the_new_contact_and_none_to_the_old(sink: Sink) -> None:
    made = await registered()
    await contact.hand_over(made.id, SUCCESSOR, ADMIN)
    mails = await delivered(sink)
    new = await service.get_registration(made.id)
    assert new.manage_url in mails["n.neumann@example.org"]
    farewell = mails["m.vogel@example.org"]
    assert "/registrations/" not in farewell
    assert "Nora Neumann betreut jetzt die Anmeldung" in farewell
    assert "Miriam Vogel" in farewell


async def test_first_mail_says_how_to_delete_and_stays_true_after_a_hand_over(sink: Sink) -> None:
    made = await registered()
    await links.resend_ticket(made.id, made.attendees[0].id, ADMIN)
    before = (await delivered(sink))["j.beck@example.org"]
    assert f"Miriam Vogel ({made.organisation}) hat Sie" in before
    assert "Daten einsehen, berichtigen oder löschen" in before
    await contact.hand_over(made.id, SUCCESSOR, ADMIN)
    await links.resend_ticket(made.id, made.attendees[0].id, ADMIN)
    after = (await delivered(sink))["j.beck@example.org"]
    assert f"{made.organisation} hat Sie" in after
    assert "Nora Neumann" not in after  # who registered nobody


async def test_a_mail_that_was_claimed_before_the_erase_is_not_sent(sink: Sink) -> None:
    """The rows are gone, but a worker may have read one; composing finds nobody."""
    made = await registered()
    await erase.erase_attendee(made.id, made.attendees[0].id, ADMIN)
    await db.execute("DELETE FROM outbox_mail")
    event = await db.fetch_value("SELECT event FROM registration")
    await queue(
        [
            NewMail(
                kind="ticket",
                recipient="j.beck@example.org",
                language="de",
                event_id=event,
                registration_id=made.id,
                attendee_id=made.attendees[0].id,
            )
        ]
    )
    assert await delivered(sink) == {}
    assert await db.fetch_value("SELECT status FROM outbox_mail") == "parked"


async def test_contact_learns_of_an_erased_place_without_a_name(sink: Sink) -> None:
    made = await registered()
    await erase.erase_attendee(made.id, made.attendees[0].id, ADMIN)
    mails = await delivered(sink)
    assert set(mails) == {"m.vogel@example.org"}
    assert "Beck" not in mails["m.vogel@example.org"]
    assert "Ayşe Öztürk" in mails["m.vogel@example.org"]
