"""What a registration's contact may read and take along: the registration, and its own part in the exchange."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from events_app.events.queries import EventRow
from events_app.matchmaking import opinion_queries
from events_app.matchmaking.service.delegates import own_meetings
from events_app.registration.service import contact


async def everything_about(registration_id: UUID) -> tuple[EventRow, dict[str, Any]]:
    """The event, and as registration's own, with what it said in the cooperation exchange and its published meetings.

    What others said of it is theirs: whom they would rather not meet, nobody learns here either. Raises `NotFound`.
    """
    found = await own_meetings(registration_id)
    return found.event, {
        **await contact.everything_about(registration_id),
        "exchange": {
            **await opinion_queries.said_by(registration_id),
            "meetings": [
                {
                    "with": other.name,
                    "starts_at": talk.starts_at.isoformat(),
                    "ends_at": talk.ends_at.isoformat(),
                    "table": talk.table,
                    "people": [person.name for person in own.people],
                }
                for talk, own, other in found.talks
            ],
        },
    }
