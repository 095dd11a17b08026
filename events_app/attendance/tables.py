from __future__ import annotations

from piccolo.columns import UUID, Boolean, ForeignKey, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event
from events_app.kit.db import DB
from events_app.registration.tables import Attendee


class EventRound(Table, db=DB):
    """What goes out by itself around an event. No row: the usual (rules.Round's defaults), and nothing sent yet."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.cascade)
    reminder_days = SmallInt(null=True, default=3, help_text="before the event; null: no reminder")
    reminder_note = Text(default="", help_text="the agent's own words in the reminder")
    catering_at = Timestamptz(null=True, default=None, help_text="then the organiser is told what to order")
    thanks = Boolean(default=True, help_text="a thank-you with the certificate to everybody who was admitted")
    thanks_note = Text(default="")
    reminded_for = Timestamptz(null=True, default=None, help_text="the beginning that the reminder spoke of")
    reminded_at = Timestamptz(null=True, default=None)
    catering_told_for = Timestamptz(null=True, default=None, help_text="the deadline at which the organiser was told")
    thanked_at = Timestamptz(null=True, default=None)


class AttendeeReply(Table, db=DB):
    """What a person answered to "Kommen Sie?". No row: nothing said, and the seat is kept all the same."""

    id = UUID(primary_key=True, default=None)
    attendee = ForeignKey(Attendee, null=False, unique=True, on_delete=OnDelete.cascade)
    coming_for = Timestamptz(
        null=True, default=None, help_text="yes, to an event that begins then; an answer ends when the event moves"
    )
    answered_at = Timestamptz(null=True, default=None)
    quiet = Boolean(default=False, help_text="wants neither reminder nor thanks")
