"""Questions as the desk's event form has them: rows in any order, conditions in words, a text per language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from events_app.events.questions import CHOSEN
from events_app.events.schemas import Answer, Question, QuestionText, QuestionType, ShowIf
from events_app.kit.forms import Form, Values
from events_app.kit.i18n import LANGUAGES
from events_app.kit.text import one_line, search_key

QUESTION_TYPES: tuple[str, ...] = get_args(QuestionType)
KEPT_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
TYPED = ("key", "label", "options", "help")
"""What makes a row; selections have a value from the start. A question that was stored stays until it is removed."""
YES = frozenset({"ja", "yes", "true", "1"})
NO = frozenset({"nein", "no", "false", "0"})


def values(question: Question) -> Values:
    condition = question.show_if
    return {
        "key": question.key,
        "label": question.label,
        "help": question.help,
        "type": question.type,
        "options": "\n".join(question.options),
        "required": _tick(is_on=question.required),
        "sensitive": _tick(is_on=question.sensitive),
        "per": question.per,
        "show_if": {"key": condition.key, "equals": _answer_text(condition.equals)} if condition else {},
        "translations": {language: _text_values(text) for language, text in question.translations.items()},
    }


def read(form: Form) -> list[Question]:
    """The form's questions, in the order in which they stand on the page."""
    rows = form.rows("questions")
    rows[:] = [row for row in rows if isinstance(row, dict) and any(row.get(part) for part in TYPED)]
    arrange(form)
    questions: list[Question] = []
    for index, _ in enumerate(form.rows("questions")):
        questions.append(_question(form, index, questions))
    return questions


def arrange(form: Form) -> None:
    """Bring the rows into the order they were moved to, each with a key that conditions may name.

    Questions keep the key they were made with, as stored answers name it; new ones get one from their words.
    """
    rows = form.rows("questions")
    rows[:] = sorted((row for row in rows if isinstance(row, dict)), key=_place)
    taken = {str(row.get("key", "")) for row in rows}
    for row in rows:
        if not KEPT_KEY.fullmatch(str(row.get("key", ""))) and row.get("label"):
            row["key"] = _free_key(str(row["label"]), taken)
            taken.add(row["key"])
    for place, row in enumerate(rows):
        row["place"] = str(place)


def move(form: Form, path: str) -> None:
    """`questions.2.up`: the row trades places with its neighbour; at the end of the list nothing happens."""
    _, number, way = [*path.split("."), "", ""][:3]
    rows = form.rows("questions")
    here = int(number) if number.isdecimal() and len(number) < 6 else len(rows)  # noqa: PLR2004 - digits
    there = here - 1 if way == "up" else here + 1
    if here < len(rows) and 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
    for place, row in enumerate(rows):
        row["place"] = str(place)


def asked_values(row: Values) -> list[str]:
    """What a condition may wait for, where the question that it names offers it; empty: anything may be typed."""
    if row.get("type") == "yes_no":
        return ["yes", "no"]
    return [one_line(line) for line in str(row.get("options", "")).splitlines()] if row.get("type") in CHOSEN else []


def _place(row: Values) -> int:
    text = str(row.get("place", ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 10**6  # noqa: PLR2004 - digits


def _question(form: Form, index: int, earlier: Sequence[Question]) -> Question:
    at = ("questions", index)
    return Question(
        key=form.text(*at, "key"),
        label=form.text(*at, "label"),
        type=_type(form, index),
        options=form.text(*at, "options").splitlines() if form.text(*at, "type") in CHOSEN else [],
        required=form.ticked(*at, "required"),
        per="registration" if form.text(*at, "per") == "registration" else "attendee",
        show_if=_condition(form, index, earlier),
        help=form.text(*at, "help"),
        sensitive=form.ticked(*at, "sensitive"),
        translations={language: _text(form, index, language) for language in LANGUAGES},
    )


def _type(form: Form, index: int) -> Any:
    chosen = form.text("questions", index, "type")
    if chosen not in QUESTION_TYPES:
        form.wrong(f"/questions/{index}/type", "required", "Please choose one.")
        return QUESTION_TYPES[0]
    return chosen


def _text(form: Form, index: int, language: str) -> QuestionText:
    at = ("questions", index, "translations", language)
    is_chosen = form.text("questions", index, "type") in CHOSEN
    options = form.text(*at, "options").splitlines() if is_chosen else []
    return QuestionText(form.text(*at, "label"), form.text(*at, "help"), options)


def _text_values(text: QuestionText) -> Values:
    return {"label": text.label, "help": text.help, "options": "\n".join(text.options)}


def _condition(form: Form, index: int, earlier: Sequence[Question]) -> ShowIf | None:
    key = form.text("questions", index, "show_if", "key")
    asked = next((question for question in earlier if question.key == key), None)
    return ShowIf(key, _answer(form.text("questions", index, "show_if", "equals"), asked)) if key else None


def _answer(text: str, asked: Question | None) -> Answer:
    """What was typed, in the kind of answer that the earlier question has; what can't be one stays text."""
    if asked is not None and asked.type == "yes_no":
        said = search_key(text)
        return True if said in YES else False if said in NO else text
    if asked is not None and asked.type == "number" and re.fullmatch(r"-?\d{1,15}([.,]\d+)?", text.strip()):
        return float(text.replace(",", "."))
    return text


def _answer_text(answer: Answer) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, float) and answer.is_integer():
        return str(int(answer))
    return ", ".join(answer) if isinstance(answer, list) else str(answer or "")


def _free_key(label: str, taken: set[str]) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", search_key(label)).strip("_").lstrip("0123456789_")[:50] or "question"
    numbered = (words if number == 1 else f"{words}_{number}" for number in range(1, len(taken) + 2))
    return next(key for key in numbered if key not in taken)


def _tick(*, is_on: bool) -> str:
    return "yes" if is_on else ""
