"""Changes of a published plan: somebody joins late, somebody does not come. As few others as possible are moved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from events_app.matchmaking.rules import verify
from events_app.matchmaking.rules.schedule.board import board, each
from events_app.matchmaking.rules.schedule.bounds import least_gaps
from events_app.matchmaking.rules.schedule.choose import USUAL, PlanRejectedError, search
from events_app.matchmaking.rules.schedule.seating import seat
from events_app.matchmaking.rules.schedule.timetable import NOWHERE, Timetable
from events_app.matchmaking.rules.schedule.unplaced import why_unplaced
from events_app.matchmaking.rules.schedule.values import Limits, Meeting, Placed, Plan, Problem


class Step(NamedTuple):
    """A meeting put into a slot, and the old one that makes way for it (NOWHERE: none) with its new slot."""

    slot: int
    other: int = NOWHERE
    to: int = NOWHERE


def insert(problem: Problem, published: Iterable[Placed], new_meetings: Sequence[Meeting]) -> Plan:
    """The published plan with these meetings in it, as far as they find room.

    Each takes a free slot, the one that opens the fewest gaps; else one that a single old meeting can leave for
    another free one. Pinned meetings stay. `moved` names the old meetings in another slot; new ones without room are
    in `unplaced`, whatever `required` says. `problem` names the newcomers among its participants, and need not have
    the new meetings yet. The status is `feasible`: nothing is proved. Raises `PlanRejectedError` where the published
    plan does not fit the problem.
    """
    old = {one.meeting: one for one in published}
    fresh = {one.id for one in new_meetings}
    meetings = [one for one in problem.meetings if one.id not in fresh]
    meetings += [replace(one, required=False) for one in new_meetings]
    joined = replace(problem, meetings=tuple(meetings))
    numbers = board(joined)
    table = Timetable(numbers, [old[one.id].slot - 1 if one.id in old else NOWHERE for one in meetings])
    for meeting in sorted(range(len(meetings)), key=lambda one: numbers.allowed[one].bit_count()):
        if meetings[meeting].id in fresh and table.slot[meeting] == NOWHERE:
            _join(table, meeting)
    return _adapted(joined, table, old)


def _join(table: Timetable, meeting: int) -> None:
    """The best step: first without moving anybody, then by the gaps that it makes."""
    before = sum(table.gaps())
    ranked: list[tuple[bool, int, Step]] = []
    for step in _steps(table, meeting):
        undo = _take_step(table, meeting, step)
        if _fair(table):
            ranked.append((step.other != NOWHERE, sum(table.gaps()) - before, step))
        _undo(table, meeting, undo)
    if ranked:
        _take_step(table, meeting, min(ranked)[2])


def _steps(table: Timetable, meeting: int) -> Iterator[Step]:
    """All ways to put the meeting in: into a free slot, else where one old meeting can leave for another slot."""
    open_to = list(each(table.board.allowed[meeting]))
    free = [slot for slot in open_to if table.fits(meeting, slot)]
    yield from (Step(slot) for slot in free)
    if free:
        return
    for slot in open_to:
        for other in _in_the_way(table, meeting, slot):
            yield from [Step(slot, other, to) for to in _ways_out(table, meeting, slot, other)]


def _ways_out(table: Timetable, meeting: int, slot: int, other: int) -> list[int]:
    """The slots that `other` can go to when the meeting takes its place."""
    table.take(other)
    found: list[int] = []
    if table.fits(meeting, slot):
        table.put(meeting, slot)
        found = [to for to in each(table.board.allowed[other]) if table.fits(other, to)]
        table.take(meeting)
    table.put(other, slot)
    return found


def _in_the_way(table: Timetable, meeting: int, slot: int) -> Collection[int]:
    """The old meetings of a slot that make way by leaving it: those of a full participant, or any at a full table."""
    numbers = table.board
    full = [one for one in numbers.sides[meeting] if len(table.at[one][slot]) >= numbers.capacity[one]]
    if full:
        return set.intersection(*(set(table.at[one][slot]) for one in full))
    return [one for one, at in enumerate(table.slot) if at == slot] if table.taken[slot] >= numbers.tables else []


def _take_step(table: Timetable, meeting: int, step: Step) -> Step:
    if step.other != NOWHERE:
        table.take(step.other)
    table.put(meeting, step.slot)
    if step.other != NOWHERE:
        table.put(step.other, step.to)
    return step


def _undo(table: Timetable, meeting: int, step: Step) -> None:
    table.take(meeting)
    if step.other != NOWHERE:
        table.take(step.other)
        table.put(step.other, step.slot)


def _fair(table: Timetable) -> bool:
    spread, gaps = table.board.spread, table.gaps()
    return spread is None or max(gaps) - min(gaps) <= spread


def _adapted(problem: Problem, table: Timetable, old: Mapping[str, Placed]) -> Plan:
    ids = [one.id for one in problem.meetings]
    kept = {m: old[one].table for m, one in enumerate(ids) if one in old and old[one].slot - 1 == table.slot[m]}
    tables = seat(table.board, table.slot, kept)
    made = Plan(
        "feasible",
        meetings=tuple(Placed(ids[m], table.slot[m] + 1, tables[m]) for m in sorted(tables)),
        gaps=sum(table.gaps()),
        bound=min(sum(least_gaps(table.board)), sum(table.gaps())),
        score=sum(problem.meetings[m].score for m in sorted(tables)),
        unplaced=why_unplaced(problem, table.board, table.slot),
        moved=tuple(ids[m] for m in sorted(tables) if ids[m] in old and m not in kept),
    )
    wrong = verify.complaints(problem, made)
    if wrong:
        raise PlanRejectedError("; ".join(wrong))
    return made


def replan(
    problem: Problem,
    published: Iterable[Placed],
    from_slot: int,
    absent: Mapping[str, Collection[int] | None],
    limits: Limits = USUAL,
) -> Plan:
    """The plan without those who are missing from `from_slot` on, with the fewest moves.

    `absent`: participants and the slots they miss, None for all that are left. What stands before `from_slot` stays as
    it is. From then on published meetings come first, then those that had no room, by their scores; then as few as
    possible change their slot, then the fewest gaps are left. `unplaced` names what can't be held any more; so the
    plan is never `infeasible`, and the fairness of gaps is not asked for again. Pins are kept.
    """
    old = {one.meeting: one for one in published}
    rest = frozenset(range(from_slot, problem.slots + 1))
    missing = {name: rest if slots is None else rest & {*slots} for name, slots in absent.items()}
    none = frozenset[int]()
    left = replace(
        problem,
        participants=tuple(
            replace(one, unavailable=one.unavailable | missing.get(one.id, none)) for one in problem.participants
        ),
        meetings=_from_now(problem, old, from_slot),
        sessions={**problem.sessions, **{_later(name): slots & rest for name, slots in _all_sessions(problem).items()}},
        max_gap_difference=None,
    )
    found = search(left, limits, old.values(), keep=True)
    score = {one.id: one.score for one in problem.meetings}
    return replace(found, score=sum(score[one.meeting] for one in found.meetings))


def _from_now(problem: Problem, old: Mapping[str, Placed], from_slot: int) -> tuple[Meeting, ...]:
    """What has been held is pinned; what was to come counts more than all that had no room."""
    more = 1 + sum(one.score for one in problem.meetings)
    held = {name for name, placed in old.items() if placed.slot < from_slot}
    return tuple(
        replace(one, slot=old[one.id].slot, required=True)
        if one.id in held
        else replace(one, session=_later(one.session), required=False, score=one.score + (more if one.id in old else 0))
        for one in problem.meetings
    )


def _all_sessions(problem: Problem) -> dict[str | None, frozenset[int]]:
    sessions: dict[str | None, frozenset[int]] = {None: frozenset(range(1, problem.slots + 1))}
    sessions.update(problem.sessions)
    return sessions


def _later(session: str | None) -> str:
    """The name of what is left of a session; no session of a problem begins with a blank."""
    return f" {session or ''}"
