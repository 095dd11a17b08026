"""Which mails a change owes to whom, as outbox rows. The worker composes them from the ids when it sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from events_app.calendar import service as calendar
from events_app.outbox.service import NewMail, queue
from events_app.registration.queries import AttendeeRow, RegistrationRow


def to_contact(registration: RegistrationRow, kind: str, payload: Mapping[str, Any] | None = None) -> NewMail:
    return NewMail(
        kind=kind,
        recipient=registration.contact_email,
        language=registration.language,
        payload=payload or {},
        event_id=registration.event,
        registration_id=registration.id,
    )


def to_person(
    registration: RegistrationRow,
    person: AttendeeRow,
    kind: str,
    entry: tuple[str, int],
    payload: Mapping[str, Any] | None = None,
) -> NewMail:
    """A mail that touches this person's calendar; `entry` is (UID, SEQUENCE) as it stands now."""
    uid, sequence = entry
    return NewMail(
        kind=kind,
        recipient=person.address(registration),
        language=registration.language,
        payload=payload or {},
        event_id=registration.event,
        registration_id=registration.id,
        attendee_id=person.id,
        calendar_uid=uid,
        sequence=sequence,
    )


async def tell_people(
    pairs: Sequence[tuple[RegistrationRow, AttendeeRow]],
    kind: str,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """One mail of this kind to each person, with the calendar entry as it stands now."""
    entries = await calendar.sequences([person.id for _, person in pairs])
    await send(to_person(registration, person, kind, entries[person.id], payload) for registration, person in pairs)


async def send(mails: Iterable[NewMail]) -> None:
    owed = [mail for mail in mails if mail.recipient]  # who came without an address gets none
    if owed:
        await queue(owed)


def fresh_entries(people: Sequence[AttendeeRow]) -> dict[UUID, tuple[str, int]]:
    """The entries of people just added: nothing needs to be read for them."""
    return {person.id: (calendar.event_uid(person.id), 0) for person in people}
