"""Planning meetings: the published real problems to their proof, and large loose events against the clock."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from random import Random
from time import monotonic

from benchmarks.bare_schedule import solve
from benchmarks.figures import Figure
from benchmarks.world import World
from events_app.matchmaking.problem_file import read
from events_app.matchmaking.rules import verify
from events_app.matchmaking.rules.schedule.board import board
from events_app.matchmaking.rules.schedule.choose import plan
from events_app.matchmaking.rules.schedule.impossible import impossible
from events_app.matchmaking.rules.schedule.values import Attendance, Limits, Meeting, Problem
from tests.matchmaking.rounds import B2B, from_dzn

SECONDS, BARE_SECONDS = 10.0, 60.0
LOOSE = ((100, 40, 12, 4), (300, 100, 16, 6), (1000, 300, 20, 6))
AWAY = 0.1
UNFINISHED = "not finished by the baseline: "


def schedule_real(world: World) -> list[Figure]:
    """Seconds to the proof, summed over the problems; the baseline gets a minute for each. Measured once."""
    quick = world.pace.seconds < 1
    if not B2B.is_dir():
        return []
    with (B2B / "known_optima.csv").open(newline="") as table:
        known = {row["file"]: row["optimal_total_breaks"] for row in csv.DictReader(table)}
    files = ["tic-12.original.dzn"] if quick else sorted(known)
    ours, bare, slowest, unfinished = 0.0, 0.0, 0.0, []
    for file in files:
        problem = read(json.dumps(from_dzn((B2B / file).read_text())).encode())
        seconds = _proved(problem, known[file])
        ours, slowest = ours + seconds, max(slowest, seconds)
        found = _bare(problem, BARE_SECONDS)
        bare += found[1]
        if not found[0]:
            unfinished.append(file.removesuffix(".dzn"))
    note = f"{len(files)} real problems proved, the slowest in {slowest:.1f} s; baseline: CP-SAT"
    if unfinished:
        note += f", {UNFINISHED}{', '.join(unfinished)}"
    return [Figure.of("schedule-real", [(ours, bare)], "s", note)]


def _proved(problem: Problem, known: str) -> float:
    began = monotonic()
    found = plan(problem, Limits(seconds=60))
    seconds = monotonic() - began
    assert verify.complaints(problem, found) == []
    assert (found.status, found.gaps) == (("infeasible", None) if known == "UNSAT" else ("optimal", int(known)))
    return seconds


def _bare(problem: Problem, seconds: float) -> tuple[bool, float]:
    began = monotonic()
    numbers = board(problem)
    found = impossible(problem, numbers) or solve(numbers, seconds).proved
    return bool(found), monotonic() - began


def schedule_loose(world: World) -> list[Figure]:
    """Gaps of large loose events: ours after 10 s, CP-SAT's after 60 s. Measured once."""
    quick = world.pace.seconds < 1
    share = 0.1 if quick else 1.0
    return [_loose(size, share) for size in (LOOSE[:1] if quick else LOOSE)]


def _loose(size: Sequence[int], share: float) -> Figure:
    companies, partners, slots, each = size
    problem = loose(companies, partners, slots, each)
    found = plan(problem, Limits(seconds=SECONDS * share))
    assert found.gaps is not None, "not all meetings were placed"
    assert found.bound is not None
    bare = solve(board(problem), BARE_SECONDS * share).gaps
    pairs = [(float(found.gaps), float(bare or 10 * found.gaps))]
    note = f"{len(problem.meetings)} meetings, all placed in {SECONDS * share:g} s; at least {found.bound} gaps"
    note += f"; baseline: CP-SAT after {BARE_SECONDS * share:g} s" + (
        "" if bare is not None else ", which found no plan"
    )
    return Figure.of(f"schedule-{companies}x{partners}x{slots}", pairs, "gaps", note)


def loose(companies: int, partners: int, slots: int, each: int, seed: int = 1) -> Problem:
    """Companies that meet `each` partners, the partners about equally often, with one slot to spare; a table each."""
    random = Random(seed)  # noqa: S311 - an example, no secret
    people = [
        Attendance(name, frozenset(slot for slot in range(1, slots + 1) if random.random() < AWAY))
        for name in (*(f"c{n}" for n in range(companies)), *(f"p{n}" for n in range(partners)))
    ]
    room = {one.id: slots - len(one.unavailable) - 1 for one in people}
    meetings: list[Meeting] = []
    for company in people[:companies]:
        order = sorted(people[companies:], key=lambda one: -room[one.id] + 6 * random.random())
        for partner in (one for one in order[: min(each, room[company.id])] if room[one.id] > 0):
            room[partner.id] -= 1
            meetings.append(Meeting(f"m{len(meetings)}", (company.id, partner.id)))
    return Problem(slots, partners, tuple(people), tuple(meetings))
