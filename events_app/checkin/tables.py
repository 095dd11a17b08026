from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event
from events_app.kit.db import DB
from events_app.tickets.tables import Ticket


class Device(Table, db=DB):
    """A phone or scanner at the door of one event."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    name = Varchar(100)
    pairing_hash = Varchar(64, null=True, default=None, unique=True)
    pairing_expires_at = Timestamptz(null=True, default=None)
    token_hash = Varchar(64, null=True, default=None, unique=True)
    created_at = Timestamptz(default=None)
    paired_at = Timestamptz(null=True, default=None)
    seen_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class Scan(Table, db=DB):
    """One scan as a device sent it, with the verdict it got. The device makes the id: sending twice is harmless."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    device = ForeignKey(Device, null=True, default=None, on_delete=OnDelete.set_null)
    ticket = ForeignKey(Ticket, null=True, default=None, index=True, on_delete=OnDelete.set_null)
    code = Varchar(300, help_text="as read, cut to 300 characters")
    direction = Varchar(5)
    day = Date(default=None, help_text="in the event's timezone")
    scanned_at = Timestamptz(default=None, help_text="by the device's clock")
    received_at = Timestamptz(default=None)
    offline = Boolean(default=False)
    shown = Varchar(20, null=True, default=None, help_text="what the device showed")
    result = Varchar(20)
    reason = Varchar(20, null=True, default=None)
    first_scanned_at = Timestamptz(null=True, default=None)
    conflict = Boolean(default=False)


class Presence(Table, db=DB):
    """One ticket on one day of the event. Its key makes the first of many simultaneous scans the only admission."""

    id = UUID(primary_key=True, default=None)
    ticket = ForeignKey(Ticket, null=False, on_delete=OnDelete.cascade)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    day = Date(default=None)
    admitted_at = Timestamptz(default=None)
    inside = Boolean(default=True)
    left_at = Timestamptz(null=True, default=None)
    device = ForeignKey(Device, null=True, default=None, on_delete=OnDelete.set_null)
