"""Reads the file of `clustertreff schedule` (docs/schedule-file.md); tells line and field of all that is wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from events_app.matchmaking.json_lines import Path, check, line_of, spelled
from events_app.matchmaking.rules.schedule.values import Attendance, Meeting, Problem

MOST_SLOTS = 2_000
SHOWN = 20  # errors told at once

Id = Annotated[str, Meta(min_length=1)]
Slot = Annotated[int, Meta(ge=1, le=MOST_SLOTS)]
Score = Annotated[float, Meta(ge=0, le=1e12)]

_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*?)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_FIELD = re.compile(r"field `([^`]*)`")
_BYTE = re.compile(r"\(byte (\d+)\)")


class ProblemFileError(Exception):
    """The file is no problem: one line for each thing wrong, with its line and field."""


class ParticipantIn(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    unavailable: list[Slot] | None = None
    parallel: Annotated[int, Meta(ge=1)] | None = None


class MeetingIn(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    between: tuple[Id, Id]
    session: str | None = None
    slot: Slot | None = None
    after: list[Id] | None = None
    required: bool | None = None
    score: Score | None = None


class ProblemIn(msgspec.Struct, forbid_unknown_fields=True):
    slots: Slot
    tables: Annotated[int, Meta(ge=1)]
    participants: list[ParticipantIn]
    meetings: list[MeetingIn]
    sessions: dict[str, Any] | None = None  # read one by one, for their names in errors
    max_gap_difference: Annotated[int, Meta(ge=0)] | None = None


Wrong = tuple[Path, str]


def read(raw: bytes) -> Problem:
    """The problem in a JSON file; raises `ProblemFileError`."""
    text = _text(raw)
    try:
        entered = _entered(text)
    except msgspec.DecodeError as error:
        raise ProblemFileError(f"line {_line_of_byte(text, str(error))}: {error}") from error
    except JSONDecodeError as error:
        raise ProblemFileError(f"line {error.lineno}: JSON is malformed: {error.msg}") from error
    except RecursionError as error:
        raise ProblemFileError("line 1: nested too deeply") from error
    sessions = _sessions(text, entered)
    wrong = [*_wrong_participants(entered), *_wrong_meetings(entered)]
    if wrong:
        raise ProblemFileError(_told(text, wrong))
    return _problem(entered, sessions)


def _entered(text: str) -> ProblemIn:
    try:
        return msgspec.json.decode(text, type=ProblemIn)
    except msgspec.ValidationError as error:
        check(text)  # a field is wrong; what follows it may be no JSON, where no line could be found
        raise ProblemFileError(_told(text, [_where(str(error))])) from error


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ProblemFileError(f"line {line}: not UTF-8 (byte {error.start})") from error


def _told(text: str, wrong: list[Wrong]) -> str:
    lines = [f"line {line_of(text, path)}: {spelled(path)}: {what}" for path, what in wrong[:SHOWN]]
    more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
    return "\n".join([*lines, *more])


def _where(message: str) -> Wrong:
    """Path and wording of a msgspec error; a field that is unknown or missing becomes part of the path."""
    found = _AT.match(message)
    what, at = (found["what"], found["path"] or "") if found else (message, "")
    path: list[str | int] = [name or int(number) for name, number in _STEP.findall(at)]
    field = _FIELD.search(what)
    return ([*path, field[1]] if field else path), what


def _line_of_byte(text: str, message: str) -> int:
    found = _BYTE.search(message)
    before = text.encode()[: int(found[1])] if found else text.rstrip().encode()
    return before.count(b"\n") + 1


def _sessions(text: str, entered: ProblemIn) -> dict[str, frozenset[int]]:
    sessions: dict[str, frozenset[int]] = {}
    for name, slots in (entered.sessions or {}).items():
        try:
            sessions[name] = frozenset(msgspec.convert(slots, list[Slot]))
        except msgspec.ValidationError as error:
            path, what = _where(str(error))
            raise ProblemFileError(_told(text, [(["sessions", name, *path], what)])) from error
        wrong: list[Wrong] = list(_beyond(entered.slots, ["sessions", name], slots))
        if wrong:
            raise ProblemFileError(_told(text, wrong))
    return sessions


def _beyond(last: int, path: Path, slots: list[int]) -> Iterator[Wrong]:
    for place, slot in enumerate(slots):
        if slot > last:
            yield [*path, place], f"slot {slot} is beyond the last, {last}"


def _twice(field: str, ids: list[str]) -> Iterator[Wrong]:
    seen: Counter[str] = Counter()
    for place, one in enumerate(ids):
        seen[one] += 1
        if seen[one] > 1:
            yield [field, place, "id"], f"{one!r} stands twice"


def _wrong_participants(entered: ProblemIn) -> Iterator[Wrong]:
    yield from _twice("participants", [one.id for one in entered.participants])
    for place, one in enumerate(entered.participants):
        yield from _beyond(entered.slots, ["participants", place, "unavailable"], one.unavailable or [])


def _wrong_meetings(entered: ProblemIn) -> Iterator[Wrong]:
    yield from _twice("meetings", [one.id for one in entered.meetings])
    people = {one.id for one in entered.participants}
    meetings = {one.id for one in entered.meetings}
    for place, one in enumerate(entered.meetings):
        path: list[str | int] = ["meetings", place]
        for side, name in enumerate(one.between):
            if name not in people:
                yield [*path, "between", side], f"there is no participant {name!r}"
        if one.between[0] == one.between[1]:
            yield [*path, "between"], f"{one.between[0]!r} can't meet itself"
        if one.session is not None and one.session not in (entered.sessions or {}):
            yield [*path, "session"], f"there is no session {one.session!r}"
        if one.slot is not None:
            yield from (([*path, "slot"], what) for _, what in _beyond(entered.slots, path, [one.slot]))
        for number, other in enumerate(one.after or []):
            if other not in meetings:
                yield [*path, "after", number], f"there is no meeting {other!r}"
            elif other == one.id:
                yield [*path, "after", number], f"{other!r} can't be later than itself"


def _problem(entered: ProblemIn, sessions: dict[str, frozenset[int]]) -> Problem:
    return Problem(
        slots=entered.slots,
        tables=min(entered.tables, max(len(entered.meetings), 1)),  # no plan needs more, whatever "no limit" is spelled
        participants=tuple(
            Attendance(one.id, frozenset(one.unavailable or ()), one.parallel or 1) for one in entered.participants
        ),
        meetings=tuple(map(_meeting, entered.meetings)),
        sessions=sessions,
        max_gap_difference=entered.max_gap_difference,
    )


def _meeting(entered: MeetingIn) -> Meeting:
    return Meeting(
        id=entered.id,
        between=entered.between,
        session=entered.session,
        slot=entered.slot,
        after=tuple(entered.after or ()),
        required=entered.required is not False,
        score=1.0 if entered.score is None else entered.score,
    )
