"""Answers between people and programs: as they are typed into a form, and as they are told in a reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from events_app.events.questions import NOTHING, is_date, is_met, words
from events_app.events.schemas import Question
from events_app.events.texts import YES_NO
from events_app.kit.i18n import Language, babel_locale, translate
from events_app.registration.rules.answers import NO_CONTEXT, Given, kept
from events_app.registration.schemas import AnswerIn, Answers

PLAIN_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,12})?")
GERMAN_DATE = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})")
GROUPS: Mapping[Language, tuple[str, str]] = {"de": (".", ","), "en": (",", ".")}
"""What groups thousands and what parts decimals."""


@dataclass(frozen=True)
class Field:
    """A question as a form shows it. `condition`: what it depends on, for readers whose browser runs no script.

    `shared`: it depends on a question that is asked once per registration; `wanted` is the value of its field.
    """

    key: str
    type: str
    label: str
    help: str
    options: Sequence[tuple[str, str]]
    required: bool
    sensitive: bool
    depends_on: str = ""
    wanted: str = ""
    shared: bool = False
    condition: str = ""


def read(given: object, questions: Sequence[Question], language: Language, context: Given = NO_CONTEXT) -> Answers:
    """Answers in the kind that their question asks for, without those to questions that are not asked.

    What does not fit its question stays text and is refused by the rules.
    """
    values = given if isinstance(given, dict) else {}
    typed_in = {q.key: _answer(q, values[q.key], language) for q in questions if values.get(q.key) not in NOTHING}
    return kept(typed_in, questions, context)


def typed(questions: Sequence[Question], answers: Answers, language: Language) -> dict[str, object]:
    """Stored answers as the form's fields have them."""
    return {q.key: _as_typed(answers[q.key], language) for q in questions if answers.get(q.key) not in NOTHING}


def told(question: Question, answer: AnswerIn, language: Language) -> str:
    """An answer in words: `2026-11-05` as "5. November 2026", true as "Ja", options as they read in this language."""
    if isinstance(answer, bool):
        said = YES_NO["yes" if answer else "no"]
        return translate(language, said)
    if isinstance(answer, int | float):
        return format_decimal(answer, locale=babel_locale(language))
    if question.type == "date" and is_date(answer):
        return format_date(date.fromisoformat(str(answer)), "long", locale=babel_locale(language))
    text = words(question, language)
    return ", ".join(text.of(choice) for choice in answer) if isinstance(answer, list) else text.of(str(answer))


def fields(questions: Sequence[Question], per: str, language: Language, context: Given | None = None) -> list[Field]:
    """The questions asked `per` person or registration.

    With `context`, the answers once per registration, what depends on them is settled: shown anyway, or left out.
    """
    by_key, found = {question.key: question for question in questions}, list[Field]()
    for question in questions:
        asked = by_key.get(question.show_if.key) if question.show_if else None
        if question.per != per or (asked is not None and not _is_possible(asked, question, found, context)):
            continue
        is_settled = asked is not None and asked.per != per and context is not None
        found.append(_field(question, None if is_settled else asked, language))
    return found


def _is_possible(asked: Question, question: Question, found: Sequence[Field], context: Given | None) -> bool:
    """A question that depends on one that is left out is left out itself."""
    if asked.per == question.per:
        return any(field.key == asked.key for field in found)
    return context is None or is_met(context, question)


def _field(question: Question, asked: Question | None, language: Language) -> Field:
    text = words(question, language)
    field = Field(
        question.key, question.type, text.label, text.help, text.options, question.required, question.sensitive
    )
    if asked is None or question.show_if is None or isinstance(question.show_if.equals, list):
        return field
    wanted = question.show_if.equals
    values = {
        "depends_on": asked.key,
        "wanted": str(_as_typed(wanted, language)),
        "shared": asked.per != question.per,
        "condition": translate(
            language,
            "Only if “%(question)s” was answered with “%(answer)s”.",
            {"question": words(asked, language).label, "answer": told(asked, wanted, language)},
        ),
    }
    return Field(**{**field.__dict__, **values})


def _answer(question: Question, given: object, language: Language) -> AnswerIn:
    if question.type == "choices":
        return [str(choice) for choice in given] if isinstance(given, list) else [str(given)]
    text = str(given[-1] if isinstance(given, list) else given)
    if question.type == "yes_no":
        return {"yes": True, "no": False}.get(text, text)
    if question.type == "number":
        return _number(text, language)
    return _date(text) if question.type == "date" else text


def _number(text: str, language: Language) -> AnswerIn:
    """`1.234,5` in German and `1,234.5` in English; a lone comma or point before other than three digits is decimal."""
    group, point = GROUPS[language]
    plain = re.sub(r"\s", "", text)
    grouped = re.fullmatch(rf"[+-]?\d{{1,3}}({re.escape(group)}\d{{3}})+({re.escape(point)}\d+)?", plain)
    plain = (plain.replace(group, "") if grouped else plain).replace(",", ".")
    if PLAIN_NUMBER.fullmatch(plain) is None:
        return text
    return float(plain) if "." in plain else int(plain)


def _date(text: str) -> str:
    """`5.11.2026`, typed where the browser has no calendar, as `2026-11-05`."""
    found = GERMAN_DATE.fullmatch(text.strip())
    if found is None:
        return text.strip()
    day, month, year = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def _as_typed(answer: AnswerIn, language: Language) -> object:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, int | float):
        return format_decimal(answer, format="0.############", locale=babel_locale(language))
    return answer if isinstance(answer, list) else str(answer)
