"""Ticket groups: parts of an event's seats with quotas of their own, inside its capacity. Pure decisions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from events_app.events import limits
from events_app.events.schemas import Group, GroupOut
from events_app.kit.errors import FieldError
from events_app.kit.text import one_line

MAX_GROUPS = 20
MAX_QUOTA = 1_000_000
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class GroupRow:
    """A stored group with its counts: `taken` seats and those `held` for invitations to it."""

    id: UUID
    key: str
    label: str
    label_en: str
    quota: int | None
    invitation_only: bool
    taken: int
    held: int

    @property
    def left(self) -> int | None:
        """Seats that the group's own quota leaves the public; the event may have fewer."""
        return free(self.quota, self.taken, self.held)

    def name(self, language: str) -> str:
        return self.label_en if language == "en" and self.label_en else self.label


def free(limit: int | None, taken: int, held: int) -> int | None:
    """Seats that anybody may take: neither taken nor kept for an invitation. Null: no limit."""
    return None if limit is None else max(0, limit - taken - held)


def least(*limits_: int | None) -> int | None:
    """The tightest of several limits, of which null is none."""
    return min((limit for limit in limits_ if limit is not None), default=None)


def seats_left(event_left: int | None, groups: Sequence[GroupRow]) -> int | None:
    """What an event has left for everybody: no more than its groups that are open to all have together."""
    lefts = [group.left for group in groups if not group.invitation_only]
    if not lefts or any(left is None for left in lefts):
        return event_left
    return least(event_left, sum(left for left in lefts if left is not None))


def shown(groups: Sequence[GroupRow], event_left: int | None) -> list[GroupOut]:
    return [GroupOut(g.key, g.label, g.label_en, g.quota, least(event_left, g.left), g.invitation_only) for g in groups]


def tidied(group: Group) -> Group:
    return Group(
        one_line(group.key), one_line(group.label), one_line(group.label_en), group.quota, group.invitation_only
    )


def problems(groups: Sequence[Group]) -> Iterator[FieldError]:
    yield from limits.many("/groups", groups, MAX_GROUPS)
    for index, group in enumerate(groups):
        at = f"/groups/{index}"
        yield from limits.named(f"{at}/label", group.label)
        yield from limits.long(f"{at}/label_en", group.label_en, limits.MAX_LINE)
        if not KEY.fullmatch(group.key):
            yield FieldError(f"{at}/key", "invalid_key", "Please use lower-case letters, digits and underscores.")
        elif any(group.key == other.key for other in groups[:index]):
            yield FieldError(f"{at}/key", "duplicate", "Each group needs a key of its own.")
        if group.quota is not None and not 0 <= group.quota <= MAX_QUOTA:
            yield FieldError(f"{at}/quota", "out_of_range", "Please enter a number from 0 to 1,000,000, or nothing.")
