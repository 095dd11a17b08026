"""Devices and the facts of the event whose door they stand at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from events_app.checkin.rules import DeviceFacts, EventFacts, KeyFacts
from events_app.events.keys import WrongSecret, unseal
from events_app.kit import db, settings


@dataclass(frozen=True)
class Door:
    """A paired device and its event; `signing_seed` is sealed."""

    device_id: UUID
    device_name: str
    seen_at: datetime | None
    event_id: UUID
    slug: str
    title: str
    status: str
    language: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    key_id: int
    public_key: bytes
    signing_seed: bytes
    may_override: bool
    queue_length: int | None
    battery: float | None
    told_at: datetime | None

    @property
    def facts(self) -> EventFacts:
        return EventFacts(self.event_id, self.status, self.ends_at, self.timezone)

    @cached_property
    def key(self) -> KeyFacts:
        """The event's own key. Without the seed, as after the secret was changed, signatures are checked as usual."""
        try:
            seed = unseal(self.signing_seed, settings.current().secret)
        except WrongSecret:
            seed = None
        return KeyFacts(self.event_id, self.public_key, seed)


@dataclass(frozen=True)
class DeviceRow:
    id: UUID
    event: UUID
    name: str
    created_at: datetime
    paired_at: datetime | None
    pairing_expires_at: datetime | None
    seen_at: datetime | None
    revoked_at: datetime | None
    may_override: bool
    queue_length: int | None = None
    battery: float | None = None
    told_at: datetime | None = None

    @property
    def facts(self) -> DeviceFacts:
        return DeviceFacts(self.paired_at, self.pairing_expires_at, self.seen_at, self.revoked_at)


_COLUMNS = ", ".join(DeviceRow.__dataclass_fields__)


async def door_of(token_hash: str) -> Door | None:
    """The living device behind a token's digest."""
    row = await db.fetch_row(
        """SELECT d.id AS device_id, d.name AS device_name, d.seen_at, e.id AS event_id, e.slug, e.title, e.status,
             e.language, e.starts_at, e.ends_at, e.timezone, e.key_id, e.public_key, e.signing_seed, d.may_override,
             d.queue_length, d.battery, d.told_at
           FROM device d JOIN event e ON e.id = d.event WHERE d.token_hash = $1 AND d.revoked_at IS NULL""",
        token_hash,
    )
    return None if row is None else Door(*row)


async def touch(device_id: UUID, now: datetime) -> None:
    await db.execute("UPDATE device SET seen_at = $2 WHERE id = $1", device_id, now)


async def note_told(device_id: UUID, queue: int, battery: float | None, now: datetime) -> None:
    await db.execute(
        "UPDATE device SET queue_length = $2, battery = $3, told_at = $4, seen_at = $4 WHERE id = $1",
        device_id,
        queue,
        battery,
        now,
    )


async def exits(event_id: UUID) -> bool:
    """Whether people are scanned when they leave this event."""
    return bool(await db.fetch_value("SELECT exits FROM door_settings WHERE event = $1", event_id))


async def store_exits(event_id: UUID, *, exits: bool) -> None:
    await db.execute(
        "INSERT INTO door_settings (event, exits) VALUES ($1, $2) ON CONFLICT (event) DO UPDATE SET exits = $2",
        event_id,
        exits,
    )


async def insert(device: DeviceRow, pairing_hash: str) -> bool:
    """False if this pairing code is another device's at the moment."""
    return (
        await db.execute(
            """INSERT INTO device (id, event, name, created_at, pairing_expires_at, pairing_hash, may_override)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (pairing_hash) DO NOTHING""",
            device.id,
            device.event,
            device.name,
            device.created_at,
            device.pairing_expires_at,
            pairing_hash,
            device.may_override,
        )
        == 1
    )


async def pair(pairing_hash: str, token_hash: str, now: datetime) -> UUID | None:
    """Use up a pairing code; None if there is none that is still good."""
    device_id: UUID | None = await db.fetch_value(
        """UPDATE device SET token_hash = $2, paired_at = $3, seen_at = $3, pairing_hash = NULL
           WHERE pairing_hash = $1 AND pairing_expires_at > $3 AND revoked_at IS NULL RETURNING id""",
        pairing_hash,
        token_hash,
        now,
    )
    return device_id


async def revoke(device_id: UUID, now: datetime) -> bool:
    """False if it was revoked already."""
    revoked = await db.execute(
        "UPDATE device SET revoked_at = $2, pairing_hash = NULL WHERE id = $1 AND revoked_at IS NULL", device_id, now
    )
    return revoked == 1


async def by_id(device_id: UUID) -> DeviceRow | None:
    row = await db.fetch_row(f"SELECT {_COLUMNS} FROM device WHERE id = $1", device_id)  # noqa: S608 - own column names
    return None if row is None else DeviceRow(*row)


async def of_event(event_id: UUID) -> Sequence[DeviceRow]:
    """Living devices first, then the revoked ones, each by age."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM device WHERE event = $1 ORDER BY revoked_at IS NOT NULL, created_at, id",  # noqa: S608 - own column names
        event_id,
    )
    return [DeviceRow(*row) for row in rows]


async def slug_of(device_id: UUID) -> str | None:
    """The slug of a device's event."""
    slug: str | None = await db.fetch_value(
        "SELECT e.slug FROM device d JOIN event e ON e.id = d.event WHERE d.id = $1", device_id
    )
    return slug
