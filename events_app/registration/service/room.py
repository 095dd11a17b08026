"""Seats by group and invitation: read and counted anew while the event's seats are locked.

Registering counts on; whatever else changes people's places has them counted again, by an index over those who have a
group or an invitation (docs/decisions/0007). An event without either costs one small query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from events_app.events import group_store
from events_app.events.groups import GroupRow
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.registration import invitation_queries
from events_app.registration.invitation_queries import Standing
from events_app.registration.queries import RegistrationRow
from events_app.registration.rules.invitations import InvitationRow
from events_app.registration.rules.room import Hold, Part, Place, Room, left

_SEATS = """
SELECT capacity, taken, revision, held,
  EXISTS (SELECT FROM ticket_group WHERE event = $1) OR EXISTS (SELECT FROM invitation WHERE event = $1) AS parted
FROM event_seats WHERE event = $1
"""


def place_of(registration: RegistrationRow) -> Place:
    return Place(registration.ticket_group, registration.invitation)


def seen(event: EventRow, invitation: InvitationRow | None) -> Room:
    """The room as an event was read without a lock: to decide on, where the decision is proved as seats are taken."""
    holding = [] if invitation is None else [invitation]
    return _room(Part(left(event.capacity, event.taken), event.held), event.groups, holding)


async def locked(event_id: UUID, place: Place) -> tuple[int, Room]:
    """(the event's revision, the room for this place), with the event's seats locked until the transaction ends."""
    await db.execute("SELECT FROM event_seats WHERE event = $1 FOR UPDATE", event_id)
    row = await db.fetch_row(_SEATS, event_id)
    assert row is not None  # noqa: S101 - an event has its seats
    invitation = None if place.invitation is None else await invitation_queries.by_id(place.invitation)
    holding = [] if invitation is None else [invitation]
    part = Part(left(row["capacity"], row["taken"]), row["held"])
    return row["revision"], _room(part, await group_store.of_event(event_id), holding)


async def counted(event_id: UUID, *, beyond: bool = False) -> Room:
    """Count the seats of each group and invitation again; what was held for invitations that have ended is free.

    Free seats are to be offered before the transaction ends (`line.fill_free_seats`).
    `beyond`: somebody decided that a group may have more people than its quota.
    """
    row = await db.fetch_row(_SEATS, event_id)
    assert row is not None  # noqa: S101 - an event has its seats
    seats = left(row["capacity"], row["taken"])
    if not row["parted"]:
        return Room(Part(seats))
    people = await invitation_queries.standing(event_id)
    invitations = await _counted_invitations(event_id, people)
    groups = await _counted_groups(event_id, people, invitations, beyond=beyond)
    held = sum(one.held for one in invitations)
    await group_store.set_held(event_id, held)
    return _room(Part(seats, held), groups, invitations)


async def _counted_invitations(event_id: UUID, people: Sequence[Standing]) -> list[InvitationRow]:
    now = clock.now()
    live = _summed((some.invitation, some.live) for some in people)
    seated = _summed((some.invitation, some.seated) for some in people)
    before = await invitation_queries.of_event(event_id)
    after = [replace(one, used=live[one.id], held=one.to_hold(seated[one.id], now)) for one in before]
    changed = {new.id: (new.used, new.held) for old, new in zip(before, after, strict=True) if old != new}
    if changed:
        await invitation_queries.set_counts(changed)
    return after


async def _counted_groups(
    event_id: UUID, people: Sequence[Standing], invitations: Sequence[InvitationRow], *, beyond: bool
) -> list[GroupRow]:
    taken = _summed((some.group, some.seated) for some in people)
    held = _summed((one.ticket_group, one.held) for one in invitations)
    after = [replace(g, taken=taken[g.id], held=held[g.id]) for g in await group_store.of_event(event_id)]
    await group_store.set_counts({group.id: (group.taken, group.held) for group in after}, beyond=beyond)
    return after


def _summed(counts: Iterable[tuple[UUID | None, int]]) -> Mapping[UUID | None, int]:
    sums: Counter[UUID | None] = Counter()
    for key, number in counts:
        sums[key] += number
    return sums


def _room(event: Part, groups: Sequence[GroupRow], holding: Sequence[InvitationRow]) -> Room:
    return Room(
        event,
        {group.id: Part(left(group.quota, group.taken), group.held) for group in groups},
        {one.id: Hold(one.held, one.ticket_group) for one in holding if one.held},
    )
