"""Holding mail back: everywhere, or of one event. What is held leaves by itself once the pause ends.

Log-in links are never held: whoever ends the pause may have to log in for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from events_app.kit import clock, db
from events_app.outbox.rules import UNHELD

Pauses = AbstractSet[UUID | None]
"""The events whose mail is held; None among them holds all of it."""

EVERYWHERE: UUID | None = None


@dataclass(frozen=True)
class Pause:
    """`by` says who wanted it, in words."""

    at: datetime
    by: str


async def pause(event_id: UUID | None, by: str) -> None:
    """Hold the mail of this event (None: all mail). Workers finish the mail in hand. A second pause changes nothing."""
    await db.execute(
        """INSERT INTO outbox_pause (id, event_id, at, by) SELECT $1, $2, $3, $4
           WHERE NOT EXISTS (SELECT FROM outbox_pause WHERE event_id IS NOT DISTINCT FROM $2)
           ON CONFLICT DO NOTHING""",
        uuid4(),
        event_id,
        clock.now(),
        by[:200],
    )


async def resume(event_id: UUID | None) -> None:
    """End that pause; call `wake_outbox()` afterwards."""
    await db.execute("DELETE FROM outbox_pause WHERE event_id IS NOT DISTINCT FROM $1", event_id)


async def pauses() -> Mapping[UUID | None, Pause]:
    rows = await db.fetch("SELECT event_id, at, by FROM outbox_pause")
    return {row["event_id"]: Pause(row["at"], row["by"]) for row in rows}


def holds(pauses: Pauses, kind: str, event_id: UUID | None) -> bool:
    """Whether a mail of this kind and event is held."""
    return bool(pauses) and kind not in UNHELD and (EVERYWHERE in pauses or event_id in pauses)


def paused(mail: str) -> str:
    """The same as an SQL condition on a row of `outbox_mail` with this alias."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(UNHELD))
    return (
        f"({mail}.kind NOT IN ({kinds}) AND EXISTS (SELECT FROM outbox_pause AS p "
        f"WHERE p.event_id IS NULL OR p.event_id = {mail}.event_id))"
    )
