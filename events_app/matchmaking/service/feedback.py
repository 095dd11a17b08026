"""What participants say of their talks afterwards; for the agent, never for the other side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import FieldError, Invalid, NotFound
from events_app.kit.text import many_lines
from events_app.matchmaking import opinion_queries
from events_app.matchmaking.opinion_queries import Feedback
from events_app.matchmaking.queries import Pair
from events_app.matchmaking.schemas import Useful
from events_app.matchmaking.service.proposals import matches_for_registration

LONGEST_REMARK = 1000


@dataclass(frozen=True)
class Talks:
    """How often each answer was given, and what was remarked, the latest first."""

    counts: Mapping[Useful, int]
    remarks: Sequence[Feedback]


async def give_feedback(registration_id: UUID, other_id: UUID, useful: Useful, remark: str = "") -> None:
    """Say how useful a talk was, in place of what was said before.

    Raises `NotFound` for those that weren't proposed to each other and before the talk is over, `Invalid` for a remark
    of more than 1,000 characters.
    """
    remark = many_lines(remark)
    if len(remark) > LONGEST_REMARK:
        text = "Please use at most %(most)s characters."
        raise Invalid(errors=[FieldError("/remark", "too_long", text, {"most": LONGEST_REMARK})])
    async with db.transaction():
        found = await matches_for_registration(registration_id)
        pair = next((one for one in found.pairs if one.other(registration_id).id == other_id), None)
        if pair is None or not is_over(pair, found.event):
            raise NotFound
        await opinion_queries.set_feedback(registration_id, other_id, useful, remark)


def is_over(pair: Pair, event: EventRow) -> bool:
    """Whether the two can have talked: after their meeting, else after the event."""
    return clock.now() >= (pair.meeting.ends_at if pair.meeting else event.public.ends_at)


async def feedback_of_event(event_id: UUID) -> Talks:
    """For whoever may manage the event; the caller has made sure of that."""
    found = await opinion_queries.feedback_of_event(event_id)
    return Talks(Counter(one.useful for one in found), [one for one in found if one.remark])
