"""What moves along with an event's people, and where a moved event now collides with others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from events_app.events import rules as event_rules
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.registration import queries


@dataclass(frozen=True)
class Clash:
    """Somebody with a place at both events at once; the other event's facts."""

    registration: UUID
    name: str
    organisation: str
    slug: str
    title: str
    starts_at: datetime
    timezone: str


async def move_unavailabilities(before: EventRow, after: EventRow) -> None:
    """Times at which organisations can't meet keep their places in the day when the event moves."""
    old, new = events.as_entered(before), events.as_entered(after)
    if (old.starts_at, old.timezone) == (new.starts_at, new.timezone):
        return
    for registration in await queries.registrations_of_event(after.id):
        if registration.training.unavailable:
            moved = [event_rules.moved(moment, old, new) for moment in registration.training.unavailable]
            training = replace(registration.training, unavailable=moved)
            await queries.update_registration(registration.id, {"training": db.as_json(training)})


async def clashes(event_id: UUID) -> list[Clash]:
    """Confirmed people whose address and name have a place at another event of that time, in order of their names."""
    rows = await db.fetch(
        """SELECT a.registration, a.given_name || ' ' || a.family_name AS name, r.organisation_name AS organisation,
             f.slug, f.title, f.starts_at, f.timezone
           FROM event e JOIN attendee a ON a.event = e.id AND a.status = 'confirmed' AND a.erased_at IS NULL
             JOIN registration r ON r.id = a.registration
             JOIN attendee b ON b.person_key = a.person_key AND b.event <> e.id AND b.status = 'confirmed'
             JOIN event f ON f.id = b.event AND f.status = 'published'
               AND f.starts_at < e.ends_at AND f.ends_at > e.starts_at
           WHERE e.id = $1 AND e.status = 'published'
           ORDER BY a.family_name, a.given_name, f.starts_at""",
        event_id,
    )
    return [Clash(**dict(row)) for row in rows]
