"""Every benchmark runs and leaves the figures it promises. How fast it was is not looked at here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
NAMES = (
    "registration",
    "registration-waiting",
    "scan",
    "scan-batch",
    "event-page",
    "seats",
    "statements",
    "memory",
    "mail-drain",
    "mail-drain-tickets",
    "feed",
    "matching-select",
    "matching-score",
    "schedule-loose",
    "join",
)
FIGURES = (
    *(name for name in NAMES if name not in ("schedule-loose", "join")),
    "join-dropped",
    "join-full-moved",
    "schedule-100x40x12",
    "feed-304",
    "matching-select-memory",
)

COUNTED = ("pairs", "meetings")
"""How many were dropped or moved: none is the best there is."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("benchmarks") / "latest.json"
    out.write_text('{"kept": {"ours": 1, "baseline": 1, "ratio": 1, "unit": "", "note": ""}}')
    done = run("--quick", "--out", str(out), *NAMES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(name in done.stdout for name in NAMES)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_figure_has_the_promised_shape(figures: dict[str, Any], name: str) -> None:
    figure = figures[name]

    assert set(figure) == {"ours", "baseline", "ratio", "unit", "note"}
    assert figure["ours"] > 0 or figure["unit"] in COUNTED
    assert figure["ratio"] == pytest.approx(figure["ours"] / figure["baseline"], rel=0.02)
    assert isinstance(figure["unit"], str)
    assert isinstance(figure["note"], str)


@pytest.mark.slow
def test_figures_of_benchmarks_that_were_not_run_stay(figures: dict[str, Any]) -> None:
    assert figures["kept"]["ours"] == 1


@pytest.mark.slow
def test_rush_gives_each_seat_once(figures: dict[str, Any]) -> None:
    assert "100 confirmed, 300 waiting" in figures["registration-waiting"]["note"]


def test_unknown_benchmark_is_refused_with_the_known_names() -> None:
    done = run("speed")

    assert done.returncode == 2
    assert all(name in done.stderr for name in NAMES)
