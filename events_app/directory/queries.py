"""Reading organisations, what is merged and what is told apart, as far as somebody may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from events_app.accounts.rules import Actor
from events_app.directory.rules import Known, Stated
from events_app.kit import db
from events_app.kit.search import folded, patterns

PAGE = 50
MOST_MERGES = 50
COLUMNS = (
    "id, name, name_key, kind, size, startup, postcode, place, district, cluster, from_registration, created_at, "
    "merged_into, employees, turnover_meur, balance_meur, themes, training"
)


@dataclass(frozen=True)
class Listed:
    """An organisation as the list shows it: registrations and last event are those that the reader runs."""

    id: UUID
    name: str
    kind: str
    size: str | None
    startup: bool
    postcode: str | None
    place: str
    district: str | None
    cluster: UUID | None
    cluster_name: str | None
    registrations: int
    last_slug: str | None
    last_title: str | None
    last_starts_at: datetime | None
    last_timezone: str | None

    @property
    def known(self) -> Known:
        return Known(self.id, self.name, self.postcode, self.place, self.district)


@dataclass(frozen=True)
class MergeRow:
    id: UUID
    kept_id: UUID
    kept_name: str
    dissolved_name: str
    registrations: int
    created_at: datetime
    undone_at: datetime | None
    is_last: bool
    """Nothing has been merged on top of it, so that it can be undone by itself."""


_MINE = """
WITH mine AS (
  SELECT r.organisation, count(*) FILTER (WHERE r.status <> 'cancelled') AS registrations,
    (array_agg(e.id ORDER BY e.starts_at DESC, e.id))[1] AS last_event
  FROM registration r JOIN event e ON e.id = r.event
  WHERE r.organisation IS NOT NULL AND ($1 OR e.cluster = $2) GROUP BY r.organisation
)
SELECT o.id, o.name, o.kind, o.size, o.startup, o.postcode, o.place, o.district, o.cluster, c.name AS cluster_name,
  coalesce(mine.registrations, 0) AS registrations, e.slug AS last_slug, e.title AS last_title,
  e.starts_at AS last_starts_at, e.timezone AS last_timezone
FROM organisation o LEFT JOIN mine ON mine.organisation = o.id LEFT JOIN cluster c ON c.id = o.cluster
  LEFT JOIN event e ON e.id = mine.last_event
WHERE o.merged_into IS NULL AND ($1 OR o.cluster = $2 OR mine.organisation IS NOT NULL)
"""
_SEARCHED = folded("concat_ws(' ', o.name, o.postcode, o.place, c.name)")


async def listed(actor: Actor, wanted: str = "", page: int = 1) -> Sequence[Listed]:
    """A page of them and one more, by name; every word of `wanted` must occur in name, postcode, place or cluster."""
    rows = await db.fetch(
        f"""{_MINE} AND (cardinality($3::text[]) = 0 OR {_SEARCHED} LIKE ALL($3::text[]))
            ORDER BY o.name_key, o.id LIMIT $4 OFFSET $5""",
        *_scope(actor),
        patterns(wanted),
        PAGE + 1,
        PAGE * (page - 1),
    )
    return [_listed(row) for row in rows]


async def namesakes(actor: Actor) -> Sequence[Listed]:
    """Those that share what is left of their name with another one that this person may see."""
    rows = await db.fetch(
        f"""WITH seen AS ({_MINE})
            SELECT seen.* FROM seen JOIN organisation o ON o.id = seen.id
            WHERE o.name_key IN (SELECT o.name_key FROM seen JOIN organisation o ON o.id = seen.id
              GROUP BY o.name_key HAVING count(*) > 1)
            ORDER BY o.name_key, o.created_at, o.id""",  # noqa: S608 - own statements
        *_scope(actor),
    )
    return [_listed(row) for row in rows]


async def visible(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Listed]:
    """Those of these organisations that this person may see."""
    rows = await db.fetch(f"{_MINE} AND o.id = ANY($3::uuid[])", *_scope(actor), list(ids))
    return {row["id"]: _listed(row) for row in rows}


async def apart() -> set[frozenset[UUID]]:
    """Pairs that somebody told apart."""
    rows = await db.fetch("SELECT one, other FROM organisation_difference")
    return {frozenset((row["one"], row["other"])) for row in rows}


async def merges(actor: Actor) -> Sequence[MergeRow]:
    """The latest merges of organisations that this person may see, undone ones too."""
    rows = await db.fetch(
        f"""WITH seen AS ({_MINE})
            SELECT m.id, m.kept AS kept_id, k.name AS kept_name, d.name AS dissolved_name,
              cardinality(m.registrations) AS registrations, m.created_at, m.undone_at,
              k.merged_into IS NULL AND m.undone_at IS NULL AND NOT EXISTS (SELECT FROM organisation_merge later
                WHERE later.kept = m.kept AND later.undone_at IS NULL AND later.created_at > m.created_at) AS is_last
            FROM organisation_merge m JOIN organisation k ON k.id = m.kept JOIN organisation d ON d.id = m.dissolved
            WHERE $1 OR m.kept IN (SELECT id FROM seen) ORDER BY m.created_at DESC, m.id LIMIT $3""",  # noqa: S608 - own
        *_scope(actor),
        MOST_MERGES,
    )
    return [MergeRow(**dict(row)) for row in rows]


async def merge_row(merge_id: UUID) -> Mapping[str, Any] | None:
    row = await db.fetch_row("SELECT * FROM organisation_merge WHERE id = $1 FOR UPDATE", merge_id)
    return None if row is None else dict(row)


async def locked(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """The rows of organisations, held until the transaction ends; always taken in one order."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM organisation WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",  # noqa: S608 - own names
        list(ids),
    )
    return {row["id"]: dict(row) for row in rows}


async def unfiled(most: int) -> list[tuple[asyncpg.Record, Stated]]:
    """Registrations that point to no organisation yet, oldest first; those that somebody holds come next time."""
    rows = await db.fetch(
        """SELECT id, organisation_name, organisation_kind, organisation_size, organisation_startup,
             organisation_postcode, organisation_district, contact_email FROM registration
           WHERE organisation IS NULL AND erased_at IS NULL AND organisation_name <> ''
           ORDER BY created_at, id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED""",
        most,
    )
    return [(row, _stated(row)) for row in rows]


async def by_name_keys(keys: Sequence[str]) -> list[Known]:
    """Organisations that these may be. One that was merged stands for the one that it was merged into."""
    rows = await db.fetch(
        """WITH RECURSIVE named AS (
             SELECT id AS found, merged_into, id AS target FROM organisation WHERE name_key = ANY($1::text[])
             UNION ALL
             SELECT n.found, o.merged_into, o.id FROM named n JOIN organisation o ON o.id = n.merged_into
           )
           SELECT n.target AS id, f.name, f.postcode, f.place, f.district,
             (SELECT coalesce(array_agg(DISTINCT r.contact_email), '{}') FROM registration r
              WHERE r.organisation = n.target AND r.contact_email <> '') AS contacts
           FROM named n JOIN organisation f ON f.id = n.found WHERE n.merged_into IS NULL""",
        list(keys),
    )
    return [Known(**{**dict(row), "contacts": frozenset(row["contacts"])}) for row in rows]


def _scope(actor: Actor) -> tuple[bool, UUID | None]:
    return actor.role == "admin", actor.cluster_id


def _listed(row: asyncpg.Record) -> Listed:
    return Listed(**{name: row[name] for name in Listed.__dataclass_fields__})


def _stated(row: asyncpg.Record) -> Stated:
    return Stated(
        row["organisation_name"], row["organisation_postcode"], row["organisation_district"], row["contact_email"]
    )
