"""The poster at the entrance, and those who came by it when all seats were taken."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.checkin import service
from events_app.checkin.poster import CLOSES_AFTER, OPENS_BEFORE
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.http.state import services_of
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.tickets import qr

ENTRANCE = "/desk/events/{slug:str}/entrance"


@get(ENTRANCE, guards=[agent], include_in_schema=False)
async def entrance_page(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    found = await service.entrance(slug, request.user)
    public = found.event.public
    return await desk_page(
        request,
        "checkin/entrance.html",
        event=found.event,
        entrance=found,
        symbol=qr.svg(found.address) if found.key else "",
        opens_at=public.starts_at - OPENS_BEFORE,
        closes_at=public.ends_at + CLOSES_AFTER,
    )


@post(ENTRANCE, guards=[agent], include_in_schema=False, status_code=200)
async def make_poster(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """A poster, or another one in the place of one that has come into wrong hands."""
    await service.make_poster(slug, request.user)
    return see_other(f"/desk/events/{slug}/entrance")


@post(f"{ENTRANCE}/remove", guards=[agent], include_in_schema=False, status_code=200)
async def remove_poster(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    await service.remove_poster(slug, request.user)
    return see_other(f"/desk/events/{slug}/entrance")


@get(f"{ENTRANCE}/poster.pdf", guards=[agent], include_in_schema=False)
async def poster_file(request: DeskRequest, slug: FromPath[str]) -> Response[bytes]:
    """Both languages stand on it, the reader's on top."""
    made = await service.poster_file(slug, language_of(request), request.user)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="poster-{slug}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


@post(f"{ENTRANCE}/{{registration_id:uuid}}/seat", guards=[agent], include_in_schema=False, status_code=200)
async def seat_walk_in(request: DeskRequest, slug: FromPath[str], registration_id: FromPath[UUID]) -> Response[Any]:
    await service.seat_walk_in(slug, registration_id, request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}/entrance")


@post(f"{ENTRANCE}/{{registration_id:uuid}}/refusal", guards=[agent], include_in_schema=False, status_code=200)
async def turn_walk_in_away(
    request: DeskRequest, slug: FromPath[str], registration_id: FromPath[UUID]
) -> Response[Any]:
    await service.turn_walk_in_away(slug, registration_id, request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}/entrance")


routes = [entrance_page, make_poster, remove_poster, poster_file, seat_walk_in, turn_walk_in_away]
