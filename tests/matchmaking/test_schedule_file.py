"""`clustertreff schedule`: what it reads, refuses and writes, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.matchmaking.json_lines import line_of
from events_app.matchmaking.problem_file import ProblemFileError, read

ROOT = Path(__file__).parents[2]
EXAMPLE = """{
 "slots": 4, "tables": 2,
 "sessions": {"morning": [1, 2],
              "afternoon": [3, 4]},
 "max_gap_difference": 2,
 "participants": [
  {"id": "p1", "unavailable": [3], "parallel": 1},
  {"id": "p2", "unavailable": []},
  {"id": "p3", "unavailable": [1]}
 ],
 "meetings": [
  {"id": "m1", "between": ["p1", "p2"], "session": "morning", "slot": null, "after": ["m7"]},
  {"id": "m7", "between": ["p1", "p3"], "required": true, "score": 1.0},
  {"id": "m9", "between": ["p2", "p3"], "required": false, "score": 0.5}
 ]
}
"""


def run(text: str, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "problem.json"
    file.write_text(text)
    command = [sys.executable, "-m", "events_app", "schedule", str(file), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_plan_is_written_with_exit_code_0(tmp_path: Path) -> None:
    text = EXAMPLE.replace('"p1", "p3"], "req', '"p1", "p2"], "req')
    done = run(text, tmp_path)
    plan = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (plan["status"], plan["gaps"], plan["bound"], plan["infeasible_because"]) == ("optimal", 0, 0, [])
    assert {one["id"]: one["slot"] for one in plan["meetings"]} == {"m7": 1, "m1": 2, "m9": 3}
    assert plan["unplaced"] == []
    assert plan["seconds"] < 30


def test_plan_goes_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    done = run(EXAMPLE.replace('"after": ["m7"]', '"after": null'), tmp_path, "--seconds", "20", "--out", str(out))
    assert (done.returncode, done.stdout) == (0, "")
    assert {one["id"] for one in json.loads(out.read_text())["meetings"]} == {"m1", "m7", "m9"}


def test_no_plan_is_exit_code_3_with_names(tmp_path: Path) -> None:
    done = run(EXAMPLE, tmp_path)  # p3 comes in slot 2, so m7 stands there, and m1 has no later slot in the morning
    plan = json.loads(done.stdout)
    assert (done.returncode, plan["status"], plan["meetings"], plan["gaps"]) == (3, "infeasible", [], None)
    assert any("m1" in one and "m7" in one and "p2" in one for one in plan["infeasible_because"])


def test_nothing_found_in_time_is_exit_code_4(tmp_path: Path) -> None:
    count = 100  # a full round robin in the fewest slots: far more than a second's work
    people = [{"id": f"p{n}"} for n in range(count)]
    pairs = [(a, b) for a in range(count) for b in range(a)]
    meetings = [{"id": f"m{n}", "between": [f"p{a}", f"p{b}"]} for n, (a, b) in enumerate(pairs)]
    problem = {"slots": count - 1, "tables": count // 2, "participants": people, "meetings": meetings}
    done = run(json.dumps(problem), tmp_path, "--seconds", "1")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (4, "unknown")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"slots": 4', '"slots": "4"', "line 2: slots: Expected `int`, got `str`"),
        ('"slots": 4, ', "", "line 1: slots: Object missing required field `slots`"),
        ('"slots": 4', '"slots": 0', "line 2: slots: Expected `int` >= 1"),
        ('"tables": 2', '"tables": 0', "line 2: tables: Expected `int` >= 1"),
        ('"tables": 2', '"tables": 2, "tabels": 3', "line 2: tabels: Object contains unknown field `tabels`"),
        ('"parallel": 1', '"parallel": 0', "line 7: participants[0].parallel: Expected `int` >= 1"),
        ('"parallel": 1', '"paralel": 1', "line 7: participants[0].paralel: Object contains unknown field `paralel`"),
        ('"unavailable": [3]', '"unavailable": [5]', "line 7: participants[0].unavailable[0]: slot 5 is beyond the"),
        ('"id": "p2"', '"id": "p1"', "line 8: participants[1].id: 'p1' stands twice"),
        ('"id": "m9", ', "", "line 14: meetings[2].id: Object missing required field `id`"),
        ('"id": "m9"', '"id": "m1"', "line 14: meetings[2].id: 'm1' stands twice"),
        ('["p2", "p3"]', '["p2"]', "line 14: meetings[2].between: Expected `array` of length 2"),
        ('["p2", "p3"]', '["p2", "p8"]', "line 14: meetings[2].between[1]: there is no participant 'p8'"),
        ('["p2", "p3"]', '["p2", "p2"]', "line 14: meetings[2].between: 'p2' can't meet itself"),
        ('"session": "morning"', '"session": "noon"', "line 12: meetings[0].session: there is no session 'noon'"),
        ('"slot": null', '"slot": 5', "line 12: meetings[0].slot: slot 5 is beyond the last, 4"),
        ('"slot": null', '"slot": 1.5', "line 12: meetings[0].slot: Expected `int | null`, got `float`"),
        ('["m7"]', '["m8"]', "line 12: meetings[0].after[0]: there is no meeting 'm8'"),
        ('["m7"]', '["m7", "m1"]', "line 12: meetings[0].after[1]: 'm1' can't be later than itself"),
        ("0.5", "-0.5", "line 14: meetings[2].score: Expected `float` >= 0"),
        ("0.5", "NaN", "line 14: JSON is malformed"),
        ("0.5", "0.5.5", "line 14: JSON is malformed"),
        ("[3, 4]", "[3, 9]", "line 4: sessions.afternoon[1]: slot 9 is beyond the last, 4"),
        ("[3, 4]", '"late"', "line 4: sessions.afternoon: Expected `array`, got `str`"),
        ('"max_gap_difference": 2', '"max_gap_difference": -1', "line 5: max_gap_difference: Expected `int` >= 0"),
    ],
)
def test_bad_file_names_line_and_field(old: str, new: str, says: str) -> None:
    assert EXAMPLE.count(old) == 1
    with pytest.raises(ProblemFileError) as caught:
        read(EXAMPLE.replace(old, new).encode())
    assert says in str(caught.value)


def test_tables_without_limit_are_a_great_number() -> None:
    assert read(EXAMPLE.replace('"tables": 2', '"tables": 1000000000000000000000').encode()).tables == 3


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "line 1: Input data was truncated"),
        (EXAMPLE[:120].encode(), "line 5: Input data was truncated"),
        (b'{"slots": 3,\n "tables": \xff}', "line 2: not UTF-8"),
        (b"[" * 100_000, "line 1"),
        (b"[]", "line 1: the file: Expected `object`, got `array`"),
        (b'{"slots": "x",\n "tables": 2,,}', "line 2: JSON is malformed"),
        (b'{"slots": ' + b"[" * 100_000, "line 1"),
        (b'{"tables":\n' + b"9" * 5_000 + b', "slots":\n"x"}', "line 2: tables"),
    ],
)
def test_file_that_is_no_json_names_the_line(raw: bytes, says: str) -> None:
    with pytest.raises(ProblemFileError) as caught:
        read(raw)
    assert says in str(caught.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ProblemFileError) as caught:
        read(EXAMPLE.replace('"p3"]', '"p8"]').replace('["m7"]', '["m8"]').encode())
    assert str(caught.value).count("\n") == 2


def test_bad_file_is_exit_code_2(tmp_path: Path) -> None:
    done = run(EXAMPLE.replace('"m7"]', '"m8"]'), tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "problem.json" in done.stderr
    assert "line 12: meetings[0].after[0]" in done.stderr


def test_missing_file_and_missing_folder_are_exit_code_2(tmp_path: Path) -> None:
    assert run(EXAMPLE, tmp_path, "--out", str(tmp_path / "no" / "plan.json")).returncode == 2
    command = [sys.executable, "-m", "events_app", "schedule", str(tmp_path / "none.json")]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60).returncode == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(found for step, inner in members for found in _paths(inner, (*path, step)))]


@given(JSON)
def test_line_of_every_value_is_the_line_where_it_begins(value: Any) -> None:
    text = json.dumps(value, indent=1)
    lines = text.splitlines()
    for path, inner in _paths(value):
        line = lines[line_of(text, path) - 1]
        begins = json.dumps(inner)[0] if isinstance(inner, dict | list) else msgspec.json.encode(inner).decode()[0]
        assert begins in line
        if path and isinstance(path[-1], str):
            assert line.strip().startswith(json.dumps(path[-1]))
