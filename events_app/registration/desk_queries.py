"""What the back office reads of registrations: numbers of events, and people found by name, organisation or address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from events_app.kit import db
from events_app.kit.search import folded, patterns, sorted_by
from events_app.registration.rules.seats import Status

PAGE = 100


@dataclass(frozen=True)
class Numbers:
    """People of an event by status, those already at the door, and the registrations they came by."""

    confirmed: int = 0
    waiting: int = 0
    pending: int = 0
    cancelled: int = 0
    admitted: int = 0
    registrations: int = 0

    @property
    def all(self) -> int:
        return self.confirmed + self.waiting + self.pending + self.cancelled


@dataclass(frozen=True)
class Person:
    """One line of the list of people."""

    id: UUID
    given_name: str
    family_name: str
    email: str | None
    role: str
    status: Status
    waiting_position: int | None
    offered_until: datetime | None
    admitted_at: datetime | None
    registration_id: UUID
    organisation: str
    contact_name: str
    contact_email: str
    event_slug: str
    event_title: str
    event_starts_at: datetime
    event_timezone: str
    group: str | None

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Found:
    people: Sequence[Person]
    has_more: bool


async def numbers(event_ids: Sequence[UUID]) -> Mapping[UUID, Numbers]:
    """Numbers of several events in one statement; events without people have noughts."""
    rows = await db.fetch(
        """SELECT a.event,
             count(*) FILTER (WHERE a.status = 'confirmed') AS confirmed,
             count(*) FILTER (WHERE a.status = 'waiting') AS waiting,
             count(*) FILTER (WHERE a.status = 'pending') AS pending,
             count(*) FILTER (WHERE a.status = 'cancelled') AS cancelled,
             count(t.admitted_at) AS admitted,
             count(DISTINCT a.registration) FILTER (WHERE a.status <> 'cancelled') AS registrations
           FROM attendee a LEFT JOIN ticket t ON t.attendee_id = a.id
           WHERE a.event = ANY($1::uuid[]) GROUP BY a.event""",
        list(event_ids),
    )
    found = {row["event"]: Numbers(**{name: row[name] for name in Numbers.__dataclass_fields__}) for row in rows}
    return {event_id: found.get(event_id, Numbers()) for event_id in event_ids}


async def people(event_ids: Sequence[UUID], wanted: str = "", status: Status | None = None, page: int = 1) -> Found:
    """People of these events by family name, `PAGE` at a time; every word of `wanted` must occur somewhere."""
    rows = await db.fetch(
        _PEOPLE,
        list(event_ids),
        patterns(wanted),
        status,
        PAGE + 1,
        PAGE * (page - 1),
    )
    return Found([_person(row) for row in rows[:PAGE]], len(rows) > PAGE)


_TEXT = "concat_ws(' ', a.given_name, a.family_name, a.email, r.organisation_name, r.contact_given_name, "
_PEOPLE = f"""
SELECT a.id, a.given_name, a.family_name, a.email, a.role, a.status, t.admitted_at,
  CASE WHEN a.status = 'waiting' THEN (SELECT count(*)::int FROM attendee w
    WHERE w.event = a.event AND w.status = 'waiting' AND w.waiting_number <= a.waiting_number) END AS waiting_position,
  CASE WHEN a.status = 'waiting' THEN (SELECT o.expires_at FROM seat_offer o
    WHERE o.attendee = a.id AND o.state = 'open') END AS offered_until,
  r.id AS registration_id, r.organisation_name AS organisation,
  concat_ws(' ', r.contact_given_name, r.contact_family_name) AS contact_name, r.contact_email,
  e.slug AS event_slug, e.title AS event_title, e.starts_at AS event_starts_at, e.timezone AS event_timezone,
  g.key AS "group"
FROM attendee a JOIN registration r ON r.id = a.registration JOIN event e ON e.id = a.event
  LEFT JOIN ticket_group g ON g.id = r.ticket_group
  LEFT JOIN ticket t ON t.attendee_id = a.id
WHERE a.event = ANY($1::uuid[]) AND a.erased_at IS NULL AND ($3::text IS NULL OR a.status = $3)
  AND (cardinality($2::text[]) = 0
    OR {folded(_TEXT + "r.contact_family_name, r.contact_email)")} LIKE ALL($2::text[]))
ORDER BY {sorted_by("a.family_name")}, {sorted_by("a.given_name")}, e.starts_at, a.id
LIMIT $4 OFFSET $5
"""  # noqa: S608 - own column names


def _person(row: asyncpg.Record) -> Person:
    return Person(**{name: row[name] for name in Person.__dataclass_fields__})
