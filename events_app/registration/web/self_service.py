"""The contact's page, second part: mails again, all tickets, language, consents, hand-over, erasing."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from events_app.events.queries import EventRow
from events_app.kit.errors import NotFound, Refusal, TooManyRequests
from events_app.kit.forms import Form, ShownError, by_field
from events_app.kit.http.limits import Rate
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import Language, known_language
from events_app.registration import forms, queries, service
from events_app.registration.guards import manage_link
from events_app.registration.schemas import ConsentsPatch, RegistrationPatch
from events_app.registration.service import contact, erase, links
from events_app.registration.web import fields
from events_app.registration.web.fields import Web
from events_app.registration.web.link import PRIVATE, mine, private_page
from events_app.tickets import service as tickets
from events_app.tickets.service import TicketRow

PER_PERSON = Rate(5, 3600)
MOST_PAGES = 200
CONSENTS = ("match", "newsletter")


@post("/attendees/{attendee_id:uuid}/resend", status_code=200)
async def resend_ticket(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    registration, _ = await mine(request)
    held = services_of(request)
    wait = await held.limiter.retry_after("resend-ticket", str(attendee_id), PER_PERSON)
    if wait is not None:
        raise TooManyRequests(wait)
    await links.resend_ticket(registration.id, attendee_id, request.user)
    held.wake_outbox()
    return _back(request, "resent")


@get("/tickets.pdf")
async def all_tickets(request: Web) -> Response[bytes]:
    """One PDF with a page for each confirmed person."""
    registration, event = await mine(request)
    people = [person for person in await queries.attendees(registration.id) if person.status == "confirmed"]
    if not people or event.public.status == "cancelled":
        raise NotFound
    held = await tickets.of_attendees([person.id for person in people[:MOST_PAGES]])
    in_order = [held[person.id] for person in people if person.id in held]
    drawn = await asyncio.to_thread(_drawn, event, in_order, language_of(request))
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="tickets-{event.slug}.pdf"'}
    return Response(drawn, media_type="application/pdf", headers=headers)


def _drawn(event: EventRow, held: list[TicketRow], language: Language) -> bytes:
    from events_app.tickets.pdf import tickets_pdf  # noqa: PLC0415 - typst is heavy; loaded with the first PDF
    from events_app.tickets.sheet import ticket_sheet  # noqa: PLC0415 - same

    signing = tickets.signing_of(event.signing_seed, event.key_id)
    return tickets_pdf([ticket_sheet(event, one, one.code(signing) or "", language) for one in held])


@post("/language", status_code=200)
async def change_language(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    form = await fields.sent_form(request)
    await contact.change_language(registration.id, known_language(form.text("language")), request.user)
    return _back(request, "language")


@post("/consents/{kind:str}", status_code=200)
async def decide_consent(request: Web, kind: FromPath[str]) -> Response[Any]:
    """Give or withdraw one consent; both are one press of a button."""
    registration, _ = await mine(request)
    if kind not in CONSENTS:
        raise NotFound
    form = await fields.sent_form(request)
    patch = RegistrationPatch(consents=ConsentsPatch(**{kind: form.ticked("given")}))
    await service.change_registration(registration.id, patch, request.user)
    return _back(request, "consent")


@get("/hand-over")
async def show_hand_over(request: Web) -> Response[Any]:
    return await _hand_over_page(request, Form({}))


@post("/hand-over", status_code=200)
async def hand_over(request: Web) -> Response[Any]:
    """The last page of the old link."""
    registration, event = await mine(request)
    form = await fields.sent_form(request)
    entered = forms.contact(form)
    try:
        await contact.hand_over(registration.id, entered, request.user)
    except Refusal as refusal:
        errors = fields.shown(refusal.errors, language_of(request))
        return await _hand_over_page(request, form, errors, refusal.status)
    services_of(request).wake_outbox()
    return page(request, "registration/handed_over.html", headers=PRIVATE, event=event, entered=entered)


@get("/erase")
async def ask_to_erase(request: Web) -> Response[Any]:
    registration, event = await mine(request)
    return await private_page(
        request,
        "registration/erase_all.html",
        event,
        made=await service.get_registration(registration.id),
        begun=erase.event_has_begun(event),
        kept_until=await erase.record_kept_until(event),
    )


@post("/erase", status_code=200)
async def erase_all(request: Web) -> Response[Any]:
    """The last page of this link: it says what is gone, and what is kept and why."""
    registration, event = await mine(request)
    kept = await erase.erase_registration(registration.id, request.user)
    services_of(request).wake_outbox()
    until = await erase.record_kept_until(event)
    return page(
        request,
        "registration/erased.html",
        headers=PRIVATE,
        event=event,
        kept=kept,
        kept_until=until,
        everybody=True,
        still_contact=False,
    )


async def _hand_over_page(
    request: Web, form: Form, errors: list[ShownError] | None = None, status: int = 200
) -> Response[Any]:
    registration, event = await mine(request)
    answer = await private_page(
        request,
        "registration/hand_over.html",
        event,
        registration=registration,
        form=form,
        errors=errors or [],
        wrong=by_field(errors or []),
    )
    answer.status_code = status
    return answer


def _back(request: Web, done: str) -> Response[Any]:
    return see_other(f"/registrations/{request.path_params['manage_token']}?done={done}")


routes = [
    Router(
        path="/registrations/{manage_token:str}",
        route_handlers=[
            resend_ticket,
            all_tickets,
            change_language,
            decide_consent,
            show_hand_over,
            hand_over,
            ask_to_erase,
            erase_all,
        ],
        guards=[manage_link],
        include_in_schema=False,
    )
]
