"""The first page of the back office: what comes next, and what waits for somebody."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from events_app.accounts.guards import staff
from events_app.events import mail_queries, service
from events_app.events.rules import is_over
from events_app.kit import clock
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.registration import desk_queries

COMING_SHOWN = 8


@get("/desk", guards=[staff], include_in_schema=False)
async def start(request: DeskRequest) -> Response[Any]:
    """A door helper is shown the way to the door; everybody else sees her events."""
    if not request.user.is_desk:
        return await desk_page(request, "registration/desk/door_only.html")
    events = sorted(await service.desk_events(request.user), key=lambda event: event.public.starts_at)
    open_ones = [event for event in events if not is_over(event.public.ends_at, clock.now())]
    coming = [event for event in open_ones if event.public.status == "published"]
    return await desk_page(
        request,
        "registration/desk/start.html",
        coming=coming[:COMING_SHOWN],
        more=max(0, len(coming) - COMING_SHOWN),
        drafts=[event for event in open_ones if event.public.status == "draft"],
        numbers=await desk_queries.numbers([event.id for event in coming]),
        parked=await mail_queries.parked_count(mail_queries.scope_of(request.user)),
    )
