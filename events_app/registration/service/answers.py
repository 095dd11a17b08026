"""Answers after the registration was made: to questions that came later, in other words than before, or by oneself.

Nobody is blocked by a question that is new: it stays open until somebody answers it, and the desk sees how many are.
What an attendee answers to a sensitive question (health, diet, access) is theirs: from then on the contact neither sees
nor changes it. A week after the event's end sensitive answers are deleted, whoever gave them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from events_app.events import queries as event_queries
from events_app.events.queries import EventRow
from events_app.events.questions import NOTHING, fits
from events_app.events.schemas import Question
from events_app.kit import clock, db
from events_app.kit.errors import FieldError, Invalid
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import answers as rules
from events_app.registration.rules import seats, wordings
from events_app.registration.rules.entry import Asked, tidied_answers
from events_app.registration.rules.wordings import Answered, Wordings
from events_app.registration.schemas import Answers

SENSITIVE_KEPT = timedelta(days=7)
"""After an event's end: such answers are asked for that day alone."""


@dataclass(frozen=True)
class OwnEdit:
    """An edit by the attendee; `forgotten`: keys of own answers to be deleted. Those not sent otherwise stay."""

    forgotten: Collection[str] = ()


def answered(row: RegistrationRow | AttendeeRow) -> Answered:
    return Answered(row.answers, row.answers_version, row.earlier_answers)


def context_of(event: EventRow, registration: RegistrationRow) -> Answers:
    """The registration's answers as far as they count for what its people are asked."""
    questions = rules.of(event.public.questions, "registration")
    return rules.kept(wordings.still_fitting(answered(registration), questions), questions)


def open_for_registration(event: EventRow, registration: RegistrationRow) -> list[Question]:
    questions = rules.of(event.public.questions, "registration")
    return rules.open_questions(questions, registration.answers)


def open_for_person(event: EventRow, registration: RegistrationRow, person: AttendeeRow) -> list[Question]:
    """Required questions that this person has not answered; none for people who don't come."""
    if person.status not in seats.LIVE:
        return []
    questions = rules.of(event.public.questions, "attendee")
    return rules.open_questions(questions, person.answers, context_of(event, registration))


async def open_questions_of(attendee_id: UUID) -> int:
    """How many required questions this person has not answered; for their ticket's page, which lies below this room."""
    found = await queries.attendees_by_id([attendee_id])
    registration = await queries.registration(found[0].registration) if found else None
    event = None if registration is None else await event_queries.by_id(registration.event)
    return 0 if registration is None or event is None else len(open_for_person(event, registration, found[0]))


@dataclass(frozen=True)
class Edit:
    """A person's answers as they will stand, what they are checked against, and what was refused beforehand."""

    answers: Answers
    asked: Asked
    own: Sequence[str]
    refused: Sequence[FieldError] = ()


def edit_of_person(
    event: EventRow, registration: RegistrationRow, person: AttendeeRow, sent: Answers, own: OwnEdit | None = None
) -> Edit:
    """What becomes of a person's answers when these are sent in their place, by others or (`own`) by that person."""
    questions = rules.of(event.public.questions, "attendee")
    context = context_of(event, registration)
    asked = Asked(questions, context, _open_keys(questions, person.answers, context))
    sent = _without_echo(sent, person, questions)
    theirs = _own_answers(person, questions, () if own is None else own.forgotten)
    if own is not None:
        theirs = {key: answer for key, answer in theirs.items() if sent.get(key) in NOTHING}
    refused = [_not_theirs(key) for key in sent if key in theirs and own is None]
    sent = {key: answer for key, answer in sent.items() if key not in theirs}
    still_asked = rules.kept({**sent, **theirs}, questions, context)
    answers = {**sent, **{key: answer for key, answer in theirs.items() if key in still_asked}}
    private = {question.key for question in questions if question.sensitive} if own else set(theirs)
    return Edit(answers, asked, [key for key in answers if key in private and answers[key] not in NOTHING], refused)


def _not_theirs(key: str) -> FieldError:
    return FieldError(f"/answers/{key}", "answered_by_attendee", "This person has answered this themselves.")


def applied(edit: Edit, person: AttendeeRow, event: EventRow, wordings_: Wordings) -> AttendeeRow:
    """The person with checked answers; empty ones are not kept."""
    answers = rules.kept(edit.answers, edit.asked.questions, edit.asked.context)
    after = wordings.edited(answered(person), answers, wordings_, event.questions_version)
    return replace(
        person,
        answers=after.answers,
        answers_version=after.version,
        earlier_answers=after.earlier,
        own_answers=edit.own,
    )


async def change_of_registration(event: EventRow, registration: RegistrationRow, sent: Answers) -> dict[str, Any]:
    """Columns of a registration whose own answers are replaced. Raises `Invalid`."""
    questions = rules.of(event.public.questions, "registration")
    sent = _without_echo(tidied_answers(sent), registration, questions)
    open_before = _open_keys(questions, registration.answers, {})
    if errors := list(rules.answer_problems(sent, questions, "/answers", may_stay_open=open_before)):
        raise Invalid(errors=errors)
    known = await event_queries.wordings(event)
    after = wordings.edited(answered(registration), rules.kept(sent, questions), known, event.questions_version)
    return {
        "answers": db.as_json(after.answers),
        "answers_version": after.version,
        "earlier_answers": db.as_json(after.earlier),
    }


async def drop_unasked(event: EventRow, registration: RegistrationRow) -> None:
    """Delete what people said to questions that are no longer asked, now that the registration answers otherwise."""
    questions = rules.of(event.public.questions, "attendee")
    known, context = {question.key for question in questions}, context_of(event, registration)
    for person in await queries.attendees(registration.id):
        asked = {question.key for question in rules.asked(questions, person.answers, context)}
        left = {key: answer for key, answer in person.answers.items() if key in asked or key not in known}
        if left != person.answers:
            await queries.update_attendee(person.id, {"answers": db.as_json(left)})


async def forget_sensitive_answers() -> None:
    """Delete answers about health, diet and access a week after their event's end, whatever wording they were given to.

    An event is swept once, and again if it is changed later: then another question may be a sensitive one.
    """
    now = clock.now()
    async with db.transaction():
        rows = await db.fetch(
            """SELECT id FROM event WHERE ends_at <= $1 AND (answers_swept_at IS NULL OR answers_swept_at < updated_at)
               ORDER BY id FOR UPDATE SKIP LOCKED""",
            now - SENSITIVE_KEPT,
        )
        for table in ("attendee", "registration"):
            await db.execute(_forget(table), [row["id"] for row in rows])
        await db.execute(
            "UPDATE event SET answers_swept_at = $2 WHERE id = ANY($1::uuid[])", [row["id"] for row in rows], now
        )


_SENSITIVE = """
  SELECT asked.event, array_agg(DISTINCT q ->> 'key') AS keys
  FROM (SELECT id AS event, questions FROM event WHERE id = ANY($1::uuid[])
        UNION ALL SELECT event, questions FROM question_version WHERE event = ANY($1::uuid[])) AS asked,
    jsonb_array_elements(asked.questions) AS q
  WHERE (q ->> 'sensitive')::boolean GROUP BY asked.event
"""


def _forget(table: str) -> str:
    earlier = "(SELECT coalesce(jsonb_agg(e), '[]') FROM jsonb_array_elements(a.earlier_answers) AS e"
    return f"""UPDATE {table} a SET answers = a.answers - s.keys,
        earlier_answers = {earlier} WHERE e ->> 'key' <> ALL(s.keys))
      FROM ({_SENSITIVE}) AS s WHERE a.event = s.event
        AND (a.answers ?| s.keys OR a.earlier_answers <> '[]')"""  # noqa: S608 - own names


def _without_echo(sent: Answers, row: RegistrationRow | AttendeeRow, questions: Sequence[Question]) -> Answers:
    """Whoever sends back what is stored may send answers to questions that are gone by now; those stay as they are."""
    known = {question.key for question in questions}
    return {key: answer for key, answer in sent.items() if key in known or row.answers.get(key, ...) != answer}


def _own_answers(person: AttendeeRow, questions: Sequence[Question], forgotten: Collection[str]) -> Answers:
    """What this person answered alone and has not taken back, as far as it still fits."""
    by_key = {question.key: question for question in questions}
    return {
        key: person.answers[key]
        for key in person.own_answers
        if key in person.answers and key in by_key and key not in forgotten and fits(by_key[key], person.answers[key])
    }


def _open_keys(questions: Sequence[Question], answers: Answers, context: Answers) -> set[str]:
    return {question.key for question in rules.open_questions(questions, answers, context)}
