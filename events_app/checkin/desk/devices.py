"""The back office's devices of one event: who is paired, pairing another one, withdrawing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import agent
from events_app.checkin import rules, service
from events_app.checkin.schemas import DeviceIn
from events_app.kit import clock
from events_app.kit.errors import FieldError, Invalid
from events_app.kit.http.pages import see_other
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.tickets import qr

DEVICES = "/desk/events/{slug:str}/devices"


@get(DEVICES, guards=[agent], include_in_schema=False)
async def list_devices(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    return await _list(request, slug)


@post(DEVICES, guards=[agent], include_in_schema=False, status_code=200)
async def create_device(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    form = await request.form()
    name, may_override = str(form.get("name", "")), "may_override" in form
    try:
        made = await service.create_device(slug, DeviceIn(name, may_override), request.user)
    except Invalid as refusal:
        return await _list(request, slug, name, refusal.errors)
    return see_other(f"/desk/events/{slug}/devices/{made.id}")


@get(DEVICES + "/{device_id:uuid}", guards=[agent], include_in_schema=False)
async def show_device(request: DeskRequest, slug: FromPath[str], device_id: FromPath[UUID]) -> Response[Any]:
    """The pairing QR and code while they are good, then that it is paired."""
    device = await service.device_of_event(slug, device_id, request.user)
    symbol = qr.svg(device.pairing_url) if device.pairing_code else ""
    return await desk_page(request, "checkin/device.html", event=device.event, device=device, symbol=symbol)


@post(DEVICES + "/{device_id:uuid}/revoke", guards=[agent], include_in_schema=False, status_code=200)
async def revoke_device(request: DeskRequest, slug: FromPath[str], device_id: FromPath[UUID]) -> Response[Any]:
    await service.revoke_device(device_id, request.user)
    return see_other(f"/desk/events/{slug}/devices")


async def _list(request: DeskRequest, slug: str, name: str = "", errors: tuple[FieldError, ...] = ()) -> Response[Any]:
    event, devices = await service.devices(slug, request.user)
    return await desk_page(
        request,
        "checkin/devices.html",
        status_code=400 if errors else 200,
        event=event,
        devices=[(row, rules.device_state(row.facts, clock.now())) for row in devices],
        name=name,
        errors=errors,
    )


routes: list[ControllerRouterHandler] = [list_devices, create_device, show_device, revoke_device]
