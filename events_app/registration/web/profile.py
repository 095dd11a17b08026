"""The training profile: asked for after registering, changeable until the event closes it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.status_codes import HTTP_400_BAD_REQUEST

from events_app import reference
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit.forms import Form, ShownError, Values, by_field
from events_app.kit.http.pages import language_of
from events_app.kit.i18n import Language, translate
from events_app.registration import forms, service
from events_app.registration.queries import RegistrationRow
from events_app.registration.rules import entry
from events_app.registration.schemas import ConsentsPatch, Offer, RegistrationPatch, Training
from events_app.registration.texts import TOPICS
from events_app.registration.web import fields
from events_app.registration.web.fields import Web
from events_app.registration.web.link import done_or_again, mine, private_page

SEVERAL = ("training.themes", "districts")
Choices = list[tuple[str, list[tuple[str, str]]]]


@get("/profile")
async def show_profile(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    values = _values(registration.training, language_of(request))
    match = "yes" if registration.match_consent else ""
    return await _shown(request, Form({"training": values, "consents": {"match": match}}))


@post("/profile", status_code=200)
async def save_profile(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    form = await fields.sent_form(request, SEVERAL)
    if fields.change_rows(form):
        return await _shown(request, form)
    entered = forms.training(form)
    if form.errors:
        others = [error for error in entry.training_problems(entered) if error not in form.errors]
        answer = await _shown(request, form, fields.shown([*form.errors, *others], language_of(request)))
        answer.status_code = HTTP_400_BAD_REQUEST
        return answer
    entered.unavailable = registration.training.unavailable
    patch = RegistrationPatch(training=entered, consents=ConsentsPatch(match=form.ticked("consents", "match")))
    return await done_or_again(
        request,
        lambda: service.change_registration(registration.id, patch, request.user),
        "profile",
        lambda errors, text: _shown(request, form, errors, text),
    )


async def _shown(
    request: Web, form: Form, errors: list[ShownError] | None = None, notice: str | None = None
) -> Response[Any]:
    registration, event = await mine(request)
    language = language_of(request)
    return await private_page(
        request,
        "registration/profile.html",
        event,
        form=form,
        errors=errors or [],
        wrong=by_field(errors or []),
        notice_text=notice,
        is_new="new" in request.query_params,
        closed=is_closed(event),
        need_topics=topics(language),
        offer_topics=topics(language, registration.organisation_kind),
        catchment=_catchment(registration, form, language),
        occupation_names=[one.name_de for one in reference.occupations()],
        theme_choices=[(theme.id, reference.label(theme, language)) for theme in reference.themes()],
        any_occupation=translate(language, "All occupations"),
    )


def is_closed(event: EventRow) -> bool:
    """Whether the profiles of this event can no longer be changed."""
    closes_at = event.public.matchmaking.profile_closes_at
    return closes_at is not None and clock.now() >= closes_at


def topics(language: Language, offered_by: str | None = None) -> Choices:
    """Forms of cooperation under at most six topics; for offers only those that this kind may offer."""
    found: Choices = []
    for text, families in TOPICS:
        listed = [
            (form.id, reference.label(form, language))
            for form in reference.forms()
            if form.matchable and form.family in families and (offered_by is None or form.may_be_offered_by(offered_by))
        ]
        if listed:
            found.append((translate(language, text), listed))
    return found


def _catchment(registration: RegistrationRow, form: Form, language: Language) -> list[tuple[str, str]]:
    """The organisation's own district, its neighbours, and whatever was chosen before."""
    own = registration.organisation_district
    near = {own, *reference.neighbours(own)} if own else set()
    chosen = {ags for row in form.rows("training", "offers") for ags in row.get("districts") or []}
    found = [one for ags in near | chosen if (one := reference.district(ags))]
    found.sort(key=lambda one: (one.ags != own, reference.sort_key(one.name_de)))
    return [(one.ags, reference.label(one, language)) for one in found]


def _values(training: Training, language: Language) -> Values:
    """A stored profile as the form shows it."""
    return {
        "needs": [
            {"occupation": _name(need.occupation, language), "form": need.form, "places": str(need.places)}
            for need in training.needs
        ],
        "offers": [_offer_values(offer, language) for offer in training.offers],
        "themes": list(training.themes),
    }


def _offer_values(offer: Offer, language: Language) -> Values:
    return {
        "occupation": _name(offer.occupation, language),
        "form": offer.form,
        "places": str(offer.places),
        "districts": list(offer.districts),
        "site": offer.site or "",
        "period": offer.period or "",
        "remote": "yes" if offer.remote else "",
    }


def _name(occupation: str, language: Language) -> str:
    found = reference.occupation(occupation)
    return found.name_de if found else translate(language, "All occupations")
