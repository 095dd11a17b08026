"""The shapes of contract §4.3. Unknown fields are refused; what may be null may also be left out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from events_app.checkin.rules import MAX_SCANS, Direction, Reason, Result
from events_app.registration.schemas import AttendeeOut, Consents, OrganisationIn

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset")]
MAX_ADMISSIONS = 200


class DeviceIn(Struct, forbid_unknown_fields=True):
    name: str


class NewDeviceOut(Struct):
    """`pairing_code` works once, until `expires_at`; `pairing_url` is the same as a link (and QR)."""

    id: UUID
    name: str
    pairing_code: str
    pairing_url: str
    expires_at: datetime


class DeviceOut(Struct):
    """`last_sync_at`: its last call, to the half minute. A device without `paired_at` still has its code open."""

    id: UUID
    name: str
    created_at: datetime
    paired_at: datetime | None
    last_sync_at: datetime | None
    revoked_at: datetime | None


class DevicesOut(Struct):
    items: list[DeviceOut]


class PairIn(Struct, forbid_unknown_fields=True):
    pairing_code: str


class PairedOut(Struct):
    """`token` is shown this once; `public_key` is the event's Ed25519 key, base64; `event` its slug."""

    token: str
    event: str
    public_key: str
    device: UUID
    name: str
    key_id: int
    event_title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str


class RosterTicket(Struct):
    id: UUID
    name: str
    organisation: str
    status: str
    version: int
    short_code: str


class RosterOut(Struct):
    event: str
    as_of: datetime
    version: str
    public_key: str
    key_id: int
    event_title: str
    ends_at: datetime
    timezone: str
    tickets: list[RosterTicket]


class ScanIn(Struct, forbid_unknown_fields=True):
    """The device makes `id`: the same scan may be sent any number of times. `shown`: what an offline device said."""

    id: UUID
    code: str
    scanned_at: Moment | None = None
    direction: Direction = "entry"
    offline: bool = False
    shown: Result | None = None


class ScansIn(Struct, forbid_unknown_fields=True):
    scans: Annotated[list[ScanIn], Meta(min_length=1, max_length=MAX_SCANS)]


class Person(Struct):
    name: str
    organisation: str


class ScanOut(Struct):
    """`attendee` is null where the code proves nothing about a person of this event.

    `first_scanned_at` and `door`: when and at which device the person was admitted that day.
    """

    id: UUID
    result: Result
    reason: Reason | None
    attendee: Person | None
    first_scanned_at: datetime | None
    conflict: bool
    door: str | None = None


class ScansOut(Struct):
    results: list[ScanOut]


class AdmissionsIn(Struct, forbid_unknown_fields=True):
    """Guests without a code, found by name. `id` is made by the device, as a scan's."""

    id: UUID
    attendee_ids: Annotated[list[UUID], Meta(min_length=1, max_length=MAX_ADMISSIONS)]
    at: Moment | None = None
    offline: bool = False


class WalkInIn(Struct, forbid_unknown_fields=True):
    """Somebody who comes without a registration; `id` is made by the device, so that repeating is harmless."""

    id: UUID
    given_name: str
    family_name: str
    organisation: OrganisationIn
    consents: Consents
    email: str | None = None
    at: Moment | None = None
    offline: bool = False
    over_capacity: bool = False


class WalkInOut(AttendeeOut):
    """The new attendee, and what the scan of their ticket would have answered."""

    organisation: str
    result: Result
    first_scanned_at: datetime | None


class GuestOut(Struct):
    """Somebody on the list; `inside` today, `admitted_at` today's first admission."""

    attendee_id: UUID
    name: str
    organisation: str
    status: str
    short_code: str
    inside: bool
    admitted_at: datetime | None


class GuestsOut(Struct):
    items: list[GuestOut]


class Minute(Struct):
    minute: datetime
    admitted: int


class CountersOut(Struct):
    """`expected`: confirmed people; `inside`, `by_minute`: today; `admitted_total`: people admitted at least once."""

    expected: int
    inside: int
    admitted_total: int
    by_minute: list[Minute]
