"""The form in which the desk makes and changes an event: reading it, and showing it again with what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response
from msgspec import structs

from events_app import reference
from events_app.events import forms, question_forms, rules, texts
from events_app.events.queries import EventRow
from events_app.events.schemas import EventIn
from events_app.kit import forms as kit_forms
from events_app.kit.errors import FieldError
from events_app.kit.forms import Form, Labels
from events_app.kit.http.pages import language_of
from events_app.kit.i18n import Language, translate
from events_app.organisations import queries as organisations
from events_app.organisations.shell import DeskRequest, desk_page

LABELS = Labels(texts.FIELDS, texts.ROWS)
ORDER = (
    *("title", "kind", "cluster", "language", "summary", "description"),
    *("starts_at", "ends_at", "mode", "venue", "online_url"),
    *("capacity", "groups", "registration", "questions", "good_to_know", "organiser", "agenda", "media"),
    *("matchmaking", "timezone", "slug"),
)
"""The form's parts from top to bottom, so that errors are listed as they are met."""
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "kinds": texts.KINDS,
    "modes": texts.MODES,
    "languages": texts.LANGUAGES,
    "translations": texts.LANGUAGES,
    "yes_no": texts.YES_NO,
    "question_types": texts.QUESTION_TYPES,
    "asked_per": texts.ASKED_PER,
}


@dataclass(frozen=True)
class Entered:
    """What a form describes, and everything that is wrong with it."""

    event: EventIn
    errors: Sequence[FieldError]


async def sent_form(request: DeskRequest) -> Form:
    return kit_forms.read((await request.form()).multi_items())


def rows_changed(form: Form) -> bool:
    """Carry out a button that adds, removes or fills rows; whether one was pressed."""
    question_forms.arrange(form)
    if path := form.text("move"):
        question_forms.move(form, path)
    elif path := form.text("add"):
        kit_forms.add_row(form, path)
    elif path := form.text("remove"):
        kit_forms.remove_row(form, path)
    elif path := form.text("fill"):
        forms.fill_slots(form)
    return bool(path)


def read(form: Form) -> Entered:
    event = rules.tidied(forms.read_event(form))
    unread = {error.field for error in form.errors}
    errors = [*form.errors, *(error for error in rules.problems(event) if error.field not in unread)]
    return Entered(event, sorted(errors, key=_place_in_form))


def _place_in_form(error: FieldError) -> int:
    return ORDER.index(error.field.split("/")[1])


async def form_page(
    request: DeskRequest, form: Form, errors: Iterable[FieldError] = (), event: EventRow | None = None
) -> Response[Any]:
    """The form with what was typed; `event` is the one being changed, None for a new one."""
    language = language_of(request)
    shown = kit_forms.shown(errors, language, LABELS)
    return await desk_page(
        request,
        "events/desk/form.html",
        status_code=400 if shown else 200,
        form=form,
        event=event,
        errors=shown,
        wrong=kit_forms.by_field(shown),
        clusters=await _cluster_choices(request, language),
        options=_options(language) | {"own_language": form.text("language")},
        condition_values=_condition_values(form, language),
        **_places(form, language),
    )


def blank() -> Form:
    """A new event: on site, in Germany, with a waiting list."""
    start = {"kind": "cluster_event", "mode": "onsite", "timezone": "Europe/Berlin", "language": "de"}
    return Form({**start, "waiting_list": "yes", "matchmaking": forms.matchmaking_start()})


def edited(event: EventIn, slug: str) -> Form:
    return Form({**forms.values_of(event), "slug": slug})


def copied(event: EventIn) -> Form:
    """A new event like an earlier one, at a time still to be entered."""
    dateless = structs.replace(event, agenda=[], media=[])
    values = forms.values_of(dateless)
    window = {**values["registration"], "opens_at": "", "closes_at": ""}
    talks = {**values["matchmaking"], "slots": "", "profile_closes_at": ""}
    return Form({**values, "starts_at": "", "ends_at": "", "registration": window, "matchmaking": talks})


def _options(language: Language) -> dict[str, Any]:
    """What selections offer, in the reader's language."""
    return {name: [(key, translate(language, text)) for key, text in known.items()] for name, known in OPTIONS.items()}


def _condition_values(form: Form, language: Language) -> dict[str, list[tuple[str, str]]]:
    """By the key of a question: the answers that a condition may wait for, where it offers them."""
    yes_no = {key: translate(language, text) for key, text in texts.YES_NO.items()}
    found = {str(row.get("key", "")): question_forms.asked_values(row) for row in form.rows("questions")}
    return {key: [(value, yes_no.get(value, value)) for value in values] for key, values in found.items() if values}


async def _cluster_choices(request: DeskRequest, language: Language) -> list[tuple[str, str]]:
    """Clusters this actor may make events for; an agent has one and needs not choose."""
    actor = request.user
    known = [(row.slug, row.name) for row in await organisations.clusters() if actor.runs_cluster(row.id)]
    everywhere = [
        (slug, translate(language, text)) for slug, text in texts.NO_CLUSTER.items() if actor.runs_cluster(None)
    ]
    return [*everywhere, *known]


def _places(form: Form, language: Language) -> dict[str, Any]:
    """The place of the postcode that was typed, and its districts to choose from."""
    found = reference.postcode(form.text("venue", "postcode"))
    districts = {place.ags: reference.district(place.ags) for place in found}
    return {
        "place": ", ".join(dict.fromkeys(place.place for place in found)),
        "districts": [(ags, reference.label(district, language)) for ags, district in districts.items() if district],
    }
