"""Figures: ours beside a baseline of the same run, as a table and as `latest.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")
LATEST = Path(__file__).with_name("latest.json")


@dataclass(frozen=True)
class Pace:
    """How long everything takes: each comparison is made `rounds` times; memory is weighed after so many `mails`.

    `drained` mails are owed at once.
    """

    rounds: int = 3
    seconds: float = 2.0
    clients: tuple[int, ...] = (1, 8, 32)
    mails: int = 60
    drained: int = 10_000

    @property
    def usual_clients(self) -> int:
        return 8 if 8 in self.clients else self.clients[-1]


QUICK = Pace(rounds=1, seconds=0.3, clients=(2,), mails=3, drained=100)
"""Shows that everything runs; its numbers mean nothing."""


@dataclass(frozen=True)
class Figure:
    """`ratio` is ours / baseline: the median of the rounds' ratios, as the two were measured side by side."""

    name: str
    ours: float
    baseline: float
    ratio: float
    unit: str
    note: str = ""

    @classmethod
    def of(cls, name: str, pairs: Sequence[tuple[float, float]], unit: str, note: str = "") -> Figure:
        ours, baseline = (median(column) for column in zip(*pairs, strict=True))
        ratio = median(one / other for one, other in pairs)
        return cls(name, _short(ours), _short(baseline), round(ratio, 3), unit, note)


def side_by_side(number: int, ours: Callable[[], T], baseline: Callable[[], T]) -> tuple[T, T]:
    """Measure both in round `number`; who goes first takes turns, so that a drift of the machine favours nobody."""
    if number % 2:
        second = baseline()
        return ours(), second
    return ours(), baseline()


def table(figures: Sequence[Figure]) -> str:
    head = ("what", "ours", "baseline", "ratio", "unit", "note")
    rows = [(f.name, f"{f.ours:g}", f"{f.baseline:g}", f"{f.ratio:.2f}", f.unit, f.note) for f in figures]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(5)]
    return "\n".join(_line(row, widths) for row in [head, *rows])


def write(figures: Sequence[Figure], path: Path) -> None:
    """Put these figures into the file; those of benchmarks that were not run stay."""
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for figure in figures:
        values = asdict(figure)
        known[values.pop("name")] = values
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    words = {0, 4}
    cells = [row[n].ljust(width) if n in words else row[n].rjust(width) for n, width in enumerate(widths)]
    return "  ".join([*cells, row[5]]).rstrip()


def _short(number: float) -> float:
    """Three or more digits that count, so that the ratio can be checked by hand."""
    return float(f"{number:.4g}") if number < 10 else round(number, 1)
