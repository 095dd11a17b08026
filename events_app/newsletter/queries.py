"""Reading subscribers, issues and how an issue fares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from events_app.kit import db
from events_app.kit.i18n import Language
from events_app.newsletter.rules import STATES, DeliveryState, IssueStatus, SubscriberStatus
from events_app.newsletter.schemas import Audience, IssueIn

_audience = msgspec.json.Decoder(Audience)
SHOWN_IN_ARCHIVE = "i.in_archive AND i.status IN ('sending', 'paused', 'sent')"


@dataclass(frozen=True)
class SubscriberRow:
    id: UUID
    email: str
    address_hash: str
    name: str
    organisation: str
    role: str
    region: str
    language: Language
    clusters: Sequence[UUID]
    topics: Sequence[str]
    status: SubscriberStatus
    source: str
    generation: int
    asks: int
    asked_at: datetime
    wording: str
    requested_at: datetime
    confirmed_at: datetime | None
    paused_until: datetime | None


@dataclass(frozen=True)
class IssueRow:
    """An issue; `written` is what its author entered. `cluster_*` are None for the whole programme's."""

    id: UUID
    slug: str
    written: IssueIn
    cluster_id: UUID | None
    cluster_slug: str | None
    cluster_name: str | None
    cluster_email: str | None
    status: IssueStatus
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    recipients: int
    unsubscribed: int
    updated_at: datetime

    @property
    def audience(self) -> Audience:
        """The filter in force: an issue of a cluster is for those who read about that cluster."""
        if self.cluster_id is None:
            return self.written.audience
        return msgspec.structs.replace(self.written.audience, clusters=[self.cluster_id])


_SUBSCRIBER = ", ".join(SubscriberRow.__dataclass_fields__)
_ISSUE = """
SELECT i.*, c.slug AS cluster_slug, c.name AS cluster_name, c.agent_email AS cluster_email
FROM newsletter_issue i LEFT JOIN cluster c ON c.id = i.cluster
"""
_AUDIENCE = """
FROM newsletter_subscriber s WHERE s.status = 'confirmed' AND (s.paused_until IS NULL OR s.paused_until <= $1)
  AND NOT EXISTS (SELECT FROM newsletter_suppression x WHERE x.address_hash = s.address_hash)
  AND ($2::uuid[] = '{}' OR s.clusters = '{}' OR s.clusters && $2::uuid[])
  AND ($3::text[] = '{}' OR s.topics = '{}' OR s.topics::text[] && $3::text[])
  AND ($4::text[] = '{}' OR s.role = ANY($4::text[])) AND ($5::text[] = '{}' OR s.region = ANY($5::text[]))
"""


async def subscriber(subscriber_id: UUID, *, lock: bool = False) -> SubscriberRow | None:
    return await _subscriber("id = $1", subscriber_id, lock=lock)


async def subscriber_of(address_hash: str, *, lock: bool = False) -> SubscriberRow | None:
    return await _subscriber("address_hash = $1", address_hash, lock=lock)


async def _subscriber(where: str, value: object, *, lock: bool) -> SubscriberRow | None:
    end = " FOR UPDATE" if lock else ""
    row = await db.fetch_row(f"SELECT {_SUBSCRIBER} FROM newsletter_subscriber WHERE {where}{end}", value)  # noqa: S608 - own names
    return None if row is None else SubscriberRow(**dict(row))


async def suppressed_at(address_hash: str) -> datetime | None:
    """Since when an address is on the suppression list."""
    found: datetime | None = await db.fetch_value(
        "SELECT created_at FROM newsletter_suppression WHERE address_hash = $1", address_hash
    )
    return found


async def issue(issue_id: UUID, *, lock: bool = False) -> IssueRow | None:
    row = await db.fetch_row(_ISSUE + "WHERE i.id = $1" + (" FOR UPDATE OF i" if lock else ""), issue_id)
    return None if row is None else _issue(row)


async def archived(slug: str) -> IssueRow | None:
    """An issue that anybody may read."""
    row = await db.fetch_row(_ISSUE + f"WHERE i.slug = $1 AND {SHOWN_IN_ARCHIVE}", slug)
    return None if row is None else _issue(row)


async def archive(limit: int = 200) -> Sequence[IssueRow]:
    rows = await db.fetch(_ISSUE + f"WHERE {SHOWN_IN_ARCHIVE} ORDER BY i.started_at DESC, i.id LIMIT $1", limit)
    return [_issue(row) for row in rows]


async def issues(*, everything: bool, cluster_id: UUID | None) -> Sequence[IssueRow]:
    """Those of the desk: what is being written first, then the latest."""
    rows = await db.fetch(
        _ISSUE
        + """WHERE $1 OR i.cluster = $2
        ORDER BY i.status <> 'draft', coalesce(i.started_at, i.scheduled_at, i.updated_at) DESC, i.id LIMIT 200""",
        everything,
        cluster_id,
    )
    return [_issue(row) for row in rows]


async def audience_size(audience: Audience, now: datetime) -> int:
    found: int = await db.fetch_value("SELECT count(*)" + _AUDIENCE, *_filter(audience, now))
    return found


async def fix_audience(issue_id: UUID, audience: Audience, now: datetime) -> int:
    """A delivery for each subscriber of the audience; returns how many.

    The one place where the database makes ids: they come with the rows it selects.
    """
    return await db.execute(
        """INSERT INTO newsletter_delivery (id, issue, subscriber, state, changed_at)
           SELECT gen_random_uuid(), $6, s.id, 'due', $1"""
        + _AUDIENCE
        + "ON CONFLICT (issue, subscriber) DO NOTHING",
        *_filter(audience, now),
        issue_id,
    )


async def deliveries(issue_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[DeliveryState, int]]:
    """How many mails of each issue stand where."""
    rows = await db.fetch(
        "SELECT issue, state, count(*) AS mails FROM newsletter_delivery WHERE issue = ANY($1::uuid[]) GROUP BY 1, 2",
        list(issue_ids),
    )
    found = {(row["issue"], row["state"]): row["mails"] for row in rows}
    return {issue_id: {state: found.get((issue_id, state), 0) for state in STATES} for issue_id in issue_ids}


async def readers(*, everything: bool, cluster_id: UUID | None) -> Mapping[str, int]:
    """How many have confirmed, and how many have not yet; of a cluster or of all."""
    row = await db.fetch_row(
        """SELECT count(*) FILTER (WHERE status = 'confirmed') AS confirmed,
             count(*) FILTER (WHERE status = 'pending') AS pending
           FROM newsletter_subscriber WHERE $1 OR clusters = '{}' OR $2 = ANY(clusters)""",
        everything,
        cluster_id,
    )
    return {} if row is None else dict(row)


async def insert(table: str, columns: Mapping[str, Any]) -> None:
    """`table` and the names of `columns` are our own, never entered."""
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 - own names
    await db.execute(sql, *columns.values())


async def update(table: str, id_: UUID, columns: Mapping[str, Any]) -> None:
    changes = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=2))
    await db.execute(f"UPDATE {table} SET {changes} WHERE id = $1", id_, *columns.values())  # noqa: S608 - own names


def _filter(audience: Audience, now: datetime) -> tuple[object, ...]:
    return (now, audience.clusters, audience.topics, audience.roles, audience.regions)


def _issue(row: asyncpg.Record) -> IssueRow:
    return IssueRow(
        id=row["id"],
        slug=row["slug"],
        written=IssueIn(
            subject_de=row["subject_de"],
            body_de=row["body_de"],
            subject_en=row["subject_en"],
            body_en=row["body_en"],
            events=list(row["events"]),
            audience=_audience.decode(row["audience"]),
            in_archive=row["in_archive"],
        ),
        cluster_id=row["cluster"],
        cluster_slug=row["cluster_slug"],
        cluster_name=row["cluster_name"],
        cluster_email=row["cluster_email"],
        status=row["status"],
        scheduled_at=row["scheduled_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        recipients=row["recipients"],
        unsubscribed=row["unsubscribed"],
        updated_at=row["updated_at"],
    )
