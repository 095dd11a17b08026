"""People who registered at the entrance: who still waits for a decision, and who may be registered already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events_app.kit import db
from events_app.kit.search import sorted_by
from events_app.kit.text import search_key


@dataclass(frozen=True)
class PendingWalkIn:
    registration_id: UUID
    name: str
    organisation: str
    short_code: str
    created_at: datetime


async def is_walk_in(registration_id: UUID) -> bool:
    source = await db.fetch_value("SELECT source FROM registration WHERE id = $1", registration_id)
    return bool(source == "walk_in")


async def pending(event_id: UUID) -> Sequence[PendingWalkIn]:
    """Those for whom no seat was left, in the order in which they came."""
    rows = await db.fetch(
        """SELECT r.id, concat_ws(' ', a.given_name, a.family_name), r.organisation_name, t.short_code, r.created_at
           FROM registration r JOIN attendee a ON a.registration = r.id JOIN ticket t ON t.attendee_id = a.id
           WHERE r.event = $1 AND r.source = 'walk_in' AND a.status = 'pending' AND a.erased_at IS NULL
             AND t.admitted_at IS NULL
           ORDER BY r.created_at, a.id""",
        event_id,
    )
    return [PendingWalkIn(*row) for row in rows]


async def has_namesake(event_id: UUID, given_name: str, family_name: str, organisation: str) -> bool:
    """Whether somebody of the same name and organisation holds a live place, whatever their address."""
    same = (
        f"{sorted_by('t.given_name')} = $2 AND {sorted_by('t.family_name')} = $3 AND {sorted_by('t.organisation')} = $4"
    )
    found: bool = await db.fetch_value(
        f"SELECT EXISTS (SELECT FROM ticket t WHERE t.event = $1 AND t.status <> 'cancelled' AND {same})",  # noqa: S608 - own column names
        event_id,
        search_key(given_name),
        search_key(family_name),
        search_key(organisation),
    )
    return found
