"""Rows of rounds, of those who get their mails, and of what people answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from events_app.attendance.rules import Round
from events_app.kit import clock, db

_PLAN = ", ".join(field.name for field in fields(Round))
_SETTINGS = ("reminder_days", "reminder_note", "catering_at", "thanks", "thanks_note")


@dataclass(frozen=True)
class Guest:
    """A confirmed person who can be written to; `email` null: through the contact."""

    attendee: UUID
    registration: UUID
    email: str | None
    contact_email: str
    language: str
    registered_at: datetime
    admitted: bool
    quiet: bool


@dataclass(frozen=True)
class Replies:
    """How many confirmed people said yes to the day as it stands, and how many said nothing."""

    coming: int
    silent: int


async def plan_of(event_id: UUID, *, lock: bool = False) -> Round:
    """An event's round; with `lock` it is held until the transaction ends, and there is a row from then on."""
    if lock:
        await db.execute("INSERT INTO event_round (event) VALUES ($1) ON CONFLICT DO NOTHING", event_id)
    row = await db.fetch_row(
        f"SELECT {_PLAN} FROM event_round WHERE event = $1 {'FOR UPDATE' * lock}",  # noqa: S608 - own column names
        event_id,
    )
    return Round() if row is None else Round(**dict(row))


async def store_plan(event_id: UUID, plan: Round) -> None:
    """The part of it that people set; there has to be a row (`plan_of` with `lock`)."""
    await _update(event_id, {name: getattr(plan, name) for name in _SETTINGS})


async def note_sent(event_id: UUID, columns: Mapping[str, datetime]) -> None:
    await _update(event_id, columns)


async def _update(event_id: UUID, columns: Mapping[str, Any]) -> None:
    values = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=2))
    await db.execute(
        f"UPDATE event_round SET {values} WHERE event = $1",  # noqa: S608 - own column names
        event_id,
        *columns.values(),
    )


async def near_events(now: datetime, ahead: timedelta, back: timedelta) -> list[UUID]:
    """Published events that begin within `ahead` or ended less than `back` ago."""
    rows = await db.fetch(
        "SELECT id FROM event WHERE status = 'published' AND starts_at < $1 AND ends_at > $2 ORDER BY starts_at, id",
        now + ahead,
        now - back,
    )
    return [row["id"] for row in rows]


async def guests(event_id: UUID) -> list[Guest]:
    """Confirmed people in the order of their registrations. Those of the demo are invented and get no mail."""
    rows = await db.fetch(
        """SELECT a.id AS attendee, a.registration, a.email, r.contact_email, r.language,
             a.created_at AS registered_at, t.admitted_at IS NOT NULL AS admitted, coalesce(p.quiet, false) AS quiet
           FROM attendee a JOIN registration r ON r.id = a.registration
             JOIN ticket t ON t.attendee_id = a.id LEFT JOIN attendee_reply p ON p.attendee = a.id
           WHERE a.event = $1 AND a.status = 'confirmed' AND a.erased_at IS NULL AND r.source <> 'demo'
           ORDER BY r.created_at, r.id, a.position""",
        event_id,
    )
    return [Guest(**dict(row)) for row in rows]


async def replies(event_id: UUID, starts_at: datetime) -> Replies:
    row = await db.fetch_row(
        """SELECT count(*) FILTER (WHERE p.coming_for = $2) AS coming,
             count(*) FILTER (WHERE p.coming_for IS DISTINCT FROM $2) AS silent
           FROM attendee a LEFT JOIN attendee_reply p ON p.attendee = a.id
           WHERE a.event = $1 AND a.status = 'confirmed'""",
        event_id,
        starts_at,
    )
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return Replies(**dict(row))


async def coming_for(attendee_id: UUID) -> datetime | None:
    found: datetime | None = await db.fetch_value(
        "SELECT coming_for FROM attendee_reply WHERE attendee = $1", attendee_id
    )
    return found


async def store_coming(attendee_id: UUID, starts_at: datetime) -> None:
    await db.execute(
        """INSERT INTO attendee_reply (id, attendee, coming_for, answered_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (attendee) DO UPDATE SET coming_for = $3, answered_at = $4""",
        uuid4(),
        attendee_id,
        starts_at,
        clock.now(),
    )


async def make_quiet(attendee_ids: Sequence[UUID]) -> None:
    await db.execute(
        """INSERT INTO attendee_reply (id, attendee, quiet)
           SELECT id, attendee, true FROM unnest($1::uuid[], $2::uuid[]) AS p(id, attendee)
           ON CONFLICT (attendee) DO UPDATE SET quiet = true""",
        [uuid4() for _ in attendee_ids],
        list(attendee_ids),
    )


async def answers(event_id: UUID) -> list[Mapping[str, Any]]:
    """What the confirmed people answered to the event's questions, without who they are."""
    rows = await db.fetch(
        "SELECT answers FROM attendee WHERE event = $1 AND status = 'confirmed' AND erased_at IS NULL", event_id
    )
    return [msgspec.json.decode(row["answers"]) for row in rows]
