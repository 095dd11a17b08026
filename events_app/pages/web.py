"""Public pages that draw on several rooms: a cluster, the programme, and the texts every site must have."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from email.utils import parseaddr
from itertools import groupby
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from events_app import reference
from events_app.accounts.guards import anyone
from events_app.events import listing, rules
from events_app.kit import clock, settings
from events_app.kit.assets import DIST_DIR, asset
from events_app.kit.errors import NotFound
from events_app.kit.http.cache import PRECOMPRESSED, kept_page
from events_app.kit.http.protection import framed_by
from events_app.kit.http.state import services_of
from events_app.kit.i18n import Language
from events_app.organisations import queries as organisations
from events_app.organisations.queries import ClusterRow
from events_app.pages.service import own_text
from events_app.reference import District
from events_app.registration.texts import KINDS

COALFIELDS = ("Lausitzer Revier", "Mitteldeutsches Revier", "Rheinisches Revier")
"""Those of InvKG § 2; Helmstedt is supported by another chapter and stands outside the programme."""
PAST_ON_PAGE = 6
FOR_ANY_SITE = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
Web = Request[Any, Any, Any]


@get("/clusters/{slug:str}", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def cluster_page(request: Web, slug: FromPath[str]) -> Response[Any]:
    async def context(language: Language) -> dict[str, object]:
        return await _cluster(slug, language)

    return await kept_page(request, services_of(request).pages, "pages/cluster.html", context)


async def _cluster(slug: str, language: Language) -> dict[str, object]:
    cluster, now = await _known_cluster(slug), clock.now()
    coming = await listing.coming(now, slug)
    occupations = filter(None, map(reference.occupation, cluster.occupations))
    districts = filter(None, map(reference.district, cluster.districts))
    return {
        "cluster": cluster,
        "occupations": [reference.label(known, language) for known in occupations],
        "districts": sorted((reference.label(known, language) for known in districts), key=reference.sort_key),
        "members": sorted(await organisations.members(cluster.id), key=lambda member: reference.sort_key(member.name)),
        "kinds": KINDS,
        "coming": [(event, rules.window(event.window_facts, now)) for event in coming],
        "past": await listing.past(now, slug, PAST_ON_PAGE),
        "this_year": now.year,
    }


@get("/programme", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def programme(request: Web) -> Response[Any]:
    async def context(language: Language) -> dict[str, object]:
        return {
            "clusters": await organisations.clusters(),
            "themes": [reference.label(theme, language) for theme in reference.themes()],
            "coalfields": [(name, [reference.label(one, language) for one in inside]) for name, inside in coalfields()],
        }

    return await kept_page(request, services_of(request).pages, "pages/programme.html", context)


def coalfields() -> list[tuple[str, Sequence[District]]]:
    """The programme's coalfields with their districts, both by name."""
    inside = [district for district in reference.districts() if district.coalfield in COALFIELDS]
    by_name = groupby(sorted(inside, key=_coalfield), key=_coalfield)
    return [(name, list(districts)) for name, districts in by_name]


def _coalfield(district: District) -> str:
    return district.coalfield or ""


@get("/imprint", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def imprint(request: Web) -> Response[Any]:
    return await _text(request, "imprint")


@get("/privacy", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def privacy(request: Web) -> Response[Any]:
    return await _text(request, "privacy")


@get("/accessibility", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def accessibility(request: Web) -> Response[Any]:
    return await _text(request, "accessibility")


async def _text(request: Web, name: str) -> Response[Any]:
    async def context(language: Language) -> dict[str, object]:
        now = settings.current()
        operator, contact = parseaddr(now.mail_from)
        return {
            "own_text": await own_text(name, language),
            "operator": operator,
            "contact": contact,
            "retention_days": now.retention_days,
        }

    return await kept_page(request, services_of(request).pages, f"pages/{name}.html", context)


@get("/embed/clusters/{slug:str}", guards=[anyone], include_in_schema=False, opt={PRECOMPRESSED: True})
async def embedded_cluster(request: Web, slug: FromPath[str]) -> Response[Any]:
    """The cluster's coming events for a frame in its own site.

    Kept under a key that is no path: from memory it would be sent without its policy.
    """
    cluster = await _known_cluster(slug)

    async def context(_: Language) -> dict[str, object]:
        now = clock.now()
        coming = [(event, rules.window(event.window_facts, now)) for event in await listing.coming(now, slug)]
        return {"cluster": cluster, "coming": coming, "this_year": now.year}

    made = await kept_page(request, services_of(request).pages, "embed/cluster.html", context, ("embed", slug))
    return framed_by(made, cluster.embed_hosts)


@get("/embed.js", guards=[anyone], include_in_schema=False)
async def embed_script() -> Response[bytes]:
    """The script that other sites load: an address that never changes, for anybody's page."""
    content = await asyncio.to_thread((DIST_DIR / asset("embed.js").rpartition("/")[2]).read_bytes)
    return Response(content, media_type="text/javascript", headers=FOR_ANY_SITE)


async def _known_cluster(slug: str) -> ClusterRow:
    cluster = await organisations.cluster_by_slug(slug) if rules.is_slug(slug) else None
    if cluster is None:
        raise NotFound("There is no such cluster.")
    return cluster


routes = [cluster_page, programme, imprint, privacy, accessibility, embedded_cluster, embed_script]
