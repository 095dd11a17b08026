"""Who gets a seat, who waits, who moves up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from events_app.kit.errors import EventFull

Status = Literal["confirmed", "waiting", "pending", "cancelled"]
LIVE: tuple[Status, ...] = ("confirmed", "waiting", "pending")


@dataclass(frozen=True)
class SeatFacts:
    """An event's seats at the moment of deciding. `left` null: no limit."""

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
    """A person in line; `group` is the registration if it wants all or none, else null."""

    attendee: UUID
    group: UUID | None


def move_up(line: Sequence[Waiting], free: int | None) -> tuple[UUID, ...]:
    """Who gets the `free` seats, in the order of the line.

    A group that does not fit is passed over and keeps its place; those behind it who fit are not held up.
    """
    moved: list[UUID] = []
    seen: set[UUID] = set()
    for person in line:
        if person.attendee in seen:
            continue
        party = [other.attendee for other in line if other.group == person.group] if person.group else [person.attendee]
        seen.update(party)
        if free is None or len(moved) + len(party) <= free:
            moved.extend(party)
    return tuple(moved)


def overall(statuses: Sequence[Status]) -> Status:
    """A registration's status: confirmed if anybody is, else waiting, else pending, else cancelled."""
    order: tuple[Status, ...] = ("confirmed", "waiting", "pending")
    return next((status for status in order if status in statuses), "cancelled")
