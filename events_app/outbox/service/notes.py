"""Writing down what became of mails: sent, failed, and what a failure says about the address."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from events_app.kit import clock, db
from events_app.outbox.rules import Trouble
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.pauses import Pauses

MAX_ERROR = 2000


class SentNotes:
    """Marks mails as sent, for all lines of a round: while one statement is under way, the next one's mails gather.

    A line waits for its note before it sends its next mail: after a crash, at most one mail of each line is repeated.
    """

    def __init__(self) -> None:
        self.pauses: Pauses = frozenset()
        """The pauses in force when the last note was written, so that a running batch obeys them."""
        self._gathered: list[OwedMail] = []
        self._writing = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None

    async def sent(self, mail: OwedMail) -> None:
        """Returns when the database has it."""
        self._gathered.append(mail)
        self._next = self._next or asyncio.create_task(self._write())
        await asyncio.shield(self._next)

    async def _write(self) -> None:
        async with self._writing:
            mails, self._gathered, self._next = self._gathered, [], None
            rows = await db.fetch(_SENT, [mail.id for mail in mails], clock.now())
        self.pauses = frozenset(row["event_id"] for row in rows)


async def failed(mail: OwedMail, trouble: Trouble, said: str, delay: timedelta | None) -> None:
    """Owed again after `delay`; None parks the mail: nobody tries it any more until somebody looks."""
    await db.execute(
        """WITH settled AS (
             UPDATE outbox_mail SET status = $2, next_try_at = now() + $3, claimed_until = NULL, last_error = $4
             WHERE id = $1 AND status = 'sending' RETURNING id)
           INSERT INTO outbox_failure (mail, at, trouble, said) SELECT id, $6, $5, $4 FROM settled""",
        mail.id,
        "parked" if delay is None else "queued",
        delay or timedelta(),
        said[:MAX_ERROR],
        trouble,
        clock.now(),
    )


_SENT = """
WITH marked AS (
  UPDATE outbox_mail SET status = 'sent', sent_at = $2, claimed_until = NULL, last_error = NULL
  WHERE id = ANY($1::bigint[]) AND status <> 'sent' RETURNING lower(recipient) AS address),
works_again AS (DELETE FROM outbox_bounce b USING marked m WHERE b.address = m.address)
SELECT event_id FROM outbox_pause
"""
