"""What a form sends, as the values of the API; field names are paths (`attendees.0.email`).

Nothing typed is lost: the raw values go back into the form beside the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, get_args

from events_app import reference
from events_app.events.schemas import Question
from events_app.kit.forms import Form, Values
from events_app.kit.i18n import Language
from events_app.organisations.schemas import OrganisationKind, Size
from events_app.registration import answer_forms
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules.answers import Given, of
from events_app.registration.rules.paste import people
from events_app.registration.schemas import (
    AttendeeIn,
    Consents,
    ContactIn,
    Need,
    Offer,
    OrganisationIn,
    RegistrationIn,
    Training,
)

ANY_WORDS = {"alle berufe", "all occupations", reference.ANY}
KINDS: tuple[str, ...] = get_args(OrganisationKind)
SIZES: tuple[str, ...] = get_args(Size)


def named(row: Mapping[str, Any]) -> AttendeeIn:
    """A person as far as names and address go."""
    given, family, email = (str(row.get(name) or "").strip() for name in ("given_name", "family_name", "email"))
    return AttendeeIn(given, family, email or None)


def take_pasted(form: Form) -> None:
    """Turn what was pasted into rows of people behind those already typed; the box is then empty."""
    keep_filled(form, "attendees")
    found = [
        {"given_name": one.given_name, "family_name": one.family_name, "email": one.email}
        for one in people(form.text("paste"))
    ]
    form.values["attendees"] = [*form.rows("attendees"), *found] or [{}]
    form.values["paste"] = ""


def copy_row(form: Form, path: str) -> None:
    """`training.offers.1`: the same row once more behind it."""
    *parents, number = path.split(".")
    rows = form.rows(*parents)
    if number.isdecimal() and int(number) < len(rows):
        rows.insert(int(number) + 1, deepcopy(rows[int(number)]))


def registration(form: Form, questions: Sequence[Question], language: Language) -> RegistrationIn:
    """The registration a form describes; `form.errors` gets what can't be read at all."""
    for_all = answer_forms.read(form.values.get("answers"), of(questions, "registration"), language)
    return RegistrationIn(
        organisation=_organisation(form),
        contact=contact(form),
        attendees=_attendees(form, partial(attendee, questions=questions, language=language, context=for_all)),
        consents=Consents(
            privacy=form.ticked("consents", "privacy"),
            newsletter=form.ticked("consents", "newsletter"),
            match=form.ticked("consents", "match"),
        ),
        all_or_none=form.ticked("all_or_none"),
        training=training(form),
        invitation=form.text("invitation") or None,
        group=form.text("group") or None,
        answers=for_all,
        language=language,
    )


def remembered(earlier: RegistrationRow, people: Sequence[AttendeeRow]) -> Values:
    """The form filled in as an organisation did it last time, without its consents."""
    live = [person for person in people if person.status != "cancelled"]
    own = (earlier.contact_given_name, earlier.contact_family_name)
    others = [person for person in live if (person.given_name, person.family_name) != own]
    return {
        "organisation": {
            "name": earlier.organisation_name,
            "kind": earlier.organisation_kind,
            "size": earlier.organisation_size or "",
            "startup": "yes" if earlier.organisation_startup else "",
            "postcode": earlier.organisation_postcode or "",
            "district": earlier.organisation_district or "",
        },
        "contact": {
            "given_name": earlier.contact_given_name,
            "family_name": earlier.contact_family_name,
            "email": earlier.contact_email,
        },
        "contact_attends": "yes" if len(others) < len(live) else "",
        "attendees": [
            {"given_name": person.given_name, "family_name": person.family_name, "email": person.email or ""}
            for person in others
        ],
    }


def contact(form: Form) -> ContactIn:
    return ContactIn(
        form.text("contact", "given_name"),
        form.text("contact", "family_name"),
        form.text("contact", "email"),
        form.text("contact", "phone") or None,
    )


def attendee(row: Mapping[str, Any], questions: Sequence[Question], language: Language, context: Given) -> AttendeeIn:
    """A person; `context` are the answers once per registration, on which questions may depend."""
    texts = {name: str(row.get(name) or "") for name in ("given_name", "family_name", "email", "role")}
    answers = answer_forms.read(row.get("answers"), of(questions, "attendee"), language, context)
    return AttendeeIn(**{**texts, "email": texts["email"] or None}, answers=answers)  # type: ignore[arg-type] # all texts but the address


def training(form: Form) -> Training:
    """The profile's rows; empty ones are left out and later rows keep their own errors through `kept_rows`."""
    return Training(
        needs=[
            Need(*_wish(form, "needs", index, row)) for index, row in enumerate(keep_filled(form, "training", "needs"))
        ],
        offers=[
            Offer(
                *_wish(form, "offers", index, row),
                site=str(row.get("site") or "") or None,
                period=str(row.get("period") or "") or None,
                districts=_several(row, "districts"),
                remote=row.get("remote") == "yes",
            )
            for index, row in enumerate(keep_filled(form, "training", "offers"))
        ],
        themes=[theme for theme in _several(form.values.get("training"), "themes") if theme],
    )


def keep_filled(form: Form, *path: str) -> list[Values]:
    """Drop rows in which nothing was typed, so that rows and errors count alike."""
    rows = form.rows(*path)
    rows[:] = [row for row in rows if any(_typed(name, value) for name, value in row.items())]
    return rows


def shown_pointer(pointer: str, *, contact_attends: bool) -> str:
    """Where the form shows an error of the API: with the contact among the people, they are counted one on."""
    parts = pointer.split("/")
    if not contact_attends or len(parts) < 3 or parts[1] != "attendees" or not parts[2].isdecimal():  # noqa: PLR2004 - "", list, index
        return pointer
    number = int(parts[2])
    return "/".join(["", "contact", *parts[3:]] if number == 0 else ["", "attendees", str(number - 1), *parts[3:]])


def _organisation(form: Form) -> OrganisationIn:
    kind, size = form.text("organisation", "kind"), form.text("organisation", "size")
    if kind not in KINDS:
        form.wrong("/organisation/kind", "required", "Please choose what kind of organisation you are.")
    return OrganisationIn(
        name=form.text("organisation", "name"),
        kind=kind if kind in KINDS else "other",  # type: ignore[arg-type] # has just been looked at
        size=size if size in SIZES and kind in {"company", "training_provider"} else None,  # type: ignore[arg-type] # same
        startup=form.ticked("organisation", "startup"),
        postcode=form.text("organisation", "postcode") or None,
        district=form.text("organisation", "district") or None,
    )


def _attendees(form: Form, read: Callable[[Mapping[str, Any]], AttendeeIn]) -> list[AttendeeIn]:
    people = [read(row) for row in keep_filled(form, "attendees")]
    if not form.ticked("contact_attends"):
        return people
    own = {name: form.text("contact", name) for name in ("given_name", "family_name", "email", "role")}
    own_answers = form.part("contact").get("answers")
    return [read({**own, "answers": own_answers}), *people]


def _wish(form: Form, side: str, index: int, row: Mapping[str, Any]) -> tuple[str, str, int]:
    at, typed = f"/training/{side}/{index}", str(row.get("occupation") or "").strip()
    occupation = reference.ANY if typed.lower() in ANY_WORDS else (reference.find_occupation(typed) or typed)
    places = str(row.get("places") or "1").strip()
    if not places.isdecimal():
        form.wrong(f"{at}/places", "invalid", "Please enter a whole number.")
    return occupation, str(row.get("form") or ""), int(places) if places.isdecimal() else 1


def _several(values: object, name: str) -> list[str]:
    found = values.get(name, []) if isinstance(values, dict) else []
    return [str(item) for item in found] if isinstance(found, list) else [str(found)]


def _typed(name: str, value: object) -> bool:
    """Selections and counts have a value from the start; they alone make no row."""
    if isinstance(value, dict):
        return any(_typed(key, inner) for key, inner in value.items())
    return name not in {"places", "form", "topic"} and bool(value.strip() if isinstance(value, str) else value)
