"""Reads the CSV files beside this package; nothing else here touches a disk."""

from __future__ import annotations

import csv
from importlib.resources import files
from io import StringIO

FOLDER = files(__package__) / "data"


def rows(name: str) -> list[dict[str, str]]:
    """The data rows of `data/<name>.csv` by column."""
    return list(csv.DictReader(StringIO(text(name), newline="")))


def text(name: str) -> str:
    return (FOLDER / f"{name}.csv").read_text("utf-8")
