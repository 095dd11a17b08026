"""What was answered in which words, and what is open: for the contact's page and for the attendee's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from events_app.events import queries as event_queries
from events_app.events.queries import EventRow
from events_app.events.questions import words
from events_app.kit.i18n import Language
from events_app.registration import answer_forms, queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import wordings
from events_app.registration.service import answers


@dataclass(frozen=True)
class Told:
    """One answer in the reader's language; `is_earlier`: the question asks something else now, or is gone."""

    question: str
    answer: str
    is_earlier: bool


@dataclass(frozen=True)
class Open:
    """Required questions that nobody has answered: those once per registration, and those of each person."""

    registration: int
    people: Mapping[UUID, int]

    @property
    def all(self) -> int:
        return self.registration + sum(self.people.values())


async def open_of(event: EventRow, registration: RegistrationRow) -> Open:
    people = await queries.attendees(registration.id)
    per_person = {person.id: len(answers.open_for_person(event, registration, person)) for person in people}
    in_registration = (
        len(answers.open_for_registration(event, registration)) if registration.status != "cancelled" else 0
    )
    return Open(in_registration, {id_: number for id_, number in per_person.items() if number})


async def told_of_registration(event: EventRow, registration: RegistrationRow, language: Language) -> list[Told]:
    return await _told(event, registration, language)


async def told_of_person(event: EventRow, person: AttendeeRow, language: Language) -> list[Told]:
    """Without what the person answered alone: the address of their page is known to whoever registered them."""
    return await _told(event, person, language, person.own_answers)


async def _told(
    event: EventRow, row: RegistrationRow | AttendeeRow, language: Language, hidden: Collection[str] = ()
) -> list[Told]:
    known = await event_queries.wordings(event)
    return [
        Told(
            words(reading.question, language).label,
            answer_forms.told(reading.question, reading.answer, language),
            reading.is_earlier,
        )
        for reading in wordings.read(answers.answered(row), known, event.questions_version)
        if reading.question.key not in hidden
    ]
