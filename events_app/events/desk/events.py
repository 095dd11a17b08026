"""The back office's events: the list, a new one, publishing. Changing and cancelling are doors of `registration`."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.events import editing, service, texts
from events_app.events.queries import EventRow
from events_app.events.rules import is_over
from events_app.kit import clock
from events_app.kit.errors import Invalid
from events_app.kit.http.pages import see_other
from events_app.organisations.shell import DeskRequest, desk_page

VIEWS = ("coming", "past", "draft", "cancelled")


@get("/desk/events", guards=[agent], include_in_schema=False)
async def list_events(request: DeskRequest) -> Response[Any]:
    """The events this person runs; `?show=` past, draft or cancelled ones instead of those to come."""
    events = await service.desk_events(request.user)
    view = request.query_params.get("show", "coming")
    view = view if view in VIEWS else "coming"
    by_view = {name: [event for event in events if _view_of(event) == name] for name in VIEWS}
    shown = sorted(by_view[view], key=lambda event: event.public.starts_at, reverse=view in {"past", "cancelled"})
    counts = {name: len(found) for name, found in by_view.items()}
    return await desk_page(request, "events/desk/list.html", events=shown, view=view, counts=counts, kinds=texts.KINDS)


@get("/desk/events/new", guards=[agent], include_in_schema=False)
async def new_event(request: DeskRequest) -> Response[Any]:
    """An empty form, or with `?like=` one filled from an earlier event."""
    like = request.query_params.get("like")
    if like is None:
        return await editing.form_page(request, editing.blank())
    earlier = await service.managed_event(like, request.user)
    return await editing.form_page(request, editing.copied(service.as_entered(earlier)))


@post("/desk/events/new", guards=[agent], include_in_schema=False, status_code=200)
async def create_event(request: DeskRequest) -> Response[Any]:
    form = await editing.sent_form(request)
    if editing.rows_changed(form):
        return await editing.form_page(request, form, form.errors)
    entered = editing.read(form)
    if entered.errors:
        return await editing.form_page(request, form, entered.errors)
    try:
        event = await service.create_event(entered.event, request.user)
    except Invalid as refusal:
        return await editing.form_page(request, form, refusal.errors)
    return see_other(f"/desk/events/{event.slug}?done=created")


@post("/desk/events/{slug:str}/publish", guards=[agent], include_in_schema=False, status_code=200)
async def publish_event(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    await service.publish_event(slug, request.user)
    return see_other(f"/desk/events/{slug}?done=published")


def _view_of(event: EventRow) -> str:
    if event.public.status != "published":
        return event.public.status
    return "past" if is_over(event.public.ends_at, clock.now()) else "coming"
