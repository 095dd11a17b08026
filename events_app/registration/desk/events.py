"""One event in the back office: how it stands, changing it, cancelling it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.events import editing, forms, rules, texts
from events_app.events import service as events
from events_app.kit import clock
from events_app.kit.errors import EventCancelled, Invalid
from events_app.kit.http.pages import see_other
from events_app.kit.http.state import services_of
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.registration import choice_queries, desk_queries, service
from events_app.registration.service import moving
from events_app.registration.service.report import open_number
from events_app.registration.texts import COUNTED_NEEDS

EVENT = "/desk/events/{slug:str}"


@get(EVENT, guards=[agent], include_in_schema=False)
async def event_page(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    now = clock.now()
    return await desk_page(
        request,
        "registration/desk/event.html",
        event=event,
        numbers=(await desk_queries.numbers([event.id]))[event.id],
        window=rules.window(event.window_facts, now),
        over=rules.is_over(event.public.ends_at, now),
        needs=await choice_queries.counted(event.id),
        clashes=[] if rules.is_over(event.public.ends_at, now) else await moving.clashes(event.id),
        need_texts=COUNTED_NEEDS,
        open_answers=await open_number(event),
        gaps=[texts.GAPS[code] for code in rules.gaps(events.as_entered(event), now)],
    )


@get(f"{EVENT}/edit", guards=[agent], include_in_schema=False)
async def edit_event(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    if event.public.status == "cancelled":
        raise EventCancelled
    return await editing.form_page(request, editing.edited(events.as_entered(event), event.slug), event=event)


@post(f"{EVENT}/edit", guards=[agent], include_in_schema=False, status_code=200)
async def change_event(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """Only what differs from the stored event is changed, so that slots and agenda move with a new time."""
    event = await events.managed_event(slug, request.user)
    form = await editing.sent_form(request)
    if editing.rows_changed(form):
        return await editing.form_page(request, form, form.errors, event)
    entered = editing.read(form)
    if entered.errors:
        return await editing.form_page(request, form, entered.errors, event)
    before = rules.tidied(events.as_entered(event))
    try:
        after = await service.change_event(slug, forms.patch_of(before, entered.event), request.user)
    except Invalid as refusal:
        return await editing.form_page(request, form, refusal.errors, event)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{after.slug}?done=saved")


@get(f"{EVENT}/cancel", guards=[agent], include_in_schema=False)
async def ask_to_cancel(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    numbers = (await desk_queries.numbers([event.id]))[event.id]
    return await desk_page(request, "registration/desk/cancel.html", event=event, numbers=numbers)


@post(f"{EVENT}/cancel", guards=[agent], include_in_schema=False, status_code=200)
async def cancel_event(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    reason = str((await request.form()).get("reason", ""))
    await service.cancel_event(slug, reason, request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}?done=cancelled")
