"""Taking the seats of a registration that belongs to a ticket group or came by an invitation.

As with any other, the seats are decided on before the transaction and locked at its end; the decision is then made
once more on what is there, and nothing is written if it differs (docs/decisions/0007).
"""

from __future__ import annotations

from events_app.events import group_store
from events_app.events.queries import EventRow
from events_app.kit.errors import EventFull
from events_app.registration import invitation_queries
from events_app.registration.rules import seats
from events_app.registration.rules.room import Place, Room
from events_app.registration.rules.seats import Allocation, SeatFacts
from events_app.registration.service import room
from events_app.registration.service.admission import Admission


def facts(event: EventRow, left: int | None, admission: Admission) -> SeatFacts:
    approval = event.public.registration.approval and not admission.skips_approval
    return SeatFacts(left, event.public.waiting_list, approval)


async def take(event: EventRow, admission: Admission, planned: Allocation, *, all_or_none: bool) -> bool:
    """Take the seats as planned, and use the invitation; false, nothing written, if the plan does not hold any more."""
    place, people = admission.place, len(planned.statuses)
    revision, now = await room.locked(event.id, place)
    if revision != event.revision:
        return False
    try:
        again = seats.allocate(facts(event, now.free_for(place), admission), people, all_or_none=all_or_none)
    except EventFull:
        return False
    return again.statuses == planned.statuses and await _written(event, place, planned, now)


async def _written(event: EventRow, place: Place, planned: Allocation, now: Room) -> bool:
    drawn, drawn_from_group = now.drawn(place, planned.taken)
    if place.invitation and not await invitation_queries.use(place.invitation, len(planned.statuses), drawn):
        return False
    await group_store.take(event.id, place.group, planned.taken, drawn, drawn_from_group)
    return True
