"""Pairing phones and scanners with an event's door, and letting go of them."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.checkin import rules
from events_app.checkin.queries import devices as queries
from events_app.checkin.queries.devices import DeviceRow, Door
from events_app.checkin.schemas import (
    DeviceIn,
    DeviceOut,
    DeviceTold,
    DoorSettingsIn,
    DoorSettingsOut,
    NewDeviceOut,
    PairedOut,
    PairIn,
    StatusOut,
)
from events_app.events.queries import EventRow
from events_app.events.rules import in_zone
from events_app.events.service import managed_event
from events_app.kit import clock, db, settings
from events_app.kit.errors import FieldError, Invalid, NotFound, Unauthorised
from events_app.kit.text import one_line
from events_app.kit.tokens import digest, new_token

MAX_NAME = 100
SEEN_AT_EVERY = timedelta(seconds=30)


@dataclass(frozen=True)
class ManagedDevice:
    """A device as its agent sees it; `pairing_code` while it is still waiting to be paired."""

    event: EventRow
    row: DeviceRow
    pairing_code: str | None

    @property
    def pairing_url(self) -> str:
        return f"{settings.current().root_url}/door/pair?code={self.pairing_code or ''}"


async def create_device(slug: str, entered: DeviceIn, actor: Actor) -> NewDeviceOut:
    """A device of that event's door, waiting to be paired. Raises `EventNotFound`, `Forbidden`, `Invalid`."""
    event = await managed_event(slug, actor)
    name, expires_at = _name(entered), clock.now() + rules.PAIRING_LIFETIME
    async with db.transaction():
        device, code = await _inserted(event.id, name, expires_at, may_override=entered.may_override)
        details = {"may_override": entered.may_override}
        await audit.record(
            (actor.kind, actor.id), "device-created", "device", device.id, event_id=event.id, details=details
        )
    made = ManagedDevice(event, device, code)
    return NewDeviceOut(device.id, name, code, made.pairing_url, expires_at)


async def _inserted(event_id: UUID, name: str, expires_at: datetime, *, may_override: bool) -> tuple[DeviceRow, str]:
    """Drawn again in the rare case that another device waits with the same code."""
    while True:
        device = DeviceRow(uuid4(), event_id, name, clock.now(), None, expires_at, None, None, may_override)
        code = _pairing_code(device.id)
        if await queries.insert(device, _pairing_hash(code)):
            return device, code


async def pair_device(entered: PairIn) -> PairedOut:
    """Trade a pairing code for the device's token. Raises `NotFound` for one that is wrong, used or too old."""
    code, token = rules.normalise_pairing_code(entered.pairing_code), new_token("ctd")
    async with db.transaction():
        device_id = await queries.pair(_pairing_hash(code or ""), digest(token), clock.now())
        door = await queries.door_of(digest(token))
        if device_id is None or door is None:
            raise NotFound("This pairing code is wrong, used up or older than ten minutes. Please ask for a new one.")
        await audit.record(("device", device_id), "device-paired", "device", device_id, event_id=door.event_id)
    return _paired(door, token, exits=await queries.exits(door.event_id))


def _paired(door: Door, token: str, *, exits: bool) -> PairedOut:
    return PairedOut(
        token=token,
        event=door.slug,
        public_key=b64encode(door.public_key).decode(),
        device=door.device_id,
        name=door.device_name,
        key_id=door.key_id,
        event_title=door.title,
        starts_at=in_zone(door.starts_at, door.timezone),
        ends_at=in_zone(door.ends_at, door.timezone),
        timezone=door.timezone,
        exit_scanning=exits,
        may_override=door.may_override,
    )


async def living_door(token: str | None) -> Door:
    """The paired device behind a bearer token. Raises `Unauthorised` for an unknown or revoked one."""
    door = await queries.door_of(digest(token)) if token else None
    if door is None:
        raise Unauthorised("This device is not paired any more. Please pair it again.")
    now = clock.now()
    if door.seen_at is None or now - door.seen_at > SEEN_AT_EVERY:
        await queries.touch(door.device_id, now)
    return door


async def is_living(token: str | None) -> bool:
    """Whether the device behind a bearer token is still welcome; listening counts as a sign of life."""
    try:
        await living_door(token)
    except Unauthorised:
        return False
    return True


async def note_told(door: Door, told: DeviceTold) -> None:
    """What the device says of its queue and battery, for the desk."""
    now = clock.now()
    if rules.worth_noting((door.queue_length, door.told_at), told.queue, now):
        await queries.note_told(door.device_id, told.queue, told.battery, now)


async def device_status(door: Door, told: DeviceTold) -> StatusOut:
    """A device's sign of life, and what it is to know of its door."""
    await note_told(door, told)
    now = clock.now()
    return StatusOut(
        now=in_zone(now, door.timezone),
        lease_until=in_zone(now + rules.LEASE, door.timezone),
        exit_scanning=await queries.exits(door.event_id),
        may_override=door.may_override,
    )


async def door_settings(slug: str, actor: Actor) -> DoorSettingsOut:
    """Raises `EventNotFound`, `Forbidden`."""
    return DoorSettingsOut(await queries.exits((await managed_event(slug, actor)).id))


async def change_door_settings(slug: str, entered: DoorSettingsIn, actor: Actor) -> DoorSettingsOut:
    """Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    async with db.transaction():
        await queries.store_exits(event.id, exits=entered.exit_scanning)
        details = {"exit_scanning": entered.exit_scanning}
        await audit.record(
            (actor.kind, actor.id), "door-changed", "event", event.id, event_id=event.id, details=details
        )
    return DoorSettingsOut(entered.exit_scanning)


async def devices(slug: str, actor: Actor) -> tuple[EventRow, Sequence[DeviceRow]]:
    """The event and its devices. Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    return event, await queries.of_event(event.id)


async def device_of_event(slug: str, device_id: UUID, actor: Actor) -> ManagedDevice:
    """One device of an event, with its code while that is good. Raises `EventNotFound`, `Forbidden`, `NotFound`."""
    event = await managed_event(slug, actor)
    row = await queries.by_id(device_id)
    if row is None or row.event != event.id:
        raise NotFound
    waiting = row.paired_at is None and row.revoked_at is None
    good = waiting and row.pairing_expires_at is not None and row.pairing_expires_at > clock.now()
    return ManagedDevice(event, row, _pairing_code(row.id) if good else None)


async def revoke_device(device_id: UUID, actor: Actor) -> DeviceOut:
    """Its next call answers 401. Revoking twice is harmless. Raises `NotFound`, `Forbidden`."""
    slug = await queries.slug_of(device_id)
    if slug is None:
        raise NotFound
    event = await managed_event(slug, actor)
    async with db.transaction():
        if await queries.revoke(device_id, clock.now()):
            await audit.record((actor.kind, actor.id), "device-revoked", "device", device_id, event_id=event.id)
        row = await queries.by_id(device_id)
    if row is None:
        raise NotFound
    return device_out(row)


def device_out(row: DeviceRow) -> DeviceOut:
    return DeviceOut(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        paired_at=row.paired_at,
        last_sync_at=row.seen_at,
        revoked_at=row.revoked_at,
        state=rules.device_state(row.facts, clock.now()),
        may_override=row.may_override,
        queue=row.queue_length,
        battery=row.battery,
        told_at=row.told_at,
    )


def _name(entered: DeviceIn) -> str:
    name = one_line(entered.name)
    if not name:
        raise Invalid(errors=[FieldError("/name", "required", "Please fill this in.")])
    if len(name) > MAX_NAME:
        raise Invalid(
            errors=[FieldError("/name", "too_long", "Please use at most %(most)s characters.", {"most": MAX_NAME})]
        )
    return name


def _pairing_code(device_id: UUID) -> str:
    """Derived, so that the desk can show it again; never stored."""
    return rules.pairing_code(_mac(b"clustertreff-pairing-code\0" + device_id.bytes))


def _pairing_hash(code: str) -> str:
    """Keyed: six characters alone could be guessed from their digest."""
    return _mac(b"clustertreff-pairing-hash\0" + code.encode()).hex()


def _mac(message: bytes) -> bytes:
    return hmac.digest(settings.current().secret, message, "sha256")
