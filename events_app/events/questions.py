"""An event's own questions: what an answer to each may be, in which words it is asked, what is wrong with an entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from events_app.events import limits
from events_app.events.schemas import Answer, Question, QuestionText
from events_app.kit.errors import FieldError
from events_app.kit.text import one_line

MAX_QUESTIONS = 40
MAX_OPTIONS = 100
MAX_HELP = 500
MAX_ANSWER = 5000
MAX_NUMBER = 1e15
"""Beyond it neighbouring numbers can't be told apart in a sheet."""
CHOSEN = frozenset({"choice", "choices"})
NOTHING: tuple[object, ...] = (None, "", [])
"""What stands for "not answered"."""


@dataclass(frozen=True)
class Words:
    """A question as it is asked in one language; `options`: (the answer that is stored, its text)."""

    label: str
    help: str
    options: Sequence[tuple[str, str]]

    def of(self, option: str) -> str:
        """The text of an option; one that is no longer offered speaks for itself."""
        return dict(self.options).get(option, option)


def words(question: Question, language: str) -> Words:
    """The question in the reader's language, else in the event's own words, part by part."""
    text = next((text for known, text in question.translations.items() if known == language), QuestionText())
    options = text.options or question.options
    return Words(
        text.label or question.label,
        text.help or question.help,
        list(zip(question.options, options, strict=len(options) == len(question.options))),
    )


def fits(question: Question, answer: object) -> bool:
    """Whether this can be an answer; nothing fits as "not answered"."""
    return answer in NOTHING or _FITS[question.type](answer, question.options)


def is_met(asked: Mapping[str, object], question: Question) -> bool:
    """Whether the question's condition holds among answers to questions that were asked themselves.

    For several choices one equal choice is enough.
    """
    if question.show_if is None:
        return True
    given, wanted = asked.get(question.show_if.key), question.show_if.equals
    return given == wanted or (isinstance(given, list) and wanted in given)


def tidied(question: Question) -> Question:
    condition = question.show_if and replace(question.show_if, equals=_tidied_answer(question.show_if.equals))
    return replace(
        question,
        label=one_line(question.label),
        help=one_line(question.help),
        options=_tidied_lines(question.options),
        show_if=condition,
        translations={
            language: text
            for language, given in question.translations.items()
            if (text := _tidied_text(given)) != QuestionText()
        },
    )


def _tidied_text(text: QuestionText) -> QuestionText:
    return QuestionText(one_line(text.label), one_line(text.help), _tidied_lines(text.options))


def _tidied_lines(lines: Sequence[str]) -> list[str]:
    return [tidy for line in lines if (tidy := one_line(line))]


def _tidied_answer(answer: Answer) -> Answer:
    if isinstance(answer, list):
        return [one_line(each) for each in answer]
    return one_line(answer) if isinstance(answer, str) else answer


def problems(questions: Sequence[Question]) -> Iterator[FieldError]:
    """What is wrong with an event's tidied questions."""
    keys = [question.key for question in questions]
    yield from limits.many("/questions", keys, MAX_QUESTIONS)
    for index, question in enumerate(questions):
        at = f"/questions/{index}"
        if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", question.key) is None or keys.count(question.key) > 1:
            yield FieldError(f"{at}/key", "invalid_key", "Each question needs a key of its own: a-z, 0-9 and _.")
        yield from limits.named(f"{at}/label", question.label)
        yield from limits.long(f"{at}/help", question.help, MAX_HELP)
        yield from _options(f"{at}/options", question)
        yield from _condition(f"{at}/show_if", question, questions[:index])
        yield from _translations(f"{at}/translations", question)


def _options(at: str, question: Question) -> Iterator[FieldError]:
    if question.type in CHOSEN and not question.options:
        yield FieldError(at, "required", "Please give at least one option.")
    if len(set(question.options)) < len(question.options):
        yield FieldError(at, "twice", "Each option can be there only once.")
    yield from limits.many(at, question.options, MAX_OPTIONS)
    for option in question.options:
        yield from limits.long(at, option, limits.MAX_LINE)


def _condition(at: str, question: Question, earlier: Sequence[Question]) -> Iterator[FieldError]:
    condition = question.show_if
    if condition is None:
        return
    asked = next((other for other in earlier if other.key == condition.key), None)
    if asked is None:
        yield FieldError(f"{at}/key", "unknown_key", "Only an earlier question can be referred to.")
    elif question.per == "registration" and asked.per == "attendee":
        yield FieldError(
            f"{at}/key",
            "invalid_condition",
            "What is asked once per registration cannot depend on what is asked of each person.",
        )
    elif not _can_be_met(asked, condition.equals):
        yield FieldError(f"{at}/equals", "invalid_condition", "This cannot be an answer to that question.")


def _can_be_met(asked: Question, wanted: Answer) -> bool:
    """One of several choices is named by itself."""
    if wanted in NOTHING:
        return False
    return fits(asked, wanted) or (asked.type == "choices" and wanted in asked.options)


def _translations(at: str, question: Question) -> Iterator[FieldError]:
    for language, text in question.translations.items():
        yield from limits.long(f"{at}/{language}/label", text.label, limits.MAX_LINE)
        yield from limits.long(f"{at}/{language}/help", text.help, MAX_HELP)
        options = f"{at}/{language}/options"
        if text.options and len(text.options) != len(question.options):
            yield FieldError(
                options,
                "not_all",
                "Please translate all %(number)s options, in the same order.",
                {"number": len(question.options)},
            )
        for option in text.options:
            yield from limits.long(options, option, limits.MAX_LINE)


def is_date(answer: object) -> bool:
    """As a date field sends it: Python would take week dates and dates without hyphens too."""
    try:
        return isinstance(answer, str) and date.fromisoformat(answer).isoformat() == answer
    except ValueError:
        return False


def _is_number(answer: object) -> bool:
    return isinstance(answer, int | float) and not isinstance(answer, bool) and abs(answer) <= MAX_NUMBER


def _is_text(answer: object, _: Sequence[str]) -> bool:
    return isinstance(answer, str) and len(answer) <= MAX_ANSWER


def _are_choices(answer: object, options: Sequence[str]) -> bool:
    """Each at most once."""
    return isinstance(answer, list) and all(c in options for c in answer) and len(set(answer)) == len(answer)


_FITS: Mapping[str, Callable[[object, Sequence[str]], bool]] = {
    "text": _is_text,
    "long_text": _is_text,
    "choice": lambda answer, options: answer in options,
    "choices": _are_choices,
    "number": lambda answer, _: _is_number(answer),
    "date": lambda answer, _: is_date(answer),
    "yes_no": lambda answer, _: isinstance(answer, bool),
}
