"""An attendee's place, with the link of their ticket: see and correct their data, give the place back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get, post
from msgspec import UNSET

from events_app.accounts.rules import Actor
from events_app.events import rules as event_rules
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, settings
from events_app.kit.errors import NotFound, Refusal
from events_app.kit.forms import Form, by_field
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import Language, translate
from events_app.registration import answer_forms, queries, service
from events_app.registration.queries import AttendeeRow
from events_app.registration.rules import wordings
from events_app.registration.rules.seats import LIVE
from events_app.registration.schemas import AttendeePatch
from events_app.registration.service import answers, own
from events_app.registration.texts import NEEDS
from events_app.registration.web import fields, told
from events_app.tickets.guards import ticket_link
from events_app.tickets.service import TicketRow

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
OWN_COOKIE = "own"
Web = Request[Actor, TicketRow, Any]


@get("/")
async def place(request: Web) -> Response[Any]:
    return await shown(request, await person_of(request))


@post("/", status_code=200)
async def correct(request: Web) -> Response[Any]:
    """Name, address and role; a new address gets the ticket."""
    person, form = await person_of(request), await fields.sent_form(request)
    address = (form.text("email") or None) if "email" in form.values else UNSET
    patch = AttendeePatch(form.text("given_name"), form.text("family_name"), address, form.text("role"))
    try:
        await service.change_attendee(person.registration, person.id, patch, request.user)
    except Refusal as refusal:
        return await shown(request, person, form, refusal)
    services_of(request).wake_outbox()
    return see_other(f"{path_of(request)}/place?done=changed")


@post("/cancel", status_code=200)
async def give_back(request: Web) -> Response[Any]:
    """Back to the ticket, which says then that the place has been given back."""
    person = await person_of(request)
    try:
        await service.cancel_attendees(person.registration, [person.id], request.user)
    except Refusal as refusal:
        return await shown(request, person, refusal=refusal)
    services_of(request).wake_outbox()
    return see_other(path_of(request))


async def person_of(request: Web) -> AttendeeRow:
    """The ticket's holder. Raises `NotFound`."""
    found = await queries.attendees_by_id([request.auth.attendee_id])
    if not found:
        raise NotFound
    return found[0]


def path_of(request: Web) -> str:
    return f"/tickets/{request.auth.token}"


async def shown(
    request: Web, person: AttendeeRow, form: Form | None = None, refusal: Refusal | None = None
) -> Response[Any]:
    """The whole page; `form` is what was just sent with one of its forms, and `refusal` what was wrong with it."""
    event, registration = await events.event_by_id(person.event), await queries.registration(person.registration)
    assert registration is not None  # noqa: S101 - its attendee is there
    in_line = {row.id: row for row in await queries.attendees(registration.id)}.get(person.id, person)
    held_until = in_line.offered_until
    language = language_of(request)
    errors = [] if refusal is None else fields.shown(refusal.errors, language, event)
    return page(
        request,
        "registration/place.html",
        headers=PRIVATE,
        status_code=200 if refusal is None else refusal.status,
        event=event,
        registration=registration,
        person=in_line,
        held_until=held_until if held_until and held_until > clock.now() else None,
        ticket_path=path_of(request),
        standing=person.status in LIVE and event.public.status != "cancelled",
        over=event_rules.is_over(event.public.ends_at, clock.now()),
        begun=clock.now() >= event.public.starts_at,
        retention_days=settings.current().retention_days,
        form=Form({**_as_stored(person, event, language), **(form.values if form else {})}),
        told=await told.told_of_person(event, person, language),
        asked=fields.asked_per("attendee", event, language, answers.context_of(event, registration)),
        open_answers=len(answers.open_for_person(event, registration, person)),
        needs=await own.needs_of(person.id, request.cookies.get(OWN_COOKIE)),
        need_choices=[(key, translate(language, text)) for key, text in NEEDS.items()],
        photos=await own.photos_allowed(person.id),
        errors=errors,
        wrong=by_field(errors),
        notice_text=None if refusal is None or errors else fields.refused(refusal, language),
        done=request.query_params.get("done"),
    )


def _as_stored(person: AttendeeRow, event: EventRow, language: Language) -> dict[str, Any]:
    known = wordings.still_fitting(answers.answered(person), event.public.questions)
    shown = {key: answer for key, answer in known.items() if key not in person.own_answers}
    return {
        "answers": answer_forms.typed(event.public.questions, shown, language),
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email or "",
        "role": person.role,
    }


routes = [
    Router(
        path="/tickets/{ticket_token:str}/place",
        route_handlers=[place, correct, give_back],
        guards=[ticket_link],
        include_in_schema=False,
    )
]
