"""How long and how many: what the rules of events and of their questions check alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from events_app.kit.errors import FieldError

MAX_LINE = 200
REQUIRED = "Please fill this in."


def named(at: str, text: str) -> Iterator[FieldError]:
    if not text:
        yield FieldError(at, "required", REQUIRED)
    yield from long(at, text, MAX_LINE)


def long(at: str, text: str | None, most: int) -> Iterator[FieldError]:
    if text and len(text) > most:
        yield FieldError(at, "too_long", "Please use at most %(most)s characters.", {"most": most})


def many(at: str, rows: Sequence[object], most: int) -> Iterator[FieldError]:
    if len(rows) > most:
        yield FieldError(at, "too_many", "Please enter at most %(most)s rows.", {"most": most})
