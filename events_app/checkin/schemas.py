"""The shapes of the door in the JSON API. Unknown fields are refused; what may be null may also be left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from events_app.checkin.rules import MAX_SCANS, DeviceState, Direction, Reason, Result
from events_app.registration.schemas import AttendeeOut, Consents, OrganisationIn

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset")]
MAX_ADMISSIONS = 200
MAX_QUEUE = 100_000


class DeviceIn(Struct, forbid_unknown_fields=True):
    """`may_override`: it may admit somebody whose ticket was refused; each time is recorded."""

    name: str
    may_override: bool = False


class NewDeviceOut(Struct):
    """`pairing_code` works once, until `expires_at`; `pairing_url` is the same as a link (and QR)."""

    id: UUID
    name: str
    pairing_code: str
    pairing_url: str
    expires_at: datetime


class DeviceOut(Struct):
    """`last_sync_at`: its last call, to the half minute. A device without `paired_at` still has its code open.

    `queue` (scans not yet sent) and `battery` (0 to 1) are what it told of itself at `told_at`.
    """

    id: UUID
    name: str
    created_at: datetime
    paired_at: datetime | None
    last_sync_at: datetime | None
    revoked_at: datetime | None
    state: DeviceState
    may_override: bool
    queue: int | None
    battery: float | None
    told_at: datetime | None


class DevicesOut(Struct):
    items: list[DeviceOut]


class PairIn(Struct, forbid_unknown_fields=True):
    pairing_code: str


class PairedOut(Struct):
    """`token` is shown this once; `public_key` is the event's Ed25519 key, base64; `event` its slug.

    A ticket's code is proved without network: after `CT1` comes base32hex of key id (4 bytes), ticket id (16) and
    version (4, big-endian as the key id) and the signature (64) over `clustertreff-ticket-1` and those 24 bytes.
    """

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
    exit_scanning: bool
    may_override: bool


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
    status: str
    ends_at: datetime
    timezone: str
    exit_scanning: bool
    may_override: bool
    tickets: list[RosterTicket]


class ScanIn(Struct, forbid_unknown_fields=True):
    """The device makes `id`: the same scan may be sent any number of times. `shown`: what an offline device said."""

    id: UUID
    code: str
    scanned_at: Moment | None = None
    direction: Direction = "entry"
    offline: bool = False
    shown: Result | None = None


class DeviceTold(Struct, forbid_unknown_fields=True):
    """What a device tells of itself: how many scans it still has to send, how full its battery is (0 to 1)."""

    queue: Annotated[int, Meta(ge=0, le=MAX_QUEUE)]
    battery: Annotated[float, Meta(ge=0, le=1)] | None = None


class StatusOut(Struct):
    """How this device's door works now. Without a word from us it stops scanning at `lease_until`."""

    now: datetime
    lease_until: datetime
    exit_scanning: bool
    may_override: bool


class ScansIn(Struct, forbid_unknown_fields=True):
    scans: Annotated[list[ScanIn], Meta(min_length=1, max_length=MAX_SCANS)]
    device: DeviceTold | None = None


class Person(Struct):
    name: str
    organisation: str


class ScanOut(Struct):
    """`attendee` is null where the code proves nothing about a person of this event.

    `first_scanned_at` and `door`: when and at which device the person was admitted that day. `scan_id` is given with
    admissions by name, whose `id` is the attendee's: it is what may be undone. `asks` is given with `pending` people
    who came by the poster: the attendee who may be let in or turned away under `/door/walk-ins/`.
    """

    id: UUID
    result: Result
    reason: Reason | None
    attendee: Person | None
    first_scanned_at: datetime | None
    conflict: bool
    door: str | None = None
    scan_id: UUID | UnsetType = UNSET
    asks: UUID | UnsetType = UNSET


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


class LetInIn(Struct, forbid_unknown_fields=True):
    """A helper lets somebody in who registered by the poster when all seats were taken; `id` is made by the device."""

    id: UUID
    at: Moment | None = None
    over_capacity: bool = False


class WalkInOut(AttendeeOut):
    """The new attendee, and what the scan of their ticket would have answered."""

    organisation: str
    result: Result
    first_scanned_at: datetime | None


class GuestOut(Struct):
    """Somebody on the list; `inside` today, `admitted_at` today's first admission.

    `asks`: they came by the poster when all seats were taken, and may be let in or turned away under `/door/walk-ins/`.
    """

    attendee_id: UUID
    name: str
    organisation: str
    status: str
    short_code: str
    inside: bool
    admitted_at: datetime | None
    asks: bool


class GuestsOut(Struct):
    items: list[GuestOut]


class ReasonIn(Struct, forbid_unknown_fields=True):
    """Why a scan is undone or overridden, in a helper's words."""

    reason: str


class CorrectedOut(Struct):
    """A scan after it was undone or overridden, and where that leaves the person on that day.

    After an override `id` is the new admission's, which may be undone in turn.
    """

    id: UUID
    undone_at: datetime | None
    attendee: Person | None
    inside: bool
    first_scanned_at: datetime | None


class ConflictOut(Struct):
    """What a device without network `shown`, and what we say since we know all: `result`, `reason`.

    `device` scanned it at `scanned_at`; the person was admitted at `door` at `first_scanned_at`, by
    the scan `first` if that still counts.
    """

    id: UUID
    attendee: Person | None
    device: str | None
    scanned_at: datetime
    shown: Result | None
    result: Result
    reason: Reason | None
    first_scanned_at: datetime | None
    door: str | None
    first: UUID | None


class ConflictsOut(Struct):
    items: list[ConflictOut]


class DoorSettingsIn(Struct, forbid_unknown_fields=True):
    exit_scanning: bool


class DoorSettingsOut(Struct):
    """`exit_scanning`: people are scanned when they leave as well."""

    exit_scanning: bool


class Minute(Struct):
    minute: datetime
    admitted: int


class CountersOut(Struct):
    """`expected`: confirmed people; `inside`, `by_minute`: today; `admitted_total`: people admitted at least once.

    `asking`: people who came by the poster when all seats were taken and wait for a helper's decision.
    """

    expected: int
    inside: int
    admitted_total: int
    by_minute: list[Minute]
    asking: int


class LiveOut(CountersOut):
    """The counters with what the desk looks after: open conflicts, and scans that devices have not sent yet."""

    day: date
    conflicts: int
    queued: int
