"""Reading the outbox for the back office, bounded by the events that somebody runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.kit import db
from events_app.outbox.rules import NOT_NEEDED, Trouble

State = Literal["parked", "queued", "sent", "unneeded"]
STATES: tuple[State, ...] = ("parked", "queued", "sent", "unneeded")
"""`unneeded`: what the mail was about is gone, as an offer that has ended."""
MOST = 200


@dataclass(frozen=True)
class Scope:
    """Whose mails: those of one cluster's events, or every mail; of one event, to addresses like `wanted`."""

    everything: bool
    cluster_id: UUID | None
    event_id: UUID | None = None
    wanted: str = ""

    @property
    def values(self) -> tuple[bool, UUID | None, UUID | None, str]:
        escaped = self.wanted.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return self.everything, self.cluster_id, self.event_id, f"%{escaped}%"


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
    message_id: str
    registration_id: UUID | None
    event_id: UUID | None
    event_slug: str | None
    event_title: str | None


@dataclass(frozen=True)
class FailureRow:
    """A try that did not succeed."""

    at: datetime
    trouble: Trouble
    said: str


def scope_of(actor: Actor, event_id: UUID | None = None, wanted: str = "") -> Scope:
    return Scope(actor.role == "admin", actor.cluster_id, event_id, wanted)


_STATE = f"""CASE WHEN m.status = 'sending' THEN 'queued'
  WHEN m.status = 'parked' AND starts_with(m.last_error, '{NOT_NEEDED}') THEN 'unneeded' ELSE m.status END"""
_MINE = """FROM outbox_mail m LEFT JOIN event e ON e.id = m.event_id
  WHERE ($1 OR e.cluster = $2) AND ($3::uuid IS NULL OR m.event_id = $3) AND lower(m.recipient) LIKE $4"""
_ROW = f"""SELECT m.id, m.kind, m.recipient, {_STATE} AS state, m.attempts, m.created_at, m.next_try_at, m.sent_at,
  m.last_error, m.message_id, m.registration_id, m.event_id, e.slug AS event_slug, e.title AS event_title {_MINE}"""


async def counts(scope: Scope) -> Mapping[State, int]:
    rows = await db.fetch(f"SELECT {_STATE} AS state, count(*) AS mails {_MINE} GROUP BY 1", *scope.values)
    found = {row["state"]: row["mails"] for row in rows}
    return {state: found.get(state, 0) for state in STATES}


async def parked_count(scope: Scope) -> int:
    found: int = await db.fetch_value(f"SELECT count(*) {_MINE} AND {_STATE} = 'parked'", *scope.values)
    return found


async def latest(scope: Scope, state: State) -> Sequence[MailRow]:
    """The `MOST` latest mails in this state."""
    order = "ORDER BY coalesce(m.sent_at, m.created_at) DESC, m.id DESC LIMIT $6"
    rows = await db.fetch(f"{_ROW} AND {_STATE} = $5 {order}", *scope.values, state, MOST)
    return [MailRow(**dict(row)) for row in rows]


async def one(scope: Scope, mail_id: int) -> MailRow | None:
    row = await db.fetch_row(f"{_ROW} AND m.id = $5", *scope.values, mail_id)
    return None if row is None else MailRow(**dict(row))


async def of_registration(scope: Scope, registration_id: UUID, attendee_id: UUID | None) -> Sequence[MailRow]:
    """All mails of a registration, latest first; with `attendee_id`, those about this person."""
    rows = await db.fetch(
        f"{_ROW} AND m.registration_id = $5 AND ($6::uuid IS NULL OR m.attendee_id = $6) ORDER BY m.id DESC LIMIT $7",
        *scope.values,
        registration_id,
        attendee_id,
        MOST,
    )
    return [MailRow(**dict(row)) for row in rows]


async def failures(mail_id: int) -> Sequence[FailureRow]:
    """The tries of a mail that did not succeed, first one first."""
    rows = await db.fetch("SELECT at, trouble, said FROM outbox_failure WHERE mail = $1 ORDER BY id", mail_id)
    return [FailureRow(**dict(row)) for row in rows]


async def parked_ids(scope: Scope) -> Sequence[int]:
    rows = await db.fetch(f"SELECT m.id {_MINE} AND {_STATE} = 'parked'", *scope.values)
    return [row["id"] for row in rows]
