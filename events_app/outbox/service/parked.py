"""Sending again what was given up, or what has got lost after it was sent."""

from __future__ import annotations

from collections.abc import Sequence

from events_app.kit import clock, db, settings
from events_app.outbox.rules import UNREPEATED


async def retry(mail_ids: Sequence[int]) -> int:
    """Put parked mails back into the queue, as if they had just been written; returns how many it were."""
    return await db.execute(
        """UPDATE outbox_mail SET status = 'queued', attempts = 0, created_at = $2, next_try_at = now(),
             claimed_until = NULL WHERE id = ANY($1::bigint[]) AND status = 'parked'""",
        list(mail_ids),
        clock.now(),
    )


async def send_again(mail_ids: Sequence[int]) -> int:
    """Try parked mails once more; of sent ones write a new one each. Returns how many it were.

    A new one has its own Message-ID, because servers drop a second one of the same, and says what is true when it
    leaves. Log-in links are not repeated, and nothing can be sent to people who are erased.
    """
    async with db.transaction():
        tried = await retry(mail_ids)
        return tried + await db.execute(
            """INSERT INTO outbox_mail (kind, recipient, language, payload, event_id, registration_id, attendee_id,
                 calendar_uid, sequence, unsubscribe_url, message_id, status, attempts, created_at, next_try_at)
               SELECT kind, recipient, language, payload, event_id, registration_id, attendee_id,
                 calendar_uid, sequence, unsubscribe_url, '<' || gen_random_uuid() || '@' || $2::text || '>',
                 'queued', 0, $3, now()
               FROM outbox_mail WHERE id = ANY($1::bigint[]) AND status = 'sent' AND recipient <> ''
                 AND kind <> ALL($4::text[]) ORDER BY id""",
            list(mail_ids),
            settings.current().mail_host,
            clock.now(),
            sorted(UNREPEATED),
        )
