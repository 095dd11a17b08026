from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, Real, Timestamptz, Varchar
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
    may_override = Boolean(default=False, help_text="may admit somebody whose ticket was refused")
    queue_length = Integer(null=True, default=None, help_text="scans not yet sent, as it last told")
    battery = Real(null=True, default=None, help_text="0 to 1, as it last told")
    told_at = Timestamptz(null=True, default=None, help_text="when it told them")


class DoorSettings(Table, db=DB):
    """How an event's door works, where that differs from the usual: an event without a row has everything off."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.cascade)
    exits = Boolean(default=False, help_text="people are scanned when they leave, so that times of stay are known")


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
    door = Varchar(100, null=True, default=None, help_text="name of the device at which the day's admission was")
    override_of = UUID(null=True, default=None, help_text="the refused scan in spite of which this one admits")
    note = Varchar(200, default="", help_text="why it was overridden or undone, in the helper's words")
    undone_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None, help_text="when somebody at the desk settled the conflict")


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


class WalkInPoster(Table, db=DB):
    """The key on the poster at an event's entrance; no row: nobody can register there with their own phone."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, unique=True, on_delete=OnDelete.cascade)
    key = Varchar(8, unique=True, help_text="spelt as a ticket's short code; another one kills the old poster")
    made_at = Timestamptz(default=None)


class PrintedBadge(Table, db=DB):
    """For whom a badge has been printed: after a swap (another version of the ticket) it counts no more."""

    id = UUID(primary_key=True, default=None)
    ticket = ForeignKey(Ticket, null=False, unique=True, on_delete=OnDelete.cascade)
    version = Integer(default=1)
    printed_at = Timestamptz(default=None)
