"""Who did what: one line in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events_app.kit import clock, db


async def record(
    actor: tuple[str, UUID | None],
    action: str,
    object_kind: str,
    object_id: object,
    *,
    event_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Note a deed; `actor` is (kind, id), `details` holds ids, codes and numbers but no names."""
    kind, id_ = actor
    await db.execute(
        """INSERT INTO audit_entry (at, actor_kind, actor_id, action, object_kind, object_id, event_id, details)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        clock.now(),
        kind,
        str(id_ or ""),
        action,
        object_kind,
        str(object_id),
        event_id,
        db.as_json(details or {}),
    )
