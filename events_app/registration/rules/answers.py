"""Answers to an event's questions: required ones, of the right kind, and only to questions that were shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from events_app.events.schemas import Question
from events_app.kit.errors import FieldError

MAX_ANSWER = 5000
MAX_NUMBER = 1e15
"""Beyond it neighbouring numbers can't be told apart in a sheet."""


def answer_problems(answers: Mapping[str, object], questions: Sequence[Question], at: str) -> Iterator[FieldError]:
    """What is wrong with the answers to these questions; `at` is the pointer of the answers."""
    known = {question.key for question in questions}
    for key in answers:
        if key not in known:
            yield FieldError(f"{at}/{key}", "unknown_question", "This event does not ask this.")
    for question in questions:
        if is_shown(question, answers):
            yield from _one(question, answers.get(question.key), f"{at}/{question.key}")


def is_shown(question: Question, answers: Mapping[str, object]) -> bool:
    """Whether the question is asked, given the other answers; for several choices one equal choice is enough."""
    if question.show_if is None:
        return True
    given = answers.get(question.show_if.key)
    return given == question.show_if.equals or (isinstance(given, list) and question.show_if.equals in given)


def _one(question: Question, answer: object, at: str) -> Iterator[FieldError]:
    if answer in (None, "", []):
        if question.required:
            yield FieldError(at, "required", "Please answer this question.")
    elif not _FITS[question.type](answer, question.options):
        yield FieldError(at, "invalid_answer", "This answer does not fit the question.")


def _is_date(answer: object) -> bool:
    """As a date field sends it: Python would take week dates and dates without hyphens too."""
    try:
        return isinstance(answer, str) and date.fromisoformat(answer).isoformat() == answer
    except ValueError:
        return False


def _is_number(answer: object) -> bool:
    return isinstance(answer, int | float) and not isinstance(answer, bool) and abs(answer) <= MAX_NUMBER


def _is_text(answer: object, _: Sequence[str]) -> bool:
    return isinstance(answer, str) and len(answer) <= MAX_ANSWER


_FITS: dict[str, Callable[[object, Sequence[str]], bool]] = {
    "text": _is_text,
    "long_text": _is_text,
    "choice": lambda answer, options: answer in options,
    "choices": lambda answer, options: isinstance(answer, list) and all(choice in options for choice in answer),
    "number": lambda answer, _: _is_number(answer),
    "date": lambda answer, _: _is_date(answer),
    "yes_no": lambda answer, _: isinstance(answer, bool),
}
