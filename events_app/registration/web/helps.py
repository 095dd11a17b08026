"""Buttons of the registration form that help to fill it in: people out of a pasted text, a size out of figures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from events_app import reference
from events_app.kit.errors import FieldError
from events_app.kit.forms import Form
from events_app.kit.i18n import Language
from events_app.registration import forms
from events_app.registration.rules import entry
from events_app.registration.rules.entry import Asked

MOST_DIGITS = 7


@dataclass(frozen=True)
class Helped:
    """What a helping button found, for its live region, and what is wrong in the fields that it filled or read."""

    people: int | None = None
    size: str | None = None
    errors: list[FieldError] = field(default_factory=list)


def press(form: Form, language: Language) -> Helped | None:
    """Carry out the helping button that was pressed, if it was one."""
    match form.text("add"):
        case "paste":
            return _take_over(form)
        case "size":
            return _work_out(form, language)
    return None


def _take_over(form: Form) -> Helped:
    """Pasted people become rows behind those typed already, each with what it still lacks."""
    before = len(forms.keep_filled(form, "attendees"))
    forms.take_pasted(form)
    rows = forms.keep_filled(form, "attendees")
    people = [forms.named(row) for row in rows]
    found = [problem for problem in entry.attendees_problems(people, Asked(())) if _row_of(problem) >= before]
    form.values["attendees"] = rows or [{}]
    return Helped(people=len(rows) - before, errors=found if rows else [])


def _row_of(problem: FieldError) -> int:
    """The row of `/attendees/3/email`; a complaint about the whole list belongs to none."""
    number = problem.field.removeprefix("/attendees/").partition("/")[0]
    return int(number) if number.isdecimal() else -1


def _work_out(form: Form, language: Language) -> Helped:
    """The size class by Recommendation 2003/361/EC, chosen in the field above."""
    employees = _headcount(form)
    turnover, balance = (_millions(form, name) for name in ("turnover", "balance"))
    if form.errors:
        return Helped(errors=form.errors)
    size = reference.size_of(employees, turnover, balance)
    form.values.setdefault("organisation", {})["size"] = size.id
    return Helped(size=reference.label(size, language))


def _headcount(form: Form) -> int:
    """People employed; `1.250`, `1,250` and `1 250` are all 1250."""
    typed = re.sub(r"[\s.,](?=\d{3}\b)", "", form.text("figures", "employees").strip())
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= MOST_DIGITS):
        form.wrong("/figures/employees", "invalid", "Please enter a whole number.")
        return 0
    return int(typed)


def _millions(form: Form, name: str) -> float | None:
    """Million euros, `1,5` or `1.5`; None where nothing was entered."""
    typed = form.text("figures", name).strip()
    if not typed:
        return None
    if not re.fullmatch(rf"\d{{1,{MOST_DIGITS}}}([.,]\d{{1,6}})?", typed, re.ASCII):
        form.wrong(f"/figures/{name}", "invalid", "Please enter million euros as a number, such as 1.5.")
        return None
    return float(typed.replace(",", "."))
