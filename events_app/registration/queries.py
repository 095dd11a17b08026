"""Reading and writing registrations in sets: raw SQL, one statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from events_app.kit import clock, db
from events_app.registration import choice_queries
from events_app.registration.rules.room import Place
from events_app.registration.rules.seats import Status, Waiting
from events_app.registration.rules.wordings import Earlier
from events_app.registration.schemas import Answers, Training

IDEMPOTENCY_KEPT = timedelta(hours=24)

_training = msgspec.json.Decoder(Training)
_answers = msgspec.json.Decoder(Answers)
_consents = msgspec.json.Decoder(dict[str, dict[str, Any]])
_earlier = msgspec.json.Decoder(list[Earlier])
_keys = msgspec.json.Decoder(list[str])


@dataclass(frozen=True)
class RegistrationRow:
    id: UUID
    event: UUID
    status: Status
    organisation_name: str
    organisation_kind: str
    organisation_size: str | None
    organisation_startup: bool
    organisation_postcode: str | None
    organisation_district: str | None
    contact_given_name: str
    contact_family_name: str
    contact_email: str
    contact_phone: str | None
    language: str
    all_or_none: bool
    training: Training
    answers: Answers
    consents: Mapping[str, Mapping[str, Any]]
    match_consent: bool
    generation: int
    created_at: datetime
    handed_over_at: datetime | None = None
    answers_version: int = 1
    earlier_answers: Sequence[Earlier] = ()
    ticket_group: UUID | None = None
    invitation: UUID | None = None

    @property
    def contact_name(self) -> str:
        return f"{self.contact_given_name} {self.contact_family_name}"


@dataclass(frozen=True)
class AttendeeRow:
    """A person of a registration; `waiting_position` counts the event's waiting people up to this one.

    `offered_until`: the deadline of the seat held for this person, if there is one.
    """

    id: UUID
    registration: UUID
    event: UUID
    position: int
    given_name: str
    family_name: str
    email: str | None
    role: str
    answers: Answers
    status: Status
    waiting_number: int | None
    person_key: str
    waiting_position: int | None
    offered_until: datetime | None = None
    answers_version: int = 1
    earlier_answers: Sequence[Earlier] = ()
    own_answers: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    def address(self, registration: RegistrationRow) -> str:
        """Where this person's mails go: their own address, else the contact's."""
        return self.email or registration.contact_email


_REGISTRATION = ", ".join(RegistrationRow.__dataclass_fields__)
_REACHED = {"waiting_position", "offered_until"}
_ATTENDEE = ", ".join(f"a.{name}" for name in AttendeeRow.__dataclass_fields__ if name not in _REACHED)
_POSITION = """CASE WHEN a.status = 'waiting' THEN (SELECT count(*)::int FROM attendee w
  WHERE w.event = a.event AND w.status = 'waiting' AND w.waiting_number <= a.waiting_number) END AS waiting_position,
  CASE WHEN a.status = 'waiting' THEN (SELECT o.expires_at FROM seat_offer o
  WHERE o.attendee = a.id AND o.state = 'open') END AS offered_until"""


async def registration(registration_id: UUID, *, lock: bool = False) -> RegistrationRow | None:
    row = await db.fetch_row(
        f"SELECT {_REGISTRATION} FROM registration WHERE id = $1 {'FOR UPDATE' if lock else ''}",  # noqa: S608 - own column names
        registration_id,
    )
    return None if row is None else _registration_row(row)


async def registrations_of_event(event_id: UUID) -> Sequence[RegistrationRow]:
    rows = await db.fetch(
        f"SELECT {_REGISTRATION} FROM registration WHERE event = $1 ORDER BY created_at, id",  # noqa: S608 - own column names
        event_id,
    )
    return [_registration_row(row) for row in rows]


async def attendees(registration_id: UUID) -> list[AttendeeRow]:
    """A registration's people in their order, cancelled ones too; people who have been erased are nobody's."""
    rows = await db.fetch(
        f"""SELECT {_ATTENDEE}, {_POSITION} FROM attendee a
            WHERE a.registration = $1 AND a.erased_at IS NULL ORDER BY a.position, a.id""",  # noqa: S608 - own column names
        registration_id,
    )
    return [_attendee_row(row) for row in rows]


async def live_attendees_of_event(event_id: UUID) -> list[AttendeeRow]:
    rows = await db.fetch(
        f"""SELECT {_ATTENDEE}, NULL::int AS waiting_position FROM attendee a
            WHERE a.event = $1 AND a.status <> 'cancelled' AND a.erased_at IS NULL
            ORDER BY a.registration, a.position""",  # noqa: S608 - own column names
        event_id,
    )
    return [_attendee_row(row) for row in rows]


async def attendees_by_id(attendee_ids: Sequence[UUID]) -> list[AttendeeRow]:
    rows = await db.fetch(
        f"""SELECT {_ATTENDEE}, NULL::int AS waiting_position FROM attendee a
            WHERE a.id = ANY($1::uuid[]) AND a.erased_at IS NULL""",  # noqa: S608 - own column names
        list(attendee_ids),
    )
    return [_attendee_row(row) for row in rows]


async def waiting_line(event_id: UUID) -> list[Waiting]:
    """Everybody in line, first come first, but for those for whom a seat is held already."""
    rows = await db.fetch(
        """SELECT a.id, CASE WHEN r.all_or_none THEN r.id END AS party, r.ticket_group, r.invitation
           FROM attendee a JOIN registration r ON r.id = a.registration
           WHERE a.event = $1 AND a.status = 'waiting'
             AND NOT EXISTS (SELECT FROM seat_offer o WHERE o.attendee = a.id AND o.state = 'open')
           ORDER BY a.waiting_number""",
        event_id,
    )
    return [Waiting(row["id"], row["party"], Place(row["ticket_group"], row["invitation"])) for row in rows]


async def taken_person_keys(event_id: UUID, keys: Sequence[str]) -> set[str]:
    """Which of these people hold a live place at the event already."""
    rows = await db.fetch(
        """SELECT person_key FROM attendee
           WHERE event = $1 AND person_key = ANY($2::text[]) AND status IN ('confirmed', 'waiting', 'pending')""",
        event_id,
        list(keys),
    )
    return {row["person_key"] for row in rows}


async def admitted(attendee_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these people have been at the door: their ticket carries the time of the first admission.

    Their tickets are held until the transaction ends, so that none of them is admitted in the meantime.
    """
    rows = await db.fetch(
        """SELECT attendee_id, admitted_at FROM ticket WHERE attendee_id = ANY($1::uuid[])
           ORDER BY id FOR NO KEY UPDATE""",
        list(attendee_ids),
    )
    return {row["attendee_id"] for row in rows if row["admitted_at"] is not None}


async def insert_registration(registration: Mapping[str, Any]) -> None:
    names = ", ".join(registration)
    places = ", ".join(f"${n}" for n in range(1, len(registration) + 1))
    await db.execute(f"INSERT INTO registration ({names}) VALUES ({places})", *registration.values())  # noqa: S608 - own column names


async def insert_attendees(registration_id: UUID, event_id: UUID, people: Sequence[Mapping[str, Any]]) -> None:
    """New people of a registration; those who wait get their number in line. All answered the same questions."""
    columns = ("id", "position", "given_name", "family_name", "email", "role", "answers", "status", "person_key")
    await db.execute(
        """INSERT INTO attendee (registration, event, id, position, given_name, family_name, email, role, answers,
             status, person_key, waiting_number, created_at, updated_at, answers_version)
           SELECT $10, $11, id, position, given_name, family_name, email, role, answers::jsonb, status, person_key,
             CASE WHEN status = 'waiting' THEN nextval('waiting_number') END, $12, $12, $13
           FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::text[])
           AS p(id, position, given_name, family_name, email, role, answers, status, person_key) ORDER BY position""",
        *([person[name] for person in people] for name in columns),
        registration_id,
        event_id,
        clock.now(),
        people[0]["answers_version"],
    )


async def renumber_waiting(registration_id: UUID) -> None:
    """Put a registration's people at the end of the line.

    Numbers drawn while the event's seats are held follow the order of the commits, so that no two people are told the
    same position. They are drawn before the join: inside of it, a plan may draw them anew for each row.
    """
    await db.execute(
        """WITH drawn AS MATERIALIZED (
             SELECT id, nextval('waiting_number') AS number FROM (
               SELECT id FROM attendee WHERE registration = $1 AND status = 'waiting' ORDER BY position) AS line)
           UPDATE attendee a SET waiting_number = drawn.number FROM drawn WHERE a.id = drawn.id""",
        registration_id,
    )


async def set_attendee_status(attendee_ids: Sequence[UUID], status: Status) -> None:
    """Move people to another status; whoever leaves the line gives up the number, whoever leaves at all their needs."""
    await db.execute(
        """UPDATE attendee SET status = $2::varchar, updated_at = $3,
             waiting_number = CASE WHEN $2::varchar = 'waiting' THEN nextval('waiting_number') END
           WHERE id = ANY($1::uuid[])""",
        list(attendee_ids),
        status,
        clock.now(),
    )
    if status == "cancelled":
        await choice_queries.forget_needs(attendee_ids)


async def refresh_status(registration_ids: Sequence[UUID]) -> None:
    """A registration's status follows its people: confirmed if anybody is, else waiting, pending, cancelled."""
    await db.execute(
        """UPDATE registration r SET updated_at = $2, status = s.status FROM (
             SELECT registration, CASE WHEN bool_or(status = 'confirmed') THEN 'confirmed'
               WHEN bool_or(status = 'waiting') THEN 'waiting' WHEN bool_or(status = 'pending') THEN 'pending'
               ELSE 'cancelled' END AS status
             FROM attendee WHERE registration = ANY($1::uuid[]) GROUP BY registration) s
           WHERE r.id = s.registration""",
        list(registration_ids),
        clock.now(),
    )


async def replace_attendee(leaving: AttendeeRow, coming: AttendeeRow) -> None:
    """One person goes, another takes the same status and the same number in line."""
    async with db.transaction():
        now = clock.now()
        await db.execute(
            "UPDATE attendee SET status = 'cancelled', waiting_number = NULL, updated_at = $2 WHERE id = $1",
            leaving.id,
            now,
        )
        await choice_queries.forget_needs([leaving.id])
        await db.execute(
            """INSERT INTO attendee (id, registration, event, position, given_name, family_name, email, role, answers,
                 status, waiting_number, person_key, created_at, updated_at, answers_version)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)""",
            coming.id,
            coming.registration,
            coming.event,
            coming.position,
            coming.given_name,
            coming.family_name,
            coming.email,
            coming.role,
            db.as_json(coming.answers),
            coming.status,
            leaving.waiting_number,
            coming.person_key,
            now,
            coming.answers_version,
        )


async def update_registration(registration_id: UUID, changes: Mapping[str, Any]) -> None:
    await _update("registration", registration_id, changes)


async def update_attendee(attendee_id: UUID, changes: Mapping[str, Any]) -> None:
    await _update("attendee", attendee_id, changes)


async def remembered(event_id: UUID, key: str) -> tuple[str, UUID, str | None] | None:
    """(body hash, registration, what was told of its people as JSON) of an Idempotency-Key of the last 24 hours."""
    row = await db.fetch_row(
        "SELECT body_hash, registration, told FROM idempotency_key WHERE event = $1 AND key = $2 AND created_at > $3",
        event_id,
        key,
        clock.now() - IDEMPOTENCY_KEPT,
    )
    return None if row is None else (row["body_hash"], row["registration"], row["told"])


async def remember(event_id: UUID, key: str, body_hash: str, registration_id: UUID, told: str) -> None:
    """Keep an Idempotency-Key; one older than 24 hours is taken over. Raises asyncpg's unique violation."""
    now = clock.now()
    await db.execute(
        """WITH old AS (DELETE FROM idempotency_key WHERE event = $2 AND key = $3 AND created_at <= $7)
           INSERT INTO idempotency_key (id, event, key, body_hash, registration, created_at, told)
           VALUES ($1, $2, $3, $4, $5, $6, $8)""",
        uuid4(),
        event_id,
        key,
        body_hash,
        registration_id,
        now,
        now - IDEMPOTENCY_KEPT,
        told,
    )


async def remember_answer(registration_id: UUID, told: str) -> None:
    await db.execute("UPDATE idempotency_key SET told = $2 WHERE registration = $1", registration_id, told)


async def _update(table: str, id_: UUID, changes: Mapping[str, Any]) -> None:
    values = {**changes, "updated_at": clock.now()}
    assignments = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=2))
    await db.execute(f"UPDATE {table} SET {assignments} WHERE id = $1", id_, *values.values())  # noqa: S608 - own column names


def _registration_row(row: asyncpg.Record) -> RegistrationRow:
    values = dict(row)
    values["training"] = _training.decode(values["training"])
    values["answers"] = _answers.decode(values["answers"])
    values["consents"] = _consents.decode(values["consents"])
    values["earlier_answers"] = _earlier.decode(values["earlier_answers"])
    return RegistrationRow(**values)


def _attendee_row(row: asyncpg.Record) -> AttendeeRow:
    values = dict(row)
    values["answers"] = _answers.decode(values["answers"])
    values["earlier_answers"] = _earlier.decode(values["earlier_answers"])
    values["own_answers"] = _keys.decode(values["own_answers"])
    return AttendeeRow(**values)
