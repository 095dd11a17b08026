"""Rounds of meetings for tests: small random ones with all their plans, and the published real problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from events_app.matchmaking.rules.schedule.values import Attendance, Meeting, Problem

B2B = Path(__file__).parents[3] / "shared" / "data" / "b2b"
"""Real problems whose licence lets us read them where they lie, but not keep a copy."""


class Optimum(NamedTuple):
    score: float
    gaps: int


def by_trying_all(problem: Problem) -> Optimum | None:
    """The best of all assignments, by docs/schedule-file.md alone; None if none is allowed."""
    best: Optimum | None = None
    for slots in product(*map(_choices, problem.meetings, [problem] * len(problem.meetings))):
        gaps = _gaps(problem, slots)
        if gaps is not None:
            placed = zip(problem.meetings, slots, strict=True)
            found = Optimum(round(sum(one.score for one, slot in placed if slot), 9), gaps)
            if best is None or (found.score, -found.gaps) > (best.score, -best.gaps):
                best = found
    return best


def _choices(meeting: Meeting, problem: Problem) -> list[int]:
    """Its slots; 0 stands for none."""
    away = {slot for one in problem.participants if one.id in meeting.between for slot in one.unavailable}
    session = problem.sessions[meeting.session] if meeting.session else range(1, problem.slots + 1)
    open_to = [slot for slot in session if slot not in away and meeting.slot in (None, slot)]
    return open_to if meeting.required else [0, *open_to]


def _gaps(problem: Problem, slots: tuple[int, ...]) -> int | None:
    at = dict(zip((one.id for one in problem.meetings), slots, strict=True))
    if any(slots.count(slot) > problem.tables for slot in set(slots) - {0}):
        return None
    if any(at[one.id] and at[other] and at[one.id] <= at[other] for one in problem.meetings for other in one.after):
        return None
    each = []
    for person in problem.participants:
        theirs = [at[one.id] for one in problem.meetings if person.id in one.between and at[one.id]]
        if any(theirs.count(slot) > person.parallel for slot in theirs):
            return None
        busy = "".join("x" if slot in theirs else " " for slot in range(problem.slots + 1)).strip()
        each.append(len(re.findall(" +", busy)))
    limit = problem.max_gap_difference
    return None if limit is not None and each and max(each) - min(each) > limit else sum(each)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Up to six meetings of up to five participants in up to five slots, with everything the format knows."""
    slots = draw(st.integers(1, 5))
    slot = st.integers(1, slots)
    names = [f"p{number}" for number in range(draw(st.integers(2, 5)))]
    away = st.frozensets(slot, max_size=2) if draw(st.booleans()) else st.just(frozenset[int]())
    people = tuple(Attendance(name, draw(away), draw(st.sampled_from([1, 1, 1, 2]))) for name in names)
    pairs = st.permutations(names).map(lambda order: (order[0], order[1]))
    sessions = {"early": draw(st.frozensets(slot, min_size=1)), "late": draw(st.frozensets(slot, min_size=1))}
    ids = [f"m{number}" for number in range(draw(st.integers(0, 6)))]
    rarely = st.sampled_from([True, False, False, False])
    meetings = tuple(
        Meeting(
            one,
            draw(pairs),
            session=draw(st.sampled_from(["early", "late"])) if draw(rarely) else None,
            slot=draw(slot) if draw(rarely) else None,
            after=tuple(sorted(draw(st.sets(st.sampled_from(ids), max_size=2)) - {one})) if draw(rarely) else (),
            required=draw(st.booleans()),
            score=draw(st.sampled_from([0, 0.1, 0.2, 0.3, 1, 2.5])),
        )
        for one in ids
    )
    spread = draw(st.sampled_from([None, None, 0, 1, 2]))
    return Problem(slots, draw(st.integers(1, 3)), people, meetings, sessions, spread)


def from_dzn(text: str) -> dict[str, Any]:
    """A published problem (MiniZinc data, see its README) as the JSON of `clustertreff schedule`."""
    last, noon = _number(text, "nTotalSlots"), _number(text, "nMorningSlots")
    requested = [[int(one) for one in re.findall(r"\d+", row)] for row in _body(text, "requested").split("|")]
    fixed = [int(one) for one in re.findall(r"\d+", _body(text, "fixed"))]
    earlier = [*_sets(text, "precedences"), *[[]] * len(requested)]
    meetings = [
        {
            "id": f"m{number}",
            "between": [f"p{row[0]}", f"p{row[1]}"],
            "session": {1: "morning", 2: "afternoon"}.get(row[2]),
            "slot": pinned or None,
            "after": [f"m{other}" for other in others],
        }
        for number, (row, pinned, others) in enumerate(
            zip((row for row in requested if row), fixed, earlier, strict=False), start=1
        )
    ]
    return {
        "slots": last,
        "tables": _number(text, "nTables"),
        "sessions": {"morning": [*range(1, noon + 1)], "afternoon": [*range(noon + 1, last + 1)]},
        "max_gap_difference": 2,
        "participants": [
            {"id": f"p{number}", "unavailable": away} for number, away in enumerate(_sets(text, "forbidden"), start=1)
        ],
        "meetings": meetings,
    }


def _number(text: str, name: str) -> int:
    found = re.search(rf"\b{name}\s*=\s*(\d+)", text)
    assert found, name
    return int(found[1])


def _body(text: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*=\s*\[(.*?)\];", text, re.DOTALL)
    assert found, name
    return found[1]


def _sets(text: str, name: str) -> list[list[int]]:
    """0 stands for nothing in it."""
    return [sorted({*map(int, re.findall(r"\d+", one))} - {0}) for one in _rows(_body(text, name))]


def _rows(body: str) -> Iterator[str]:
    yield from re.findall(r"\{(.*?)\}", body)
