"""The registration form: one organisation and its people; the training profile follows as a second step."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import anyone, guest_or_staff
from events_app.events import rules as event_rules
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit.errors import Forbidden, Refusal
from events_app.kit.forms import Form, ShownError, by_field
from events_app.kit.http import pow as proof
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.registration import forms, queries, service
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.web import access, fields, helps
from events_app.registration.web.fields import Web
from events_app.registration.web.helps import Helped
from events_app.registration.web.profile import is_closed

TRAP = "website"
NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@get("/pow/challenge", guards=[anyone], include_in_schema=False)
async def challenge() -> Response[dict[str, Any]]:
    """A task for the browser, so that forms need no third party against bots."""
    return Response(proof.challenge(), headers=NO_STORE)


@get("/events/{slug:str}/register", guards=[guest_or_staff], include_in_schema=False)
async def show_form(request: Web, slug: FromPath[str]) -> Response[Any]:
    event = await events.get_event(slug, request.user)
    known = await _known(request.query_params.get("again", ""))
    values = forms.remembered(*known) if known else {"contact_attends": "yes", "attendees": [{}]}
    values |= await access.invited(event, request.query_params.get("invitation", ""))
    values["again"] = request.query_params.get("again", "") if known else ""
    return await _shown(request, event, Form(values))


async def _known(manage_token: str) -> tuple[RegistrationRow, list[AttendeeRow]] | None:
    """An earlier registration and its people: whoever holds its mailed link need not enter them again."""
    earlier = await service.by_manage_token(manage_token)
    return None if earlier is None else (earlier, await queries.attendees(earlier.id))


@post("/events/{slug:str}/register", guards=[guest_or_staff], include_in_schema=False, status_code=200)
async def send_form(request: Web, slug: FromPath[str]) -> Response[Any]:
    """Register, or ask by mail first where the browser could not show that it is one."""
    held = services_of(request)
    event = await events.get_event(slug, request.user)
    form = await fields.sent_answers(request, event)
    if helped := helps.press(form, language_of(request)):
        return await _shown(request, event, form, helped=helped)
    if fields.change_rows(form):
        return await _shown(request, event, form)
    await held.limit(request, "registration", held.registration_rate)
    if form.text(TRAP):
        raise Forbidden("This form was filled in by a program.")
    return await _registered(request, event, form)


async def _registered(request: Web, event: EventRow, form: Form) -> Response[Any]:
    entered = forms.registration(form, event.public.questions, language_of(request))
    if event.public.matchmaking.enabled and (known := await _known(form.text("again"))):
        entered.training = msgspec.structs.replace(known[0].training, unavailable=[])
    try:
        if form.errors:
            await service.preview(event.slug, entered, form.errors)
        if proof.is_solved(form.text("altcha")):
            made = await service.register(event.slug, entered, source="form")
            services_of(request).wake_outbox()
            return see_other(_next_step(event, made.manage_token))
        await service.hold(event.slug, entered)
    except Refusal as refusal:
        return await _refused(request, event, form, refusal)
    services_of(request).wake_outbox()
    return page(request, "registration/held.html", event=event, email=entered.contact.email)


async def _refused(request: Web, event: EventRow, form: Form, refusal: Refusal) -> Response[Any]:
    language = language_of(request)
    errors = fields.shown(refusal.errors, language, event, contact_attends=form.ticked("contact_attends"))
    notice = None if errors else fields.refused(refusal, language)
    return await _shown(request, event, form, errors=errors, notice=notice, status_code=refusal.status)


async def _shown(
    request: Web,
    event: EventRow,
    form: Form,
    *,
    errors: list[ShownError] | None = None,
    notice: str | None = None,
    helped: Helped | None = None,
    status_code: int = 200,
) -> Response[Any]:
    language = language_of(request)
    noted = fields.shown(helped.errors, language) if helped else errors or []
    return page(
        request,
        "registration/register.html",
        status_code=status_code,
        headers=NO_STORE,
        event=event,
        window=event_rules.window(event.window_facts, clock.now()),
        form=form,
        errors=errors or [],
        wrong=by_field(noted),
        helped=helped,
        notice_text=notice,
        trap_name=TRAP,
        asks_code=await access.asks_code(event),
        for_people=fields.asked_per("attendee", event, language),
        for_all=fields.asked_per("registration", event, language),
        **fields.organisation_choices(form, language),
    )


@get("/registrations/confirm/{token:str}", guards=[anyone], include_in_schema=False)
async def show_held(request: Web, token: FromPath[str]) -> Response[Any]:
    """Looking at the mailed link changes nothing; its button does. Once pressed, the link leads to what it made."""
    if made := await service.made_real(token):
        return see_other(f"/registrations/{made.manage_token}")
    found = await service.held(token)
    event = None if found is None else await events.get_event(found[0])
    return page(
        request,
        "registration/confirm.html",
        status_code=200 if found else 404,
        headers=NO_STORE,
        event=event,
        entered=None if found is None else found[1],
        problem=None,
    )


@post("/registrations/confirm/{token:str}", guards=[anyone], include_in_schema=False, status_code=200)
async def confirm_held(request: Web, token: FromPath[str]) -> Response[Any]:
    found = await service.held(token)
    try:
        made = await service.confirm_held(token)
    except Refusal as refusal:
        event = None if found is None else await events.get_event(found[0])
        return page(
            request,
            "registration/confirm.html",
            status_code=refusal.status,
            event=event,
            entered=None,
            problem=fields.refused(refusal, language_of(request)),
        )
    services_of(request).wake_outbox()
    confirmed = await service.event_of(made.id)
    return see_other(_next_step(confirmed, made.manage_token))


def _next_step(event: EventRow, manage_token: str) -> str:
    """The profile where partners are suggested, else straight to the overview."""
    page_of = "/profile" if event.public.matchmaking.enabled and not is_closed(event) else ""
    return f"/registrations/{manage_token}{page_of}?new=1"


routes = [challenge, show_form, send_form, show_held, confirm_held]
