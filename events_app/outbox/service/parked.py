"""Mails that were given up: somebody may try them once more."""

from __future__ import annotations

from collections.abc import Sequence

from events_app.kit import clock, db


async def retry(mail_ids: Sequence[int]) -> int:
    """Put parked mails back into the queue, as if they had just been written; returns how many it were."""
    return await db.execute(
        """UPDATE outbox_mail SET status = 'queued', attempts = 0, created_at = $2, next_try_at = now(),
             claimed_until = NULL WHERE id = ANY($1::bigint[]) AND status = 'parked'""",
        list(mail_ids),
        clock.now(),
    )
