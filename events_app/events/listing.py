"""Which events a list shows: those to come, next first, and those that are over, latest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from events_app.events import queries, rules
from events_app.events.queries import EventRow

LONGEST_EVENT = timedelta(days=14)
"""A running event started at most this long ago; lists look no further back for its start."""
MOST_COMING = 200
FALLING_OUT = 20
"""Read on top of twice what is wanted: some of the latest events are running still or were cancelled."""


async def coming(now: datetime, cluster: str | None = None) -> Sequence[EventRow]:
    """Events that are not over, cancelled ones too until they would be; of one cluster (slug) or of all."""
    found = await queries.public_events(cluster=cluster, since=now - LONGEST_EVENT, limit=MOST_COMING)
    return [event for event in found if not rules.is_over(event.public.ends_at, now)]


async def past(now: datetime, cluster: str | None = None, limit: int = 6) -> Sequence[EventRow]:
    """The latest events that took place; what was cancelled is left out."""
    found = await queries.public_events(cluster=cluster, until=now, limit=limit * 2 + FALLING_OUT, latest_first=True)
    over = [event for event in found if rules.is_over(event.public.ends_at, now) and event.public.status == "published"]
    return over[:limit]
