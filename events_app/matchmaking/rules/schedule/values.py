"""What is to be planned and what comes out: plain values. Slots and tables count from 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
ReasonValues = Mapping[str, str | int | tuple[str, ...] | tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Attendance:
    """An organisation at the round: when it is away, and how many meetings it can hold at once."""

    id: str
    unavailable: frozenset[int] = frozenset()
    parallel: int = 1


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two organisations that shall meet.

    `slot` pins it, `session` names the slots it may have. It stands strictly later than each of `after` that has a
    slot. `required` meetings all stand in a plan; of the others those with the greatest sum of `score`.
    """

    id: str
    between: tuple[str, str]
    session: str | None = None
    slot: int | None = None
    after: tuple[str, ...] = ()
    required: bool = True
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Problem:
    """All of a round. `max_gap_difference`: how far the participants' numbers of gaps may lie apart; None = any."""

    slots: int
    tables: int
    participants: tuple[Attendance, ...]
    meetings: tuple[Meeting, ...]
    sessions: Mapping[str, frozenset[int]] = field(default_factory=dict)
    max_gap_difference: int | None = None


class Placed(NamedTuple):
    meeting: str
    slot: int
    table: int


class Reason(NamedTuple):
    """A code and its values; whoever shows it renders it in the reader's language."""

    code: str
    values: ReasonValues


class Unplaced(NamedTuple):
    meeting: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Plan:
    """`meetings` in the problem's order. Without a plan `gaps` and `bound` are None and `meetings` empty.

    `bound`: no plan with this `score` has fewer gaps (proved); `moved`: old meetings in another slot than before,
    where there was an earlier plan to keep to.
    """

    status: Status
    meetings: tuple[Placed, ...] = ()
    gaps: int | None = None
    bound: int | None = None
    score: float = 0.0
    unplaced: tuple[Unplaced, ...] = ()
    because: tuple[Reason, ...] = ()
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to plan. `seconds` always holds.

    With `moves` (of the improving walk) and `conflicts` (of the proof) the same problem gives the same plan each
    time, unless `seconds` run out before them. `seed` gives another of several equal plans.
    """

    seconds: float = 60.0
    moves: int | None = None
    conflicts: int | None = None
    prove: bool = True
    seed: int = 0
