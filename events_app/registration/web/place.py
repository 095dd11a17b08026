"""What an attendee can do alone, with the link of their ticket: see and correct their data, give the place back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get, post

from events_app.accounts.rules import Actor
from events_app.events import service as events
from events_app.kit import clock, settings
from events_app.kit.errors import NotFound, Refusal
from events_app.kit.forms import Form, by_field
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.registration import queries, service
from events_app.registration.queries import AttendeeRow
from events_app.registration.rules.seats import LIVE
from events_app.registration.schemas import AttendeePatch
from events_app.registration.web import fields
from events_app.tickets.guards import ticket_link
from events_app.tickets.service import TicketRow

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
Web = Request[Actor, TicketRow, Any]


@get("/")
async def place(request: Web) -> Response[Any]:
    person = await _person(request)
    return await _page(request, person, _as_stored(person))


@post("/", status_code=200)
async def correct(request: Web) -> Response[Any]:
    person, form = await _person(request), await fields.sent_form(request)
    patch = AttendeePatch(form.text("given_name"), form.text("family_name"), role=form.text("role"))
    try:
        await service.change_attendee(person.registration, person.id, patch, request.user)
    except Refusal as refusal:
        return await _page(request, person, form, refusal)
    return see_other(f"{_path(request)}/place?done=changed")


@post("/cancel", status_code=200)
async def give_back(request: Web) -> Response[Any]:
    """Back to the ticket, which says then that the place has been given back."""
    person = await _person(request)
    try:
        await service.cancel_attendees(person.registration, [person.id], request.user)
    except Refusal as refusal:
        return await _page(request, person, _as_stored(person), refusal)
    services_of(request).wake_outbox()
    return see_other(_path(request))


async def _person(request: Web) -> AttendeeRow:
    found = await queries.attendees_by_id([request.auth.attendee_id])
    if not found:
        raise NotFound
    return found[0]


def _as_stored(person: AttendeeRow) -> Form:
    return Form({"given_name": person.given_name, "family_name": person.family_name, "role": person.role})


async def _page(request: Web, person: AttendeeRow, form: Form, refusal: Refusal | None = None) -> Response[Any]:
    event, registration = await events.event_by_id(person.event), await queries.registration(person.registration)
    language = language_of(request)
    errors = [] if refusal is None else fields.shown(refusal.errors, language)
    standing = person.status in LIVE and event.public.status != "cancelled"
    return page(
        request,
        "registration/place.html",
        headers=PRIVATE,
        status_code=200 if refusal is None else refusal.status,
        event=event,
        registration=registration,
        person=person,
        ticket_path=_path(request),
        standing=standing,
        begun=clock.now() >= event.public.starts_at,
        retention_days=settings.current().retention_days,
        form=form,
        errors=errors,
        wrong=by_field(errors),
        notice_text=None if refusal is None or errors else fields.refused(refusal, language),
        done=request.query_params.get("done"),
    )


def _path(request: Web) -> str:
    return f"/tickets/{request.auth.token}"


routes = [
    Router(
        path="/tickets/{ticket_token:str}/place",
        route_handlers=[place, correct, give_back],
        guards=[ticket_link],
        include_in_schema=False,
    )
]
