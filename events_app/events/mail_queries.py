"""Reading the outbox for the back office, bounded by the events that somebody runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.kit import db

State = Literal["parked", "queued", "sent"]
STATES: tuple[State, ...] = ("parked", "queued", "sent")
MOST = 200


@dataclass(frozen=True)
class Scope:
    """Whose mails: those of one cluster's events, or every mail."""

    everything: bool
    cluster_id: UUID | None


@dataclass(frozen=True)
class MailRow:
    """`last_error` is what the mail server said, or why the mail could not be written."""

    id: int
    kind: str
    recipient: str
    state: State
    attempts: int
    created_at: datetime
    next_try_at: datetime
    sent_at: datetime | None
    last_error: str | None
    event_slug: str | None
    event_title: str | None


def scope_of(actor: Actor) -> Scope:
    return Scope(actor.role == "admin", actor.cluster_id)


_STATE = "CASE WHEN m.status = 'sending' THEN 'queued' ELSE m.status END"
_MINE = "FROM outbox_mail m LEFT JOIN event e ON e.id = m.event_id WHERE ($1 OR e.cluster = $2)"


async def counts(scope: Scope) -> Mapping[State, int]:
    rows = await db.fetch(
        f"SELECT {_STATE} AS state, count(*) AS mails {_MINE} GROUP BY 1",
        scope.everything,
        scope.cluster_id,
    )
    found = {row["state"]: row["mails"] for row in rows}
    return {state: found.get(state, 0) for state in STATES}


async def parked_count(scope: Scope) -> int:
    found: int = await db.fetch_value(
        f"SELECT count(*) {_MINE} AND m.status = 'parked'",
        scope.everything,
        scope.cluster_id,
    )
    return found


async def latest(scope: Scope, state: State) -> Sequence[MailRow]:
    """The `MOST` latest mails in this state."""
    rows = await db.fetch(
        f"""SELECT m.id, m.kind, m.recipient, {_STATE} AS state, m.attempts, m.created_at, m.next_try_at, m.sent_at,
              m.last_error, e.slug AS event_slug, e.title AS event_title
            {_MINE} AND {_STATE} = $3 ORDER BY coalesce(m.sent_at, m.created_at) DESC, m.id DESC LIMIT $4""",
        scope.everything,
        scope.cluster_id,
        state,
        MOST,
    )
    return [MailRow(**dict(row)) for row in rows]


async def parked_ids(scope: Scope) -> Sequence[int]:
    rows = await db.fetch(
        f"SELECT m.id {_MINE} AND m.status = 'parked'",
        scope.everything,
        scope.cluster_id,
    )
    return [row["id"] for row in rows]
