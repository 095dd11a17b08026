from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event
from events_app.kit.db import DB


class CalendarEntry(Table, db=DB):
    """One entry in one attendee's calendar: the event itself, a chosen session or a meeting. The UID never changes.

    Times and texts are null for the event itself (read from the event) and set for sessions and meetings. A session's
    entry is the choice itself: cancelled where it was taken back, and an attendee has one per session at most.
    """

    id = UUID(primary_key=True, default=None)
    uid = Varchar(120, unique=True)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    attendee_id = UUID(default=None, index=True)
    kind = Varchar(10, help_text="event, session or meeting")
    session_id = UUID(null=True, default=None, help_text="of the agenda's item, or the meeting; null: the event itself")
    sequence = Integer(default=0)
    status = Varchar(10, help_text="confirmed, tentative or cancelled")
    starts_at = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)
    summary = Varchar(300, null=True, default=None)
    location = Varchar(300, null=True, default=None)
    description = Varchar(2000, null=True, default=None)
    updated_at = Timestamptz(default=None)


class CalendarFeed(Table, db=DB):
    """How often an attendee has replaced the address of their feed; nobody is here who never did."""

    attendee_id = UUID(primary_key=True, default=None)
    generation = Integer(default=0, help_text="part of the address: raising it ends those given out before")
