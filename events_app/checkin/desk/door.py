"""The door as the desk sees it: numbers that move, arrivals, devices, conflicts, and what was scanned last."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import agent, find_desk_actor
from events_app.checkin import rules
from events_app.checkin.queries import history
from events_app.checkin.queries.devices import exits, of_event
from events_app.checkin.schemas import DoorSettingsIn, ReasonIn
from events_app.checkin.service import corrections, guests, presence
from events_app.checkin.service.devices import change_door_settings
from events_app.checkin.streams import stream
from events_app.checkin.texts import REASONS, RESULTS
from events_app.events.queries import EventRow
from events_app.events.service import managed_event
from events_app.kit import clock
from events_app.kit.errors import Conflict, FieldError, Invalid, NotFound
from events_app.kit.http.cache import PRECOMPRESSED
from events_app.kit.http.pages import see_other
from events_app.organisations.shell import DeskRequest, desk_page

DOOR = "/desk/events/{slug:str}/door"
SCAN = DOOR + "/scans/{scan_id:uuid}"


@get(DOOR, guards=[agent], include_in_schema=False)
async def show_door(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await managed_event(slug, request.user)
    now, zone = await guests.live(event.id, event.public.timezone), event.public.timezone
    width, bars = rules.arrival_bars([(minute.minute, minute.admitted) for minute in now.by_minute])
    conflicts = await history.conflicts(event.id)
    today = await presence.day_list(slug, now.day, request.user)
    return await desk_page(
        request,
        "checkin/desk_door.html",
        event=event,
        now=now,
        bar_minutes=width,
        bars=bars,
        most=max((bar.admitted for bar in bars), default=0),
        exits=await exits(event.id),
        stays=today.stays if today.day == now.day else None,
        devices=[(row, rules.device_state(row.facts, clock.now())) for row in await of_event(event.id)],
        conflicts=conflicts,
        firsts=await history.first_of(conflicts),
        latest=await history.latest(event.id, corrections.LATEST_SHOWN),
        reasons=REASONS,
        results=RESULTS,
        zone=zone,
    )


@get(DOOR + "/live", guards=[agent], include_in_schema=False, opt={PRECOMPRESSED: True})
async def live(request: DeskRequest, slug: FromPath[str]) -> ServerSentEvent:
    """Server-sent events for the page; they end when its reader is logged out."""
    event = await managed_event(slug, request.user)

    async def still_allowed() -> bool:
        return await find_desk_actor(request) is not None

    return stream(event.id, event.public.timezone, still_allowed)


@post(DOOR, guards=[agent], include_in_schema=False, status_code=200)
async def change_door(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    ticked = "exits" in await request.form()
    await change_door_settings(slug, DoorSettingsIn(ticked), request.user)
    return see_other(f"/desk/events/{slug}/door?done=saved")


@get(SCAN, guards=[agent], include_in_schema=False)
async def show_scan(request: DeskRequest, slug: FromPath[str], scan_id: FromPath[UUID]) -> Response[Any]:
    """One scan: what happened, and taking it back or admitting all the same."""
    return await _scan(request, await managed_event(slug, request.user), scan_id)


@post(SCAN + "/undo", guards=[agent], include_in_schema=False, status_code=200)
async def undo(request: DeskRequest, slug: FromPath[str], scan_id: FromPath[UUID]) -> Response[Any]:
    return await _correct(request, slug, scan_id, corrections.undo_at_desk)


@post(SCAN + "/override", guards=[agent], include_in_schema=False, status_code=200)
async def override(request: DeskRequest, slug: FromPath[str], scan_id: FromPath[UUID]) -> Response[Any]:
    return await _correct(request, slug, scan_id, corrections.override_at_desk)


@post(SCAN + "/settle", guards=[agent], include_in_schema=False, status_code=200)
async def settle(request: DeskRequest, slug: FromPath[str], scan_id: FromPath[UUID]) -> Response[Any]:
    await corrections.settle_conflict(slug, scan_id, request.user)
    return see_other(f"/desk/events/{slug}/door?done=saved#conflicts")


async def _correct(request: DeskRequest, slug: str, scan_id: UUID, correct: corrections.AtDesk) -> Response[Any]:
    reason = str((await request.form()).get("reason", ""))
    try:
        await correct(slug, scan_id, ReasonIn(reason), request.user)
    except Invalid as refusal:
        event = await managed_event(slug, request.user)
        return await _scan(request, event, scan_id, reason, refusal.errors)
    except Conflict:  # somebody else was quicker: the page shows how it stands
        return see_other(f"/desk/events/{slug}/door/scans/{scan_id}")
    return see_other(f"/desk/events/{slug}/door?done=saved")


async def _scan(
    request: DeskRequest, event: EventRow, scan_id: UUID, reason: str = "", errors: tuple[FieldError, ...] = ()
) -> Response[Any]:
    scan = await history.scan(event.id, scan_id)
    if scan is None:
        raise NotFound
    return await desk_page(
        request,
        "checkin/desk_scan.html",
        status_code=400 if errors else 200,
        event=event,
        scan=scan,
        can_undo=scan.result != "refused" and scan.ticket is not None and scan.undone_at is None,
        can_override=scan.result == "refused" and scan.ticket is not None and scan.direction == "entry",
        reason=reason,
        errors=errors,
        reasons=REASONS,
        results=RESULTS,
        zone=event.public.timezone,
    )


routes: list[ControllerRouterHandler] = [show_door, live, change_door, show_scan, undo, override, settle]
