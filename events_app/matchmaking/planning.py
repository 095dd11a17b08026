"""Planning a run's meetings in a process of its own: it can be ended at any moment, and the worker stays awake.

Several questions are asked one after the other, each easier than the one before; the first that has a plan is it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from time import monotonic
from typing import Any

import msgspec

from events_app.matchmaking.rules.meetings import Pair, Round, at_fixed_tables, before, problem
from events_app.matchmaking.rules.schedule.values import Limits, Placed, Plan, Problem

SHARE = 0.5
PR_SET_PDEATHSIG = 1  # prctl(2): the signal sent to a process whose parent has died
QUESTIONS = ((True, True), (True, False), (False, True), (False, False))
"""(all meetings must stand, gaps must be fair)"""


class Order(msgspec.Struct, frozen=True):
    """What to plan; `keep`: as few meetings as possible leave the slot that participants know."""

    round: Round
    pairs: tuple[Pair, ...]
    keep: bool
    seconds: float
    moves: int
    conflicts: int


class Found(msgspec.Struct, frozen=True):
    """A plan as far as it is saved. `optimal`: proved; `unplaced`: pair key, code and values of the reason."""

    placed: tuple[Placed, ...] = ()
    optimal: bool = False
    gaps: int = 0
    bound: int = 0
    unplaced: tuple[tuple[str, str, dict[str, Any]], ...] = ()


def planned(order: Order) -> Found:
    """The best plan that the time allows, checked by the verifier once more with its tables as they are.

    Beside a published plan the newcomers' meetings are put in first, each with one other moved at most; a search is
    made only if that moves or leaves out any, and taken only if it is better.
    """
    end = monotonic() + order.seconds
    joined = _inserted(order)
    if joined is not None and not joined[1].unplaced and not joined[1].moved:
        return _seated(order, *joined)
    searched = next((found for found in _answers(order, end) if found[1].status not in ("infeasible", "unknown")), None)
    plans = [found for found in (joined, searched) if found is not None]
    if not plans:
        return Found(unplaced=tuple((pair.key, "no_time", {}) for pair in order.pairs))
    return _seated(order, *max(plans, key=lambda found: _rank(found[1])))


def _rank(plan: Plan) -> tuple[float, int, int]:
    return round(plan.score, 6), -len(plan.moved), -(plan.gaps or 0)


def _inserted(order: Order) -> tuple[Problem, Plan] | None:
    """The published plan with the newcomers in it; None where there is none, or it does not fit any more."""
    from events_app.matchmaking.rules.schedule.adapt import insert  # noqa: PLC0415 - only where there is planning
    from events_app.matchmaking.rules.schedule.choose import PlanRejectedError  # noqa: PLC0415 - same

    known = before(order.round, order.pairs)
    if not order.keep or not known:
        return None
    asked = problem(order.round, order.pairs, required=False, fair=False)
    stands = {one.meeting for one in known}
    try:
        return asked, insert(asked, known, [one for one in asked.meetings if one.id not in stands])
    except PlanRejectedError:
        return None


def _answers(order: Order, end: float) -> Iterator[tuple[Problem, Plan]]:
    """Each question gets half of the time that is left, the last one all of it."""
    from events_app.matchmaking.rules.schedule.choose import search  # noqa: PLC0415 - only where there is planning

    known = before(order.round, order.pairs)
    known = known if order.keep else [one for one in known if one.meeting in order.round.fixed]
    for number, (required, fair) in enumerate(QUESTIONS):
        asked = problem(order.round, order.pairs, required=required, fair=fair)
        last = number == len(QUESTIONS) - 1
        limits = Limits(
            seconds=(end - monotonic()) * (1.0 if last else SHARE), moves=order.moves, conflicts=order.conflicts
        )
        yield asked, search(asked, limits, known, keep=order.keep)


def _seated(order: Order, asked: Problem, plan: Plan) -> Found:
    """With the fixed meetings at their tables."""
    from events_app.matchmaking.rules import verify  # noqa: PLC0415 - only where there is planning
    from events_app.matchmaking.rules.schedule.choose import PlanRejectedError  # noqa: PLC0415 - same

    seated = msgspec.structs.replace(_found(plan), placed=tuple(at_fixed_tables(order.round, plan.meetings)))
    wrong = verify.complaints(asked, _as_plan(plan, seated))
    if wrong:
        raise PlanRejectedError("; ".join(wrong))
    return seated


def _found(plan: Plan) -> Found:
    return Found(
        placed=plan.meetings,
        optimal=plan.status == "optimal" or (not plan.unplaced and plan.gaps == plan.bound),
        gaps=plan.gaps or 0,
        bound=plan.bound or 0,
        unplaced=tuple((one.meeting, one.reason.code, dict(one.reason.values)) for one in plan.unplaced),
    )


def _as_plan(plan: Plan, seated: Found) -> Plan:
    return Plan(plan.status, seated.placed, plan.gaps, plan.bound, plan.score, plan.unplaced)


def main() -> None:
    """Read an order from standard input, write what was found to standard output; die with the worker.

    The worker's process id is the argument: it may have died before the signal was asked for.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(planned(order)))


if __name__ == "__main__":
    main()
