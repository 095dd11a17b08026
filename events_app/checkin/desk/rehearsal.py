"""The rehearsal in the back office: the test ticket to be scanned and printed, and how to begin on each device."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.checkin import service
from events_app.checkin.desk.badges import chosen_format
from events_app.kit import clock, settings
from events_app.kit.http.pages import language_of
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.tickets import qr

REHEARSAL = "/desk/events/{slug:str}/rehearsal"


@get(REHEARSAL, guards=[agent], include_in_schema=False)
async def rehearsal_page(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event, code, devices = await service.rehearsal(slug, request.user)
    return await desk_page(
        request,
        "checkin/desk_rehearsal.html",
        event=event,
        devices=devices,
        now=clock.now(),
        test_symbol=qr.svg(code),
        door_symbol=qr.svg(f"{settings.current().root_url}/door/rehearsal"),
    )


@get(f"{REHEARSAL}/badge.pdf", guards=[agent], include_in_schema=False)
async def trial_badge(request: DeskRequest, slug: FromPath[str]) -> Response[bytes]:
    """`?format=` as with badges."""
    form = chosen_format(request.query_params)
    made = await service.trial_badge(slug, form, language_of(request), request.user)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="rehearsal-{slug}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


routes = [rehearsal_page, trial_badge]
