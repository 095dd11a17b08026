"""The published real problems: every optimum reached and proved, or proved that there is no plan."""

from __future__ import annotations

import csv
import json

import pytest

from events_app.matchmaking.problem_file import read
from events_app.matchmaking.rules import verify
from events_app.matchmaking.rules.schedule.choose import plan
from events_app.matchmaking.rules.schedule.values import Limits
from tests.matchmaking.rounds import B2B, from_dzn

FILES = (
    "forum-13.original.dzn",
    "forum-13.prec15.dzn",
    "forum-14.original.dzn",
    "forumt-14.original.dzn",
    "tic-12.forb0003.dzn",
    "tic-12.original.dzn",
    "tic-13crafc.original.dzn",
    "ticf-13crafa.original.dzn",
)
SMALL = """
nBusiness = 3; nMeetings = 3; nTables = 2; nTotalSlots = 4; nMorningSlots = 2;
requested = [|1, 2,3, |2, 3,1, |1, 3,2, |];
forbidden = [{0}, {1,4}, {0}];
fixed = [0,2,0];
precedences = [{}, {}, {1}];
"""


@pytest.mark.slow
@pytest.mark.skipif(not B2B.is_dir(), reason="the problems' licence allows no copy in this repository")
@pytest.mark.parametrize("file", FILES)
def test_published_optimum_is_reached_and_proved(file: str) -> None:
    problem = read(json.dumps(from_dzn((B2B / file).read_text())).encode())
    with (B2B / "known_optima.csv").open(newline="") as table:
        known = {row["file"]: row["optimal_total_breaks"] for row in csv.DictReader(table)}
    found = plan(problem, Limits(seconds=60))
    assert verify.complaints(problem, found) == []
    if known[file] == "UNSAT":
        assert found.status == "infeasible"
    else:
        assert (found.status, found.gaps, len(found.meetings)) == ("optimal", int(known[file]), len(problem.meetings))


def test_real_problems_format_is_read() -> None:
    problem = read(json.dumps(from_dzn(SMALL)).encode())
    assert [one.between for one in problem.meetings] == [("p1", "p2"), ("p2", "p3"), ("p1", "p3")]
    assert [one.session for one in problem.meetings] == [None, "morning", "afternoon"]
    assert [one.slot for one in problem.meetings] == [None, 2, None]
    assert [one.after for one in problem.meetings] == [(), (), ("m1",)]
    assert problem.participants[1].unavailable == {1, 4}
    assert {one.meeting: one.slot for one in plan(problem).meetings} == {"m1": 3, "m2": 2, "m3": 4}
