"""What an event's people answered, for its desk: each question as it was asked, sensitive ones as numbers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from events_app.events import queries as event_queries
from events_app.events.queries import EventRow
from events_app.events.questions import CHOSEN
from events_app.events.schemas import Question
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import wordings
from events_app.registration.rules.wordings import Reading, Wordings
from events_app.registration.schemas import AnswerIn
from events_app.registration.service import answers

COUNTED = CHOSEN | {"yes_no"}


@dataclass(frozen=True)
class Line:
    """One answer and who gave it; for a question once per registration `who` is empty."""

    who: str
    organisation: str
    answer: AnswerIn


@dataclass
class Asked:
    """A question in one wording: `counts` for what is chosen and for what is sensitive, `lines` for all that is not."""

    question: Question
    is_earlier: bool
    is_sensitive: bool
    answered: int = 0
    counts: Counter[AnswerIn] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Unanswered:
    """Somebody, or (`who` empty) a registration, with required questions that are open."""

    who: str
    registration: RegistrationRow
    number: int


@dataclass(frozen=True)
class Report:
    asked: Sequence[Asked]
    unanswered: Sequence[Unanswered]

    @property
    def open(self) -> int:
        return sum(one.number for one in self.unanswered)


async def report(event: EventRow) -> Report:
    """The answers of everybody who has a place or waits for one, by question; those in force first, in their order."""
    known = await event_queries.wordings(event)
    registrations = [one for one in await queries.registrations_of_event(event.id) if one.status != "cancelled"]
    by_id = {registration.id: registration for registration in registrations}
    people = [one for one in await queries.live_attendees_of_event(event.id) if one.registration in by_id]
    found = {_wording(question, is_earlier=False): _asked(question, known) for question in event.public.questions}
    for line, reading in _readings(event, known, by_id, people):
        wording = _wording(reading.question, is_earlier=reading.is_earlier)
        _count(found.setdefault(wording, _asked(reading.question, known, is_earlier=reading.is_earlier)), line)
    return Report(sorted(found.values(), key=lambda one: one.is_earlier), list(_unanswered(event, by_id, people)))


async def open_number(event: EventRow) -> int:
    """How many required answers are missing; noughts are cheap where nothing is required."""
    if not any(question.required for question in event.public.questions):
        return 0
    return (await report(event)).open


def _readings(
    event: EventRow, known: Wordings, by_id: Mapping[UUID, RegistrationRow], people: Sequence[AttendeeRow]
) -> Iterator[tuple[Line, Reading]]:
    rows: list[tuple[str, RegistrationRow, RegistrationRow | AttendeeRow]] = [("", one, one) for one in by_id.values()]
    rows += [(person.name, by_id[person.registration], person) for person in people]
    for who, registration, row in rows:
        for reading in wordings.read(answers.answered(row), known, event.questions_version):
            yield Line(who, registration.organisation_name, reading.answer), reading


def _unanswered(
    event: EventRow, by_id: Mapping[UUID, RegistrationRow], people: Sequence[AttendeeRow]
) -> Iterator[Unanswered]:
    for registration in by_id.values():
        if number := len(answers.open_for_registration(event, registration)):
            yield Unanswered("", registration, number)
    for person in people:
        registration = by_id[person.registration]
        if number := len(answers.open_for_person(event, registration, person)):
            yield Unanswered(person.name, registration, number)


def _wording(question: Question, *, is_earlier: bool) -> tuple[object, ...]:
    """Answers to the same words stand together, whichever version they belong to."""
    return (question.key, question.label, question.type, tuple(question.options), question.per, is_earlier)


def _asked(question: Question, known: Wordings, *, is_earlier: bool = False) -> Asked:
    return Asked(question, is_earlier, _is_sensitive(question.key, known))


def _is_sensitive(key: str, known: Wordings) -> bool:
    """A question that was sensitive in any wording stays so."""
    return any(question.sensitive for questions in known.values() for question in questions if question.key == key)


def _count(asked: Asked, line: Line) -> None:
    asked.answered += 1
    if asked.is_sensitive or asked.question.type in COUNTED:
        asked.counts.update(line.answer if isinstance(line.answer, list) else [line.answer])
    if not asked.is_sensitive:
        asked.lines.append(line)
