"""Who gets a seat, who waits, who moves up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from events_app.kit.errors import EventFull
from events_app.registration.rules.room import ANYWHERE, Place, Room

Status = Literal["confirmed", "waiting", "pending", "cancelled"]
LIVE: tuple[Status, ...] = ("confirmed", "waiting", "pending")
OFFER_HOURS = timedelta(hours=48)
LAST_CALL = timedelta(hours=2)
"""An offer ends at least so long before the event, so that whoever takes it can still come."""
SHORTEST_OFFER = timedelta(hours=4)


@dataclass(frozen=True)
class SeatFacts:
    """What decides about people who register together. `left`: seats free for them; null: no limit."""

    left: int | None
    waiting_list: bool
    approval: bool


@dataclass(frozen=True)
class Allocation:
    """One status per person in their order.

    `taken` seats are needed; `refused_seat_for` is the least number of seats that must not be free for the decision
    to be right (null where nobody was put on the waiting list): `events.service.take_seats` proves both.
    """

    statuses: tuple[Status, ...]
    taken: int
    refused_seat_for: int | None


def allocate(facts: SeatFacts, people: int, *, all_or_none: bool) -> Allocation:
    """Seats for `people` who register together.

    Raises `EventFull` if somebody would get neither a seat nor a place in line.
    `all_or_none`: all of them or nobody. Otherwise the first ones get what is left and the others wait.
    """
    if facts.approval:
        return Allocation(_all("pending", people), 0, None)
    seated = people if facts.left is None else min(people, facts.left)
    if seated < people and all_or_none:
        seated = 0
    if seated == people:
        return Allocation(_all("confirmed", people), people, None)
    if not facts.waiting_list:
        raise EventFull
    statuses = _all("confirmed", seated) + _all("waiting", people - seated)
    return Allocation(statuses, seated, people if all_or_none else seated + 1)


def _all(status: Status, people: int) -> tuple[Status, ...]:
    return (status,) * people


@dataclass(frozen=True)
class Waiting:
    """A person in line; `party` is the registration if it wants all or none, else null."""

    attendee: UUID
    party: UUID | None
    place: Place = ANYWHERE


def move_up(line: Sequence[Waiting], room: Room) -> tuple[UUID, ...]:
    """Who gets the free seats, in the order of the one line that an event has.

    A party that does not fit, or whose ticket group is full, is passed over and keeps its place; those behind it who
    fit are not held up.
    """
    moved: list[UUID] = []
    seen: set[UUID] = set()
    for person in line:
        if person.attendee in seen:
            continue
        party = [other.attendee for other in line if other.party == person.party] if person.party else [person.attendee]
        seen.update(party)
        free = room.free_for(person.place)
        if free is None or len(party) <= free:
            moved.extend(party)
            room = room.without(person.place, len(party))
    return tuple(moved)


def offer_deadline(now: datetime, starts_at: datetime) -> datetime | None:
    """Until when a seat offered now is held, in UTC: 48 hours, shorter close to the event.

    Null when fewer than four hours would be left to answer: then the seat is given without asking.
    """
    deadline = min(now.astimezone(UTC) + OFFER_HOURS, latest_deadline(starts_at))
    return deadline if deadline - now >= SHORTEST_OFFER else None


def extended_deadline(expires_at: datetime, starts_at: datetime) -> datetime:
    """Another 48 hours for an offer, as far as the event leaves them; never earlier than it was."""
    return max(expires_at, min(expires_at.astimezone(UTC) + OFFER_HOURS, latest_deadline(starts_at)))


def latest_deadline(starts_at: datetime) -> datetime:
    """In UTC, because two hours on the wall are none or four when the clocks change."""
    return starts_at.astimezone(UTC) - LAST_CALL


def overall(statuses: Sequence[Status]) -> Status:
    """A registration's status: confirmed if anybody is, else waiting, else pending, else cancelled."""
    order: tuple[Status, ...] = ("confirmed", "waiting", "pending")
    return next((status for status in order if status in statuses), "cancelled")
