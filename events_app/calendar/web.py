"""Public calendars: one event as a file, a cluster's and everybody's events as feeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from events_app.accounts.guards import anyone
from events_app.calendar import ical, service
from events_app.events import queries as events
from events_app.events import rules
from events_app.events import service as event_service
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit.errors import NotFound
from events_app.kit.http.cache import PRECOMPRESSED, answer
from events_app.kit.http.pages import language_of
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.organisations import queries as organisations

REFRESH = timedelta(hours=6)
LOOK_BACK = timedelta(days=365)
MOST = 500
PUBLIC = {"Cache-Control": "public, no-cache", "Vary": "Accept-Language, Cookie, Accept-Encoding"}
"""Anybody may keep it and asks each time whether it still holds; only the feed's name depends on the language."""
Web = Request[Any, Any, Any]


@get("/events/{slug:str}/calendar.ics", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def event_calendar(request: Web, slug: FromPath[str]) -> Response[Any]:
    async def write() -> bytes:
        return _written([await event_service.get_event(slug)])

    ready = await services_of(request).pages.get(("event.ics", slug), write)
    return answer(request, ready, ical.MEDIA_TYPE, {**PUBLIC, "Content-Disposition": f'inline; filename="{slug}.ics"'})


@get("/clusters/{slug:str}/calendar.ics", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def cluster_calendar(request: Web, slug: FromPath[str]) -> Response[Any]:
    async def write() -> bytes:
        cluster = await organisations.cluster_by_slug(slug) if rules.is_slug(slug) else None
        if cluster is None:
            raise NotFound("There is no such cluster.")
        return _written(await _events(slug), cluster.name)

    ready = await services_of(request).pages.get(("cluster.ics", slug), write)
    return answer(request, ready, ical.MEDIA_TYPE, {**PUBLIC, "Content-Disposition": f'inline; filename="{slug}.ics"'})


@get("/calendar.ics", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def all_calendar(request: Web) -> Response[Any]:
    language = language_of(request)

    async def write() -> bytes:
        return _written(await _events(None), translate(language, "Events of the training clusters"))

    ready = await services_of(request).pages.get(("all.ics", language), write)
    return answer(request, ready, ical.MEDIA_TYPE, {**PUBLIC, "Content-Disposition": 'inline; filename="calendar.ics"'})


async def _events(cluster: str | None) -> Sequence[EventRow]:
    """What is coming and what was in the last year: calendars forget what a feed no longer has."""
    return await events.public_events(cluster=cluster, since=clock.now() - LOOK_BACK, limit=MOST)


def _written(rows: Sequence[EventRow], name: str | None = None) -> bytes:
    return ical.publish(map(service.public_entry, rows), name=name, refresh=None if name is None else REFRESH)


routes = [event_calendar, cluster_calendar, all_calendar]
