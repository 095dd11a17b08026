"""What the pages with a form have in common: reading it, and showing it again with errors in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from litestar import Request

from events_app import reference
from events_app.accounts.rules import Actor
from events_app.events.queries import EventRow
from events_app.events.questions import words
from events_app.kit import forms as kit_forms
from events_app.kit.errors import FieldError, Refusal
from events_app.kit.forms import Form, Labels, ShownError
from events_app.kit.i18n import Language, translate
from events_app.reference.model import District, Place
from events_app.registration import answer_forms, forms
from events_app.registration.rules.answers import Given
from events_app.registration.texts import FIELDS, KINDS, ROWS, SIZES

Web = Request[Actor, Any, Any]
SEVERAL = ("training.themes",)


async def sent_form(request: Web, several: Sequence[str] = SEVERAL) -> Form:
    """The form of this request with its values nested as their names say."""
    sent = await request.form()
    return kit_forms.read(sent.multi_items(), several)


async def sent_answers(request: Web, event: EventRow) -> Form:
    """A form with answers to the event's questions, where several choices may come.

    Agents choose the questions' keys: one called `email` says nothing about the form's own field of that name.
    """
    several = [f"answers.{question.key}" for question in event.public.questions if question.type == "choices"]
    return await sent_form(request, [*SEVERAL, *several])


def asked_per(per: str, event: EventRow, language: Language, context: Given | None = None) -> list[answer_forms.Field]:
    """The questions of a form; with `context` only those that the registration's answers call for."""
    return answer_forms.fields(event.public.questions, per, language, context)


def shown(
    errors: Sequence[FieldError], language: Language, event: EventRow | None = None, *, contact_attends: bool = False
) -> list[ShownError]:
    """Errors for the list and the fields in the order of the form, each once; answers by the event's questions."""
    placed = [
        replace(error, field=forms.shown_pointer(error.field, contact_attends=contact_attends)) for error in errors
    ]
    asked = {question.key: words(question, language).label for question in event.public.questions} if event else {}
    return kit_forms.shown(placed, language, Labels(FIELDS, ROWS, {"answers": asked}))


def refused(refusal: Refusal, language: Language) -> str:
    return translate(language, refusal.message, refusal.values)


def organisation_choices(form: Form, language: Language) -> dict[str, Any]:
    """Kinds, sizes, and the places and districts of the postcode that was typed."""
    places = reference.postcode(form.text("organisation", "postcode"))
    districts = {place.ags: reference.district(place.ags) for place in places}
    return {
        "kind_choices": [(kind, translate(language, text)) for kind, text in KINDS.items()],
        "size_choices": [(size, translate(language, text)) for size, text in SIZES.items()],
        "place": _in_words(places, [found for found in districts.values() if found], language),
        "districts": [(ags, reference.located(found, language)) for ags, found in districts.items() if found],
    }


def _in_words(places: Sequence[Place], districts: Sequence[District], language: Language) -> str:
    """The places of a postcode and, where they lie in one district, that and its coalfield."""
    names = list(dict.fromkeys(place.place for place in places))
    region = [reference.located(districts[0], language, unless=names[0])] if len(districts) == 1 else []
    return ", ".join(filter(None, [*names, *region]))


def change_rows(form: Form) -> bool:
    """Carry out an "add" or "remove" button of a form without JavaScript; whether there was one."""
    if path := form.text("add"):
        kit_forms.add_row(form, path)
    elif path := form.text("remove"):
        kit_forms.remove_row(form, path)
    elif path := form.text("copy"):
        forms.copy_row(form, path)
    return bool(path)
