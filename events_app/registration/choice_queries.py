"""Reading and writing what people decide alone: needs of health and access, photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from events_app.kit import clock, db

NEEDS_KEPT = timedelta(days=7)
"""After an event's end. What people need is asked for that day alone, and says something about their health."""

_keys = msgspec.json.Decoder(list[str])


@dataclass(frozen=True)
class ChoiceRow:
    """What one person said; `consent_at` null: nothing about health and access."""

    id: UUID
    needs: list[str]
    note: str
    consent_at: datetime | None
    revision: int
    photos: bool


@dataclass(frozen=True)
class Counted:
    """What an event's confirmed people need: how many ticked what and wrote what, never who."""

    people: int
    needs: Mapping[str, int]
    notes: Sequence[tuple[str, int]]
    photos: int


async def choice(attendee_id: UUID) -> ChoiceRow | None:
    row = await db.fetch_row(
        "SELECT id, needs, note, consent_at, revision, photos FROM attendee_choice WHERE attendee = $1", attendee_id
    )
    return None if row is None else ChoiceRow(**{**dict(row), "needs": _keys.decode(row["needs"])})


async def store_needs(attendee_id: UUID, keys: Sequence[str], note: str, wording: str) -> None:
    """Put these needs in the place of earlier ones, with the consent by which they may be kept."""
    await db.execute(
        """INSERT INTO attendee_choice (id, attendee, needs, note, consent_wording, consent_at, revision, photos)
           VALUES ($1, $2, $3, $4, $5, $6, 1, false)
           ON CONFLICT (attendee) DO UPDATE SET needs = excluded.needs, note = excluded.note,
             consent_wording = excluded.consent_wording, consent_at = excluded.consent_at,
             revision = attendee_choice.revision + 1""",
        uuid4(),
        attendee_id,
        db.as_json(keys),
        note,
        wording,
        clock.now(),
    )


async def store_photos(attendee_id: UUID, *, allowed: bool, wording: str) -> None:
    await db.execute(
        """INSERT INTO attendee_choice (id, attendee, needs, note, revision, photos, photos_wording, photos_at)
           VALUES ($1, $2, '[]', '', 0, $3, $4, $5)
           ON CONFLICT (attendee) DO UPDATE SET photos = excluded.photos, photos_wording = excluded.photos_wording,
             photos_at = excluded.photos_at""",
        uuid4(),
        attendee_id,
        allowed,
        wording,
        clock.now(),
    )


_NO_NEEDS = "needs = '[]', note = '', consent_wording = NULL, consent_at = NULL, revision = revision + 1"


async def forget_needs(attendee_ids: Sequence[UUID]) -> None:
    """The answers and their consent; what was decided about photos stays."""
    await db.execute(
        f"UPDATE attendee_choice SET {_NO_NEEDS} WHERE attendee = ANY($1::uuid[])",  # noqa: S608 - own column names
        list(attendee_ids),
    )


async def forget_needs_of_past_events() -> None:
    await db.execute(
        f"""UPDATE attendee_choice c SET {_NO_NEEDS} FROM attendee a JOIN event e ON e.id = a.event
            WHERE a.id = c.attendee AND c.consent_at IS NOT NULL AND e.ends_at <= $1""",  # noqa: S608 - own column names
        clock.now() - NEEDS_KEPT,
    )


async def forget_choices(attendee_ids: Sequence[UUID]) -> None:
    await db.execute("DELETE FROM attendee_choice WHERE attendee = ANY($1::uuid[])", list(attendee_ids))


async def counted(event_id: UUID) -> Counted:
    """An event's needs for its organiser and the caterer. Equal words are counted together."""
    rows = await db.fetch(
        """SELECT c.needs, c.note, c.photos, c.consent_at FROM attendee_choice c JOIN attendee a ON a.id = c.attendee
           WHERE a.event = $1 AND a.status = 'confirmed'""",
        event_id,
    )
    needs: dict[str, int] = {}
    notes: dict[str, int] = {}
    for row in rows:
        for key in _keys.decode(row["needs"]):
            needs[key] = needs.get(key, 0) + 1
        if row["note"]:
            notes[row["note"]] = notes.get(row["note"], 0) + 1
    said = sum(row["consent_at"] is not None for row in rows)
    return Counted(said, needs, sorted(notes.items()), sum(row["photos"] for row in rows))
