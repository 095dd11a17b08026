"""The rehearsal on a device: camera, sound, connection, offline and printer, with a test ticket that counts nowhere."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from events_app.accounts.guards import anyone
from events_app.accounts.rules import Actor
from events_app.checkin import service
from events_app.checkin.guards import device
from events_app.checkin.queries.devices import Door
from events_app.kit.errors import NotFound
from events_app.kit.http.pages import page
from events_app.tickets import qr

WebRequest = Request[Any, Any, Any]
DoorRequest = Request[Actor, Door, Any]
CHECKS = ("sync", "offline", "camera", "sound", "printer")


@get("/door/rehearsal", guards=[anyone], include_in_schema=False)
async def rehearsal(request: WebRequest) -> Response[Any]:
    return page(request, "checkin/rehearsal.html", checks=CHECKS)


@get("/door/rehearsal/ticket", guards=[device], include_in_schema=False)
async def trial_ticket(request: DoorRequest) -> Response[dict[str, str]]:
    """The code of the event's test ticket, and its symbol as SVG."""
    code = service.trial_code(request.auth)
    if code is None:
        raise NotFound
    return Response({"code": code, "symbol": qr.svg(code)}, headers={"Cache-Control": "no-store"})


routes = [rehearsal, trial_ticket]
