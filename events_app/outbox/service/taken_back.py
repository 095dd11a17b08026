"""Mails that somebody queued and now wants back: those that no worker has begun to send."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.kit import db


async def take_back(kind: str, deliveries: Sequence[UUID]) -> list[UUID]:
    """Remove waiting mails of a kind by the `delivery` in their payload; gives those that were caught in time."""
    rows = await db.fetch(
        """DELETE FROM outbox_mail WHERE kind = $1 AND payload ->> 'delivery' = ANY($2::text[]) AND status = 'queued'
           RETURNING payload ->> 'delivery' AS delivery""",
        kind,
        [str(delivery) for delivery in deliveries],
    )
    return [UUID(row["delivery"]) for row in rows]
