"""What people answer with the link of their ticket, and the certificate; and hearing no more of an event."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath

from events_app.accounts.rules import Actor
from events_app.attendance import service
from events_app.events import service as events
from events_app.kit import clock
from events_app.kit import forms as kit_forms
from events_app.kit.errors import NotFound, Refusal
from events_app.kit.forms import Form, Labels, by_field
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.protection import FROM_ANYWHERE
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.registration import queries as registrations
from events_app.registration import service as registration
from events_app.registration.guards import manage_link
from events_app.registration.queries import AttendeeRow
from events_app.registration.schemas import SwapIn
from events_app.registration.texts import FIELDS, ROWS
from events_app.tickets.guards import ticket_link
from events_app.tickets.service import TicketRow

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
LABELS = Labels(FIELDS, ROWS)
Web = Request[Actor, TicketRow, Any]


@get("/coming")
async def ask(request: Web) -> Response[Any]:
    return await _shown(request)


@post("/coming", status_code=200)
async def say_coming(request: Web) -> Response[Any]:
    try:
        await service.say_coming(request.auth.attendee_id, request.user)
    except Refusal as refusal:
        return await _shown(request, refusal=refusal)
    return see_other(f"/tickets/{request.auth.token}/coming")


@post("/coming/substitute", status_code=200)
async def send_substitute(request: Web) -> Response[Any]:
    """The ticket goes to a colleague: this link is dead from then on, so the answer is its last page."""
    form = kit_forms.read((await request.form()).multi_items())
    entered = SwapIn(form.text("given_name"), form.text("family_name"), form.text("email") or None)
    person = await _person(request)
    try:
        await registration.swap_attendee(person.registration, person.id, entered, request.user)
    except Refusal as refusal:
        return await _shown(request, form, refusal)
    services_of(request).wake_outbox()
    event = await events.event_by_id(person.event)
    name = f"{form.text('given_name')} {form.text('family_name')}"
    return page(request, "attendance/handed_over.html", headers=PRIVATE, event=event, name=name)


@get("/certificate.pdf")
async def certificate(request: Web) -> Response[bytes]:
    """For whoever was admitted, once the event is over."""
    held = request.auth
    event = await events.event_by_id(held.event)
    over = clock.now() >= event.public.ends_at
    if not (over and held.status == "confirmed" and await registrations.admitted([held.attendee_id])):
        raise NotFound
    from events_app.tickets.certificate import Certificate, certificates_pdf  # noqa: PLC0415 - typst is heavy

    language = language_of(request)
    pdf = await asyncio.to_thread(certificates_pdf, [Certificate.of(event, held, language)])
    name = f"{translate(language, 'attendance')}-{event.slug}.pdf"
    headers = {**PRIVATE, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@get("/quiet")
async def ask_for_quiet(request: Web) -> Response[Any]:
    return await _quiet_page(request, request.auth.event)


@post("/quiet", status_code=200, opt={FROM_ANYWHERE: True})
async def make_quiet(request: Web) -> Response[Any]:
    """By the button, or by the mail program with one click (RFC 8058)."""
    await service.leave_in_peace([request.auth.attendee_id])
    return await _quiet_page(request, request.auth.event, done=True)


@get("/quiet")
async def contact_asks_for_quiet(request: Web, manage_token: FromPath[str]) -> Response[Any]:
    event_id, _ = await _through_contact(manage_token)
    return await _quiet_page(request, event_id)


@post("/quiet", status_code=200, opt={FROM_ANYWHERE: True})
async def contact_makes_quiet(request: Web, manage_token: FromPath[str]) -> Response[Any]:
    """For the people whose mails go to the contact."""
    event_id, people = await _through_contact(manage_token)
    await service.leave_in_peace(people)
    return await _quiet_page(request, event_id, done=True)


async def _through_contact(manage_token: str) -> tuple[UUID, Sequence[UUID]]:
    found = await registration.by_manage_token(manage_token)
    if found is None:
        raise NotFound
    people = await registrations.attendees(found.id)
    return found.event, [person.id for person in people if person.email is None]


async def _quiet_page(request: Web, event_id: UUID, *, done: bool = False) -> Response[Any]:
    event = await events.event_by_id(event_id)
    return page(request, "attendance/quiet.html", headers=PRIVATE, event=event, done=done, path=request.url.path)


async def _person(request: Web) -> AttendeeRow:
    found = await registrations.attendees_by_id([request.auth.attendee_id])
    if not found:
        raise NotFound
    return found[0]


async def _shown(request: Web, form: Form | None = None, refusal: Refusal | None = None) -> Response[Any]:
    person = await _person(request)
    event, language = await events.event_by_id(person.event), language_of(request)
    errors = [] if refusal is None else kit_forms.shown(refusal.errors, language, LABELS)
    return page(
        request,
        "attendance/coming.html",
        headers=PRIVATE,
        status_code=200 if refusal is None else refusal.status,
        event=event,
        person=person,
        ticket_path=f"/tickets/{request.auth.token}",
        standing=person.status == "confirmed" and event.public.status == "published",
        begun=clock.now() >= event.public.starts_at,
        coming=await service.is_coming(person.id, event.public.starts_at),
        form=form or Form({}),
        errors=errors,
        wrong=by_field(errors),
        notice_text=None if refusal is None or errors else translate(language, refusal.message, refusal.values),
    )


routes = [
    Router(
        path="/tickets/{ticket_token:str}",
        route_handlers=[ask, say_coming, send_substitute, certificate, ask_for_quiet, make_quiet],
        guards=[ticket_link],
        include_in_schema=False,
    ),
    Router(
        path="/registrations/{manage_token:str}",
        route_handlers=[contact_asks_for_quiet, contact_makes_quiet],
        guards=[manage_link],
        include_in_schema=False,
    ),
]
