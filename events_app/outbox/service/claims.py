"""A worker's hold on mails: it claims some, keeps the lease alive while it works, settles each, gives back the rest.

Times that machines compare are the database's (`now()`): workers may disagree about the time, and a rehearsal may
have frozen it. A worker that dies leaves a lease that runs out; then its mails are owed again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from events_app.kit import db
from events_app.outbox import rules
from events_app.outbox.service.pauses import paused

DATABASE_AWAY = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError)
"""What a lost or restarting database raises on a connection that we had."""
OUTAGES = (*DATABASE_AWAY, OSError, TimeoutError)
"""The same, and what it raises when we try to connect again."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class OwedMail:
    """A claimed mail as its composer sees it. `tries` counts this one."""

    id: int
    kind: str
    recipient: str
    language: str
    payload: dict[str, Any]
    event_id: UUID | None
    registration_id: UUID | None
    attendee_id: UUID | None
    message_id: str
    unsubscribe_url: str | None
    tries: int
    created_at: datetime


@dataclass
class Claim:
    """Mails that this worker alone may send now; `open` are those not settled yet."""

    mails: Sequence[OwedMail]
    open: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.open = {mail.id for mail in self.mails}

    def settled(self, mail: OwedMail) -> None:
        self.open.discard(mail.id)


async def claim(most: int) -> Claim:
    """Take up to `most` due mails. Mails of one calendar UID leave in the order of their ids, one at a time.

    A mail waits while an older one of its UID is still owed, its back-off included, so that no calendar sees an old
    SEQUENCE after a new one. A parked older one holds nobody up: the newer mail says all that it would have said.
    A mail that was never tried is due whatever the clock says: it may have been set back since the mail was written.
    """
    rows = await db.fetch(
        f"""WITH due AS (
             SELECT id FROM outbox_mail AS mail
             WHERE (status = 'queued' AND (next_try_at <= now() OR attempts = 0)
                 OR status = 'sending' AND claimed_until < now())
               AND NOT {paused("mail")}
               AND NOT EXISTS (
                 SELECT FROM outbox_mail AS older
                 WHERE older.calendar_uid = mail.calendar_uid AND older.id < mail.id
                   AND older.status IN ('queued', 'sending'))
             ORDER BY next_try_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
           UPDATE outbox_mail AS mail
           SET status = 'sending', attempts = attempts + 1, claimed_until = now() + $2
           FROM due WHERE mail.id = due.id
           RETURNING mail.id, kind, recipient, language, payload, event_id, registration_id, attendee_id,
             message_id, unsubscribe_url, attempts AS tries, created_at, next_try_at""",  # noqa: S608 - own condition
        most,
        rules.LEASE,
    )
    return Claim([_owed(row) for row in sorted(rows, key=lambda row: (row["next_try_at"], row["id"]))])


async def park_exhausted() -> None:
    """Give up mails under which workers died again and again, and nothing else ever happened: it may be the mail."""
    await db.execute(
        """UPDATE outbox_mail SET status = 'parked', claimed_until = NULL, last_error = 'workers died sending this'
           WHERE status = 'sending' AND claimed_until < now() AND attempts >= $1 AND last_error IS NULL""",
        rules.LEAST_TRIES,
    )


@asynccontextmanager
async def held(mine: Claim) -> AsyncIterator[Claim]:
    """Keep the lease while the block runs; what it has not settled is owed at once, as if it had not been claimed."""
    keeping = asyncio.create_task(_keep(mine))
    try:
        yield mine
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        if mine.open:
            await surely(_give_back(mine))


async def surely(note: Coroutine[Any, Any, None]) -> None:
    """Finish writing a note even if this task is being cancelled: what happened has happened."""
    writing = asyncio.ensure_future(note)
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await writing
        raise


async def _keep(mine: Claim) -> None:
    while True:
        await asyncio.sleep(rules.LEASE.total_seconds() / 3)
        try:
            await db.execute(
                "UPDATE outbox_mail SET claimed_until = now() + $2 WHERE id = ANY($1::bigint[]) AND status = 'sending'",
                list(mine.open),
                rules.LEASE,
            )
        except OUTAGES as error:
            _log.warning("mail_lease_not_renewed", error=repr(error))


async def _give_back(mine: Claim) -> None:
    await db.execute(
        """UPDATE outbox_mail SET status = 'queued', attempts = attempts - 1, claimed_until = NULL
           WHERE id = ANY($1::bigint[]) AND status = 'sending'""",
        list(mine.open),
    )


def _owed(row: asyncpg.Record) -> OwedMail:
    values = {name: row[name] for name in OwedMail.__dataclass_fields__}
    return OwedMail(**values | {"payload": msgspec.json.decode(row["payload"])})
