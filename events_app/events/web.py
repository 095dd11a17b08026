"""The public pages of events: what is coming, and one event with everything people ask before they come."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath

from events_app.accounts.guards import anyone, guest_or_staff
from events_app.events import listing, rules, service
from events_app.events.calendar_links import calendar_links
from events_app.events.jsonld import event_json_ld
from events_app.events.queries import EventRow
from events_app.events.schemas import AgendaItem, Venue
from events_app.kit import clock, settings
from events_app.kit.http.cache import PRECOMPRESSED, kept_page
from events_app.kit.http.state import services_of
from events_app.kit.i18n import Language
from events_app.organisations import queries as organisations

PAST_ON_HOME = 6
PAST_ON_DEMAND = 100
MAP_SEARCH = "https://www.openstreetmap.org/search"
Web = Request[Any, Any, Any]


@get("/", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def home(request: Web) -> Response[Any]:
    """Coming events, of one cluster with `?cluster=`; past ones, more of them with `?past=all`."""
    cluster = request.query_params.get("cluster", "")
    slug = cluster if rules.is_slug(cluster) else None
    more = request.query_params.get("past") == "all"

    async def context(_: Language) -> dict[str, object]:
        return await _listed(slug, PAST_ON_DEMAND if more else PAST_ON_HOME)

    key = ("home", slug, more) if slug or more else None
    return await kept_page(request, services_of(request).pages, "events/home.html", context, key)


async def _listed(slug: str | None, most_past: int) -> dict[str, object]:
    now, clusters = clock.now(), await organisations.clusters()
    cluster = next((known for known in clusters if known.slug == slug), None)
    chosen = cluster.slug if cluster else None
    past = await listing.past(now, chosen, most_past + 1)
    return {
        "clusters": clusters,
        "cluster": cluster,
        "coming": [(event, rules.window(event.window_facts, now)) for event in await listing.coming(now, chosen)],
        "past": past[:most_past],
        "older": len(past) > most_past,
        "this_year": now.year,
    }


@get("/events/{slug:str}", guards=[guest_or_staff], include_in_schema=False, opt={PRECOMPRESSED: True})
async def event_page(request: Web, slug: FromPath[str]) -> Response[Any]:
    async def context(_: Language) -> dict[str, object]:
        return _shown(await service.get_event(slug, request.user))

    return await kept_page(request, services_of(request).pages, "events/event.html", context)


def _shown(row: EventRow) -> dict[str, object]:
    now = clock.now()
    window = rules.window(row.window_facts, now)
    url = f"{settings.current().root_url}/events/{row.slug}"
    return {
        "row": row,
        "event": row.public,
        "window": window,
        "over": rules.is_over(row.public.ends_at, now),
        "days": agenda_days(row.agenda),
        "map_url": map_url(row.public.venue) if row.public.mode != "online" else None,
        "page_url": url,
        "links": calendar_links(row.public, url),
        "json_ld": event_json_ld(row.public, window, url),
    }


def agenda_days(items: Sequence[AgendaItem]) -> list[list[dict[str, object]]]:
    """The agenda day by day (times are in the event's zone), as the macro `agenda` takes it."""
    return [[_line(item) for item in day] for _, day in groupby(items, key=lambda item: item.starts_at.date())]


def _line(item: AgendaItem) -> dict[str, object]:
    note = " · ".join(filter(None, (item.speaker, item.room)))
    line = {"starts_at": item.starts_at, "ends_at": item.ends_at, "title": item.title, "note": note}
    return {**line, "choosable": item.choosable}


def map_url(venue: Venue) -> str | None:
    """A search on a map that opens when the reader follows the link; None if there is nothing to look for."""
    town = " ".join(filter(None, (venue.postcode, venue.place)))
    wanted = ", ".join(filter(None, (venue.street or venue.name, town)))
    return f"{MAP_SEARCH}?{urlencode({'query': wanted})}" if wanted else None


routes = [home, event_page]
