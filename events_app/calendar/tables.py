from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event
from events_app.kit.db import DB


class CalendarEntry(Table, db=DB):
    """One entry in one attendee's calendar: the event itself, a session or a meeting. The UID never changes.

    Times and texts are null for the event itself (read from the event) and set for sessions and meetings.
    """

    id = UUID(primary_key=True, default=None)
    uid = Varchar(120, unique=True)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    attendee_id = UUID(default=None, index=True)
    kind = Varchar(10, help_text="event, session or meeting")
    sequence = Integer(default=0)
    status = Varchar(10, help_text="confirmed, tentative or cancelled")
    starts_at = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)
    summary = Varchar(300, null=True, default=None)
    location = Varchar(300, null=True, default=None)
    description = Varchar(2000, null=True, default=None)
    updated_at = Timestamptz(default=None)
