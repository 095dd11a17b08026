"""How many seats are free for whom: in the event, in a ticket group, with an invitation. Values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from events_app.events.groups import least


@dataclass(frozen=True)
class Place:
    """Where somebody wants a seat, and by which invitation; null: none."""

    group: UUID | None = None
    invitation: UUID | None = None


ANYWHERE = Place()


@dataclass(frozen=True)
class Part:
    """Seats of the event or of a group: `left` are not taken (null: no limit), `held` of them kept for invitations."""

    left: int | None
    held: int = 0

    def free(self, own: int = 0) -> int | None:
        """For somebody for whom `own` of the held seats are kept.

        Where more is held than left (the capacity was lowered), the first invitation that comes gets what there is.
        """
        if self.left is None:
            return None
        return max(0, min(self.left, max(0, self.left - self.held) + own))

    def without(self, people: int, drawn: int) -> Part:
        return Part(None if self.left is None else self.left - people, self.held - drawn)


@dataclass(frozen=True)
class Hold:
    """Seats kept for an invitation, in the event and, where it names one, in its group."""

    seats: int
    group: UUID | None


@dataclass(frozen=True)
class Room:
    """An event's seats at the moment of deciding."""

    event: Part
    groups: Mapping[UUID, Part] = field(default_factory=dict)
    holds: Mapping[UUID, Hold] = field(default_factory=dict)

    def free_for(self, place: Place) -> int | None:
        """The most people who may sit down at `place`; null: no limit."""
        event = self.event.free(self._own(place))
        if place.group is None or place.group not in self.groups:
            return event
        return least(event, self.groups[place.group].free(self._own(place, place.group)))

    def drawn(self, place: Place, people: int) -> tuple[int, int]:
        """How many of the seats held in the event and in the group `people` would use: their own hold goes first."""
        return min(people, self._own(place)), min(people, self._own(place, place.group))

    def without(self, place: Place, people: int) -> Room:
        """The room that is left once `people` sit at `place`."""
        drawn, _ = self.drawn(place, people)
        hold = None if place.invitation is None else self.holds.get(place.invitation)
        holds = dict(self.holds)
        groups = dict(self.groups)
        if hold is not None and place.invitation is not None:
            holds[place.invitation] = replace(hold, seats=hold.seats - drawn)
            if hold.group in groups:
                groups[hold.group] = groups[hold.group].without(0, drawn)
        if place.group is not None and place.group in groups:
            groups[place.group] = groups[place.group].without(people, 0)
        return Room(self.event.without(people, drawn), groups, holds)

    def _own(self, place: Place, group: UUID | None = None) -> int:
        """Seats held for this invitation; with `group`, those that it holds there."""
        hold = None if place.invitation is None else self.holds.get(place.invitation)
        return hold.seats if hold is not None and group in {None, hold.group} else 0


def left(limit: int | None, taken: int) -> int | None:
    """Seats not taken; below 0 where somebody let in more. Null: no limit."""
    return None if limit is None else limit - taken
