"""Reading clusters and the organisations that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from events_app.kit import db
from events_app.kit.i18n import Language


@dataclass(frozen=True)
class ClusterRow:
    id: UUID
    slug: str
    name: str
    color: str
    tagline_de: str
    tagline_en: str
    region_de: str
    region_en: str
    about_de: str
    about_en: str
    partners_de: str
    partners_en: str
    agent_organisation: str
    agent_email: str
    occupations: tuple[str, ...]
    districts: tuple[str, ...]
    embed_hosts: tuple[str, ...]

    def text(self, name: str, language: Language) -> str:
        """`tagline`, `region`, `about` or `partners` in the reader's language."""
        return str(getattr(self, f"{name}_{language}"))


@dataclass(frozen=True)
class Member:
    """An organisation of a cluster as its page lists it."""

    name: str
    kind: str
    place: str


_COLUMNS = ", ".join(ClusterRow.__dataclass_fields__)


async def clusters() -> Sequence[ClusterRow]:
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM cluster ORDER BY position, name")  # noqa: S608 - own column names
    return [_cluster(row) for row in rows]


async def cluster_by_slug(slug: str) -> ClusterRow | None:
    row = await db.fetch_row(f"SELECT {_COLUMNS} FROM cluster WHERE slug = $1", slug)  # noqa: S608 - own column names
    return None if row is None else _cluster(row)


async def cluster_by_id(id_: UUID) -> ClusterRow | None:
    row = await db.fetch_row(f"SELECT {_COLUMNS} FROM cluster WHERE id = $1", id_)  # noqa: S608 - own column names
    return None if row is None else _cluster(row)


async def cluster_id(slug: str) -> UUID | None:
    found: UUID | None = await db.fetch_value("SELECT id FROM cluster WHERE slug = $1", slug)
    return found


async def embed_hosts_of_event(slug: str) -> Sequence[str]:
    """Origins that may show an event in a frame: its cluster's; those of all clusters for a programme-wide event."""
    rows = await db.fetch(
        """SELECT DISTINCT unnest(c.embed_hosts) AS host FROM event e
           JOIN cluster c ON e.cluster IS NULL OR c.id = e.cluster WHERE e.slug = $1 ORDER BY 1""",
        slug,
    )
    return [row["host"] for row in rows]


async def members(cluster: UUID) -> Sequence[Member]:
    rows = await db.fetch(
        "SELECT name, kind, place FROM organisation WHERE cluster = $1 AND merged_into IS NULL ORDER BY name_key",
        cluster,
    )
    return [Member(**dict(row)) for row in rows]


def _cluster(row: asyncpg.Record) -> ClusterRow:
    lists = {name: tuple(row[name]) for name in ("occupations", "districts", "embed_hosts")}
    return ClusterRow(**{**row, **lists})
