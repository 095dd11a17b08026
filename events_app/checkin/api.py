"""The door over JSON: devices, their list, scans, corrections and counters."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import ServerSentEvent
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import agent, anyone, bearer
from events_app.accounts.rules import Actor
from events_app.checkin import service
from events_app.checkin.guards import device
from events_app.checkin.queries.devices import Door
from events_app.checkin.schemas import (
    AdmissionsIn,
    ConflictsOut,
    CorrectedOut,
    CountersOut,
    DeviceIn,
    DeviceOut,
    DevicesOut,
    DeviceTold,
    DoorSettingsIn,
    DoorSettingsOut,
    GuestOut,
    GuestsOut,
    LetInIn,
    NewDeviceOut,
    PairedOut,
    PairIn,
    ReasonIn,
    RosterOut,
    ScansIn,
    ScansOut,
    StatusOut,
    WalkInIn,
    WalkInOut,
)
from events_app.checkin.service import corrections
from events_app.checkin.service.devices import (
    change_door_settings,
    device_out,
    device_status,
    door_settings,
    is_living,
    note_told,
)
from events_app.checkin.streams import stream
from events_app.kit.errors import (
    Conflict,
    DuplicateAttendee,
    EventCancelled,
    EventFull,
    EventNotFound,
    Forbidden,
    NotFound,
    TooManyRequests,
    Unauthorised,
)
from events_app.kit.http.body import ANY_TEXT
from events_app.kit.http.cache import PRECOMPRESSED
from events_app.kit.http.documents import BEARER, refusals
from events_app.kit.http.limits import Rate
from events_app.kit.http.state import services_of

PAIRING_RATE = Rate(120, 60)
"""Tries per address and minute: a code lives ten minutes and is one of 480 million."""

DeskRequest = Request[Actor, Any, Any]
DoorRequest = Request[Actor, Door, Any]
TAGS = ["door"]


@post(
    "/api/v1/events/{slug:str}/devices",
    guards=[agent],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, EventNotFound),
    security=BEARER,
)
async def create_device(request: DeskRequest, slug: FromPath[str], data: JSONBody[DeviceIn]) -> NewDeviceOut:
    """Announce a device; its pairing code works once, for ten minutes."""
    return await service.create_device(slug, data, request.user)


@get(
    "/api/v1/events/{slug:str}/devices",
    guards=[agent],
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, EventNotFound),
    security=BEARER,
)
async def list_devices(request: DeskRequest, slug: FromPath[str]) -> DevicesOut:
    """The event's devices, revoked ones last."""
    _, rows = await service.devices(slug, request.user)
    return DevicesOut([device_out(row) for row in rows])


@delete(
    "/api/v1/devices/{device_id:uuid}",
    guards=[agent],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, NotFound),
    security=BEARER,
)
async def revoke_device(request: DeskRequest, device_id: FromPath[UUID]) -> DeviceOut:
    """Lock a device out at once."""
    return await service.revoke_device(device_id, request.user)


@post(
    "/api/v1/devices/pair", guards=[anyone], status_code=200, tags=TAGS, responses=refusals(NotFound, TooManyRequests)
)
async def pair_device(request: DeskRequest, data: JSONBody[PairIn]) -> PairedOut:
    """Trade the pairing code for the device's token."""
    await services_of(request).limit(request, "pairing", PAIRING_RATE)
    return await service.pair_device(data)


@get("/api/v1/door/roster", guards=[device], tags=TAGS, responses=refusals(Unauthorised), security=BEARER)
async def roster(request: DoorRequest) -> Response[RosterOut | None]:
    """All tickets of the device's event; 304 if the ETag sent in If-None-Match still holds."""
    known = request.headers.get("if-none-match", "").removeprefix("W/").strip('"')
    found = await service.roster(request.auth, known)
    headers = {"ETag": f'W/"{known if found is None else found.version}"', "Cache-Control": "private, no-cache"}
    return Response(found, status_code=304 if found is None else 200, headers=headers)


@post(
    "/api/v1/door/scans",
    guards=[device],
    status_code=200,
    tags=TAGS,
    opt={ANY_TEXT: True},
    responses=refusals(Unauthorised),
    security=BEARER,
)
async def scans(request: DoorRequest, data: JSONBody[ScansIn]) -> ScansOut:
    """Judge and keep 1 to 500 scans; safe to repeat."""
    results = await service.record_scans(request.auth, data.scans)
    if data.device is not None:
        await note_told(request.auth, data.device)
    return ScansOut(results)


@post(
    "/api/v1/door/scans/{scan_id:uuid}/undo",
    guards=[device],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, NotFound, Conflict),
    security=BEARER,
)
async def undo(request: DoorRequest, scan_id: FromPath[UUID], data: JSONBody[ReasonIn]) -> CorrectedOut:
    """Take back what this device has scanned in the last five minutes; safe to repeat."""
    return await corrections.undo_at_door(request.auth, scan_id, data)


@post(
    "/api/v1/door/scans/{scan_id:uuid}/override",
    guards=[device],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, NotFound, Conflict),
    security=BEARER,
)
async def override(request: DoorRequest, scan_id: FromPath[UUID], data: JSONBody[ReasonIn]) -> CorrectedOut:
    """Admit somebody whose own ticket was refused, at a device that may; safe to repeat."""
    return await corrections.override_at_door(request.auth, scan_id, data)


@post(
    "/api/v1/door/status",
    guards=[device],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised),
    security=BEARER,
)
async def status(request: DoorRequest, data: JSONBody[DeviceTold]) -> StatusOut:
    """A device's sign of life: what waits in its queue, how full its battery is; answers how its door works."""
    return await device_status(request.auth, data)


@post(
    "/api/v1/door/admissions",
    guards=[device],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised),
    security=BEARER,
)
async def admissions(request: DoorRequest, data: JSONBody[AdmissionsIn]) -> ScansOut:
    """Admit guests without a code, several at once; each result's id is the attendee's."""
    return ScansOut(await service.admit(request.auth, data))


@post(
    "/api/v1/door/walk-ins",
    guards=[device],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, EventFull, EventCancelled, DuplicateAttendee, Conflict),
    security=BEARER,
)
async def walk_ins(request: DoorRequest, data: JSONBody[WalkInIn]) -> WalkInOut:
    """Register and admit somebody who came without a registration."""
    made = await service.walk_in(request.auth, data)
    services_of(request).wake_outbox()
    return made


@post(
    "/api/v1/door/walk-ins/{attendee_id:uuid}/admission",
    guards=[device],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, NotFound, EventFull, EventCancelled),
    security=BEARER,
)
async def let_in(request: DoorRequest, attendee_id: FromPath[UUID], data: JSONBody[LetInIn]) -> WalkInOut:
    """Admit somebody who registered by the poster at the entrance, also when all seats were taken."""
    made = await service.let_in(request.auth, attendee_id, data)
    services_of(request).wake_outbox()
    return made


@post(
    "/api/v1/door/walk-ins/{attendee_id:uuid}/refusal",
    guards=[device],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, NotFound),
    security=BEARER,
)
async def turn_away(request: DoorRequest, attendee_id: FromPath[UUID]) -> GuestOut:
    """Turn somebody away who registered by the poster and waits for a decision."""
    turned = await service.turn_away(request.auth, attendee_id)
    services_of(request).wake_outbox()
    return turned


@get("/api/v1/door/walk-ins", guards=[device], tags=TAGS, responses=refusals(Unauthorised), security=BEARER)
async def asking(request: DoorRequest) -> GuestsOut:
    """Who registered by the poster when all seats were taken and waits for a helper's decision."""
    return GuestsOut(await service.asking(request.auth))


@get("/api/v1/door/search", guards=[device], tags=TAGS, responses=refusals(Unauthorised), security=BEARER)
async def search(request: DoorRequest, q: Annotated[str, QueryParameter(max_length=200)] = "") -> GuestsOut:
    """Find people by the beginnings of their and their organisation's names, or by short code."""
    return GuestsOut(await service.search(request.auth, q))


@get("/api/v1/door/counters", guards=[device], tags=TAGS, responses=refusals(Unauthorised), security=BEARER)
async def counters(request: DoorRequest) -> CountersOut:
    """Expected, inside and admitted people, and today's arrivals by minute."""
    return await service.counters(request.auth)


@get(
    "/api/v1/door/live",
    guards=[device],
    tags=TAGS,
    media_type="text/event-stream",
    opt={PRECOMPRESSED: True},
    responses=refusals(Unauthorised),
    security=BEARER,
)
async def live(request: DoorRequest) -> ServerSentEvent:
    """The counters as server-sent events, whenever they change; a comment in quiet times. Ends with a revocation."""
    door, token = request.auth, bearer(request)
    return stream(door.event_id, door.timezone, lambda: is_living(token))


@get(
    "/api/v1/events/{slug:str}/door",
    guards=[agent],
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, EventNotFound),
    security=BEARER,
)
async def show_door(request: DeskRequest, slug: FromPath[str]) -> DoorSettingsOut:
    """How the event's door works."""
    return await door_settings(slug, request.user)


@put(
    "/api/v1/events/{slug:str}/door",
    guards=[agent],
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, EventNotFound),
    security=BEARER,
)
async def change_door(request: DeskRequest, slug: FromPath[str], data: JSONBody[DoorSettingsIn]) -> DoorSettingsOut:
    """Have people scanned when they leave as well, or not."""
    return await change_door_settings(slug, data, request.user)


@get(
    "/api/v1/events/{slug:str}/door/conflicts",
    guards=[agent],
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, EventNotFound),
    security=BEARER,
)
async def list_conflicts(request: DeskRequest, slug: FromPath[str]) -> ConflictsOut:
    """What devices without network said differently, as long as nobody has settled it."""
    return ConflictsOut(await corrections.conflicts(slug, request.user))


@post(
    "/api/v1/events/{slug:str}/door/conflicts/{scan_id:uuid}/settle",
    guards=[agent],
    status_code=200,
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, EventNotFound, NotFound),
    security=BEARER,
)
async def settle(request: DeskRequest, slug: FromPath[str], scan_id: FromPath[UUID]) -> ConflictsOut:
    """Somebody has looked after it; answers what is left."""
    await corrections.settle_conflict(slug, scan_id, request.user)
    return ConflictsOut(await corrections.conflicts(slug, request.user))


routes: list[ControllerRouterHandler] = [
    undo,
    override,
    status,
    live,
    show_door,
    change_door,
    list_conflicts,
    settle,
    create_device,
    list_devices,
    revoke_device,
    pair_device,
    roster,
    scans,
    admissions,
    walk_ins,
    let_in,
    turn_away,
    asking,
    search,
    counters,
]
