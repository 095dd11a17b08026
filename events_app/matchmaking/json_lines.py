"""In which line of a JSON text a value stands, for errors that people can find."""

from __future__ import annotations

import json
from collections.abc import Sequence

Path = Sequence[str | int]
_BLANK = " \t\r\n"
_DECODER = json.JSONDecoder(parse_int=str)  # only places matter; Python refuses numbers of thousands of digits


def check(text: str) -> None:
    """Raises `json.JSONDecodeError` for a text that is no JSON, in which `line_of` would lose its way."""
    _DECODER.decode(text)


def line_of(text: str, path: Path) -> int:
    """The line (from 1) of the value at the path, or of the innermost value around it that is there."""
    return text.count("\n", 0, _position(text, path)) + 1


def spelled(path: Path) -> str:
    """`meetings[3].slot`, with places counted from 0 as in JSON pointers; `the file` for the whole."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".") or "the file"


def _position(text: str, path: Path) -> int:
    at = _skip(text, 0)
    for step in path:
        inner = _member(text, at, step) if isinstance(step, str) else _item(text, at, step)
        if inner is None:
            break
        at = inner
    return at


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _member(text: str, at: int, name: str) -> int | None:
    """Where the value of a member begins; the last one counts where a name stands twice, as for JSON readers."""
    found = None
    at = _skip(text, at + 1) if text[at] == "{" else len(text)
    while at < len(text) and text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        found = at if key == name else found
        at = _next(text, at)
    return found


def _item(text: str, at: int, number: int) -> int | None:
    at = _skip(text, at + 1) if text[at] == "[" else len(text)
    for _ in range(number):
        at = _next(text, at) if at < len(text) and text[at] != "]" else len(text)
    return at if at < len(text) and text[at] != "]" else None


def _next(text: str, at: int) -> int:
    """Behind the value that begins here, and the comma after it."""
    at = _skip(text, _DECODER.raw_decode(text, at)[1])
    return _skip(text, at + 1) if text[at : at + 1] == "," else at
