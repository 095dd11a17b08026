"""Repeating a recorded request's statements, each time about somebody new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any
from uuid import UUID, uuid4

import asyncpg

RESET = "pg_advisory_unlock_all"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHORT_CODE = re.compile(r"[0-9A-Z]{8}")

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Recording:
    """One request's statements with their values, and the body of its answer."""

    statements: Sequence[tuple[str, tuple[Any, ...]]]
    answer: bytes


@dataclass(frozen=True)
class Script:
    """Two recordings of one kind of request.

    `marks` are the words that made the two bodies different. `rows` are stored things that requests are about: each
    repetition takes the next `per_request`; the first recording was about the first of them, the second about the
    next.
    """

    first: Recording
    second: Recording
    marks: tuple[str, str] = ("", "")
    rows: Sequence[Row] = ()
    per_request: int = 0


@dataclass(frozen=True)
class Fresh:
    """What one repetition fills in."""

    ids: Sequence[UUID]
    number: str
    rows: Sequence[Row]


Maker = Callable[[Fresh], Any]


class NotRepeatableError(Exception):
    """A value differs between two recordings, and nothing says why."""


class Replay:
    """Sends a script's statements as often as asked for."""

    def __init__(self, script: Script) -> None:
        compiler = _Compiler(script)
        firsts, seconds = script.first.statements, script.second.statements
        assert [sql for sql, _ in firsts] == [sql for sql, _ in seconds], "two requests, two ways"
        self.statements = [
            (sql, [compiler.maker(*pair) for pair in zip(args, others, strict=True)])
            for (sql, args), (_, others) in zip(firsts, seconds, strict=True)
            if RESET not in sql  # a pool sends it by itself when it gets a connection back
        ]
        self.answer = script.first.answer
        self.new_ids = len(compiler.ids)
        self.numbers = count(10_000_000)
        self.rows: Iterator[Row] = cycle(script.rows)
        self.per_request = script.per_request

    async def once(self, pool: asyncpg.Pool) -> bytes:
        fresh = Fresh(
            [uuid4() for _ in range(self.new_ids)],
            str(next(self.numbers)),
            [next(self.rows) for _ in range(self.per_request)],
        )
        async with pool.acquire() as connection:
            for sql, makers in self.statements:
                if makers:
                    await connection.fetch(sql, *[make(fresh) for make in makers])
                else:
                    await connection.execute(sql)
        return self.answer


@dataclass
class _Compiler:
    script: Script
    ids: dict[UUID, int] = field(default_factory=dict)
    given: dict[Any, tuple[int, int, Any]] = field(init=False)

    def __post_init__(self) -> None:
        rows, many = self.script.rows, self.script.per_request
        self.given = {
            value: (place, column, rows[many + place][column])
            for place, row in enumerate(rows[:many])
            for column, value in enumerate(row)
        }

    def maker(self, first: Any, second: Any) -> Maker:
        """What makes a value like these two. Raises `NotRepeatableError`."""
        if first == second:
            return lambda _: first
        if isinstance(first, list):
            items = [self.maker(*pair) for pair in zip(first, second, strict=True)]
            return lambda fresh: [item(fresh) for item in items]
        if first in self.given and self.given[first][2] == second:
            place, column, _ = self.given[first]
            return lambda fresh: fresh.rows[place][column]
        if isinstance(first, UUID):
            number = self._id(first)
            return lambda fresh: fresh.ids[number]
        if isinstance(first, str):
            return self._text(first, second)
        raise NotRepeatableError(f"{first!r} / {second!r}")

    def _id(self, value: UUID) -> int:
        return self.ids.setdefault(value, len(self.ids))

    def _text(self, first: str, second: str) -> Maker:
        for pattern in (_DIGEST, _SHORT_CODE):
            if pattern.fullmatch(first) and pattern.fullmatch(second):
                return self._digest(len(first))
        if self._bare(first, 0) != self._bare(second, 1):
            raise NotRepeatableError(f"{first!r} / {second!r}")
        numbers = [self._id(UUID(found)) for found in _ID.findall(first)]
        frame = _ID.sub("{}", first.replace("{", "{{").replace("}", "}}"))
        if self.script.marks[0]:
            frame = frame.replace(self.script.marks[0], "{number}")
        return lambda fresh: frame.format(*(fresh.ids[number] for number in numbers), number=fresh.number)

    def _digest(self, length: int) -> Maker:
        """A short code must be unique, and so must a person's digest, of which there are several in a request."""
        if length == 8:
            place = self._id(uuid4())
            return lambda fresh: fresh.ids[place].hex[:8].upper()
        places = self._id(uuid4()), self._id(uuid4())
        return lambda fresh: fresh.ids[places[0]].hex + fresh.ids[places[1]].hex

    def _bare(self, text: str, which: int) -> str:
        mark = self.script.marks[which]
        bare = _ID.sub("ID", text)
        return bare.replace(mark, "MARK") if mark else bare
