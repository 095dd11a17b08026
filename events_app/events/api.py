"""Events over JSON. What also concerns an event's people (read, change, cancel) are doors of `registration`."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import agent, anyone
from events_app.accounts.rules import Actor
from events_app.events import queries, rules, service
from events_app.events.paging import make_cursor, read_bound, read_cursor
from events_app.events.schemas import EventIn, EventOut, EventPage
from events_app.kit.errors import EventCancelled, EventNotFound, Forbidden, Unauthorised
from events_app.kit.http.documents import BEARER, refusals

TAGS = ["events"]
EVENTS = "/api/v1/events"
EVENT = f"{EVENTS}/{{slug:str}}"
PAGE = 50
LIMIT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": 100, "default": PAGE, "pattern": None}
"""A number to scripts; read as a text so that an empty one is none, as with the other parameters."""
BOUND = "RFC 3339, or a day in Germany as 2026-11-05"
ApiRequest = Request[Actor, Any, Any]


@get(EVENTS, guards=[anyone], tags=TAGS, responses=refusals())
async def list_events(
    cluster: Annotated[str | None, QueryParameter(description="a cluster's slug")] = None,
    since: Annotated[str | None, QueryParameter(name="from", description=f"starting then or later: {BOUND}")] = None,
    until: Annotated[
        str | None, QueryParameter(name="to", description=f"starting earlier, a day whole: {BOUND}")
    ] = None,
    limit: Annotated[str, QueryParameter(pattern="^(|[1-9][0-9]?|100)$", schema_extra=LIMIT_SCHEMA)] = "",
    cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before")] = None,
) -> EventPage:
    """Published and cancelled events, earliest start first. An empty filter is none."""
    if cluster and not rules.is_slug(cluster):
        return EventPage([], None)
    size = int(limit or PAGE)
    found = await queries.public_events(
        cluster=cluster or None,
        since=read_bound("from", since),
        until=read_bound("to", until),
        after=read_cursor(cursor),
        limit=size + 1,
    )
    shown = found[:size]
    more = make_cursor(shown[-1].public.starts_at, shown[-1].id) if len(found) > len(shown) else None
    return EventPage([event.public for event in shown], more)


@post(EVENTS, guards=[agent], tags=TAGS, responses=refusals(Unauthorised, Forbidden), security=BEARER)
async def create_event(request: ApiRequest, data: JSONBody[EventIn]) -> EventOut:
    """A new draft."""
    return (await service.create_event(data, request.user)).for_desk()


@post(
    f"{EVENT}/publish",
    guards=[agent],
    tags=TAGS,
    status_code=200,
    responses=refusals(Unauthorised, Forbidden, EventNotFound, EventCancelled),
    security=BEARER,
)
async def publish_event(request: ApiRequest, slug: FromPath[str]) -> EventOut:
    """Show the event and take registrations."""
    return (await service.publish_event(slug, request.user)).for_desk()


routes: list[ControllerRouterHandler] = [list_events, create_event, publish_event]
