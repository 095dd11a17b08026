"""Answers and the wording they were given to, when an event's questions change after people have answered.

`answers` belong to the questions of one version, `answers_version`. Whoever edits them sees the questions in force, and
their new answers belong to those; what finds no place there any more (the question was removed, or asks something
else) goes to `earlier`, with the version it belongs to. So nothing anybody said is lost or shown under other words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from events_app.events.questions import NOTHING, fits
from events_app.events.schemas import Question
from events_app.registration.schemas import AnswerIn, Answers

Wordings = Mapping[int, Sequence[Question]]
"""An event's questions by version, those in force too."""


class Earlier(Struct, frozen=True):
    """An answer to a question that was changed or removed since."""

    version: int
    key: str
    answer: AnswerIn


@dataclass(frozen=True)
class Answered:
    """What somebody answers, as it is stored."""

    answers: Answers
    version: int
    earlier: Sequence[Earlier] = ()


@dataclass(frozen=True)
class Reading:
    """One answer with the question as it was asked; `is_earlier`: it asks something else now, or is gone."""

    question: Question
    answer: AnswerIn
    version: int
    is_earlier: bool


def asks_the_same(before: Question, after: Question | None) -> bool:
    """Whether an answer to the one means the same for the other; its label may be worded better."""
    return after is not None and (before.type, before.options, before.per) == (after.type, after.options, after.per)


def read(answered: Answered, wordings: Wordings, current: int) -> list[Reading]:
    """All of somebody's answers in the order of their questions, those to earlier wordings last."""
    now = {question.key: question for question in wordings[current]}
    found = [
        Reading(question, answer, version, not asks_the_same(question, now.get(question.key)))
        for question, answer, version in _all(answered, wordings)
        if answer not in NOTHING
    ]
    return sorted(found, key=lambda reading: reading.is_earlier)


def edited(before: Answered, answers: Answers, wordings: Wordings, current: int) -> Answered:
    """The new answers to the questions in force, and beside them what they have no place for."""
    now = {question.key: question for question in wordings[current]}
    gone = [
        Earlier(before.version, question.key, answer)
        for question, answer, _ in _given(before.answers, before.version, wordings)
        if answer not in NOTHING and not _has_place(question, answer, now.get(question.key))
    ]
    known = {(each.version, each.key) for each in gone}
    return Answered(answers, current, [*(e for e in before.earlier if (e.version, e.key) not in known), *gone])


def still_fitting(answered: Answered, questions: Sequence[Question]) -> Answers:
    """The answers that can stay as they are; with them a form starts."""
    given = answered.answers
    return {q.key: given[q.key] for q in questions if q.key in given and fits(q, given[q.key])}


def _has_place(before: Question, answer: AnswerIn, after: Question | None) -> bool:
    return after is not None and (before.type, before.per) == (after.type, after.per) and fits(after, answer)


def _all(answered: Answered, wordings: Wordings) -> Iterator[tuple[Question, AnswerIn, int]]:
    yield from _given(answered.answers, answered.version, wordings)
    for one in answered.earlier:
        yield from _given({one.key: one.answer}, one.version, wordings)


def _given(answers: Answers, version: int, wordings: Wordings) -> Iterator[tuple[Question, AnswerIn, int]]:
    for question in wordings.get(version, ()):
        if question.key in answers:
            yield question, answers[question.key], version
