"""Calendars to fetch: one event as a file; a cluster's, everybody's and a person's own as feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from events_app.accounts.guards import anyone
from events_app.calendar import ical, queries, service
from events_app.calendar.guards import feed_link
from events_app.calendar.queries import PublicEvent
from events_app.events import rules
from events_app.events import service as event_service
from events_app.kit import clock, settings
from events_app.kit.errors import NotFound
from events_app.kit.http.cache import PRECOMPRESSED, Ready, answer, has
from events_app.kit.http.pages import language_of
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.organisations import queries as organisations

REFRESH = timedelta(hours=6)
PUBLIC = {"Cache-Control": "public, no-cache", "Vary": "Accept-Language, Cookie, Accept-Encoding"}
"""Anybody may keep it and asks each time whether it still holds; only the feed's name depends on the language."""
PRIVATE = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-cache"}
WRITING = 2
"""Raise it when entries are written otherwise: programs then fetch what they have anew, though no event changed."""
Web = Request[Any, Any, Any]


@get("/events/{slug:str}/calendar.ics", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def event_calendar(request: Web, slug: FromPath[str]) -> Response[Any]:
    async def write() -> bytes:
        return _written([PublicEvent.of(await event_service.get_event(slug))])

    ready = await services_of(request).pages.get(("event.ics", slug), write)
    return answer(request, ready, ical.MEDIA_TYPE, {**PUBLIC, "Content-Disposition": f'inline; filename="{slug}.ics"'})


@get("/clusters/{slug:str}/calendar.ics", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def cluster_calendar(request: Web, slug: FromPath[str]) -> Response[Any]:
    cluster = await organisations.cluster_by_slug(slug) if rules.is_slug(slug) else None
    if cluster is None:
        raise NotFound("There is no such cluster.")
    return await _feed(request, slug, cluster.name, slug)


@get("/calendar.ics", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def all_calendar(request: Web) -> Response[Any]:
    name = translate(language_of(request), "Events of the training clusters")
    return await _feed(request, None, name, "calendar")


@get("/feeds/{feed_token:str}", guards=[feed_link], include_in_schema=False, opt={PRECOMPRESSED: True})
async def own_feed(request: Web) -> Response[Any]:
    """An attendee's event, chosen sessions and meetings; the address can be replaced without touching the ticket's."""
    feed = await service.personal_feed(request.auth, language_of(request))
    if feed is None:
        raise NotFound
    return answer(request, Ready.of(feed.text), ical.MEDIA_TYPE, {**PRIVATE, **last_modified(feed.changed_at)})


def last_modified(moment: datetime | None) -> dict[str, str]:
    return {} if moment is None else {"Last-Modified": format_datetime(moment, usegmt=True)}


async def _feed(request: Web, cluster: str | None, name: str, file_name: str) -> Response[Any]:
    """Whether the reader has it is asked first, as it takes a tenth of the time that writing the feed does."""
    now = clock.now()
    extent = await queries.extent(cluster, now)
    headers = {
        **PUBLIC,
        **last_modified(extent.changed_at),
        "Content-Disposition": f'inline; filename="{file_name}.ics"',
    }
    etag = _etag(extent, name)
    if has(request, etag):
        return answer(request, Ready(b"", b"", etag), ical.MEDIA_TYPE, headers)

    async def write() -> bytes:
        return _written(await queries.public_events(cluster, now), name)

    ready = await services_of(request).pages.get(("feed", etag), write)
    return answer(request, replace(ready, etag=etag), ical.MEDIA_TYPE, headers)


def _etag(extent: queries.Extent, name: str) -> str:
    """Of all that the bytes depend on."""
    held = settings.current()
    facts = msgspec.json.encode([WRITING, extent, name, held.root_url, held.mail_from])
    return f'W/"{blake2b(facts, digest_size=12).hexdigest()}"'


def _written(events: Sequence[PublicEvent], name: str | None = None) -> bytes:
    return ical.publish(map(service.public_entry, events), name=name, refresh=None if name is None else REFRESH)


routes = [event_calendar, cluster_calendar, all_calendar, own_feed]
