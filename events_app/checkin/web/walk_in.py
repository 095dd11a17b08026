"""What the poster at the entrance leads to: a short form on the visitor's own phone, and their ticket at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import anyone
from events_app.accounts.rules import Actor
from events_app.checkin import service
from events_app.checkin.poster import is_open
from events_app.checkin.queries.posters import admitted_at
from events_app.checkin.service import Visitor
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit import forms as kit_forms
from events_app.kit.errors import FieldError, Forbidden, NotFound, Refusal
from events_app.kit.forms import Form, Labels, by_field
from events_app.kit.http import pow as proof
from events_app.kit.http.limits import Rate
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.registration.forms import KINDS
from events_app.registration.schemas import Consents, OrganisationIn
from events_app.registration.texts import FIELDS
from events_app.registration.texts import KINDS as KIND_WORDS
from events_app.tickets.guards import ticket_link
from events_app.tickets.service import TicketRow

WALK_IN = "/events/{slug:str}/walk-in/{key:str}"
TRAP = "website"
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
WRONG_KEYS = Rate(60, 60)
VISITORS = Rate(120, 600)
"""Per address: all guests of a house may come through one."""
UNPROVED: Final = "Your browser could not show that it is one. Please switch on JavaScript, or ask at the door."
Web = Request[Actor, Any, Any]
TicketWeb = Request[Actor, TicketRow, Any]


@get("/w/{key:str}", guards=[anyone], include_in_schema=False)
async def short_address(request: Web, key: FromPath[str]) -> Response[Any]:
    """The address on the poster, short enough to be typed."""
    event = await _event(request, key)
    return see_other(f"/events/{event.slug}/walk-in/{key}")


@get(WALK_IN, guards=[anyone], include_in_schema=False)
async def show_walk_in(request: Web, slug: FromPath[str], key: FromPath[str]) -> Response[Any]:
    event = await _event(request, key, slug)
    return _shown(request, event, Form({"form": str(uuid4())}))


@post(WALK_IN, guards=[anyone], include_in_schema=False, status_code=200)
async def send_walk_in(request: Web, slug: FromPath[str], key: FromPath[str]) -> Response[Any]:
    """Register, and lead to the ticket. Sending the same form again leads to the same ticket."""
    held, event = services_of(request), await _event(request, key, slug)
    form = kit_forms.read((await request.form()).multi_items())
    await held.limit(request, "walk-in", VISITORS)
    if form.text(TRAP):
        raise Forbidden("This form was filled in by a program.")
    if not proof.is_solved(form.text("altcha")):
        return _shown(request, event, form, notice=translate(language_of(request), UNPROVED), status_code=403)
    try:
        made = await service.register_visitor(event, _visitor(request, form))
    except Refusal as refusal:
        return _refused(request, event, form, refusal)
    held.wake_outbox()
    return see_other(f"/events/{slug}/walk-in/{key}/{made.attendees[0].ticket_token}")


@get(f"{WALK_IN}/{{ticket_token:str}}", guards=[ticket_link], include_in_schema=False)
async def walked_in(request: TicketWeb, slug: FromPath[str], key: FromPath[str]) -> Response[Any]:
    """The visitor's ticket and how things stand: waiting for admission, for a decision, or in."""
    event, ticket = await _event(request, key, slug), request.auth
    if ticket.event != event.id:
        raise NotFound
    return page(
        request,
        "checkin/walked_in.html",
        headers=PRIVATE,
        event=event,
        ticket=ticket,
        admitted=await admitted_at(ticket.id) is not None,
    )


async def _event(request: Request[Any, Any, Any], key: str, slug: str | None = None) -> EventRow:
    """The event of a poster's key; who tries many wrong ones has to wait. Raises `NotFound`, `EventCancelled`."""
    try:
        event = await service.event_of_poster(key)
    except NotFound:
        await services_of(request).limit(request, "wrong-poster", WRONG_KEYS)
        raise
    if slug not in {None, event.slug}:
        raise NotFound
    return event


def _visitor(request: Web, form: Form) -> Visitor:
    kind = form.text("organisation", "kind")
    return Visitor(
        form=_id(form.text("form")),
        given_name=form.text("given_name"),
        family_name=form.text("family_name"),
        email=form.text("email"),
        organisation=OrganisationIn(
            name=form.text("organisation", "name"),
            kind=kind if kind in KINDS else "other",  # type: ignore[arg-type] # one of them, as just asked
        ),
        consents=Consents(
            privacy=form.ticked("consents", "privacy"),
            newsletter=form.ticked("consents", "newsletter") and bool(form.text("email")),
        ),
        language=language_of(request),
        namesake=form.ticked("namesake"),
    )


def _id(text: str) -> UUID:
    """The form's id, which its page has made; another one for whoever has changed it."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _refused(request: Web, event: EventRow, form: Form, refusal: Refusal) -> Response[Any]:
    errors = [replace(error, field=error.field or "/email") for error in refusal.errors]  # the same person again
    notice = None if errors else translate(language_of(request), refusal.message, refusal.values)
    return _shown(request, event, form, errors=errors, notice=notice, status_code=refusal.status)


def _shown(
    request: Web,
    event: EventRow,
    form: Form,
    *,
    errors: Sequence[FieldError] = (),
    notice: str | None = None,
    status_code: int = 200,
) -> Response[Any]:
    language = language_of(request)
    wrong = kit_forms.shown(errors, language, Labels(FIELDS, {}))
    return page(
        request,
        "checkin/walk_in.html",
        status_code=status_code,
        headers=PRIVATE,
        event=event,
        open=is_open(event.public.starts_at, event.public.ends_at, clock.now()),
        form=form,
        errors=wrong,
        wrong=by_field(wrong),
        namesake=any(error.field == "/namesake" for error in errors),
        notice_text=notice,
        trap_name=TRAP,
        kind_choices=[(kind, translate(language, text)) for kind, text in KIND_WORDS.items()],
    )


routes = [short_address, show_walk_in, send_walk_in, walked_in]
