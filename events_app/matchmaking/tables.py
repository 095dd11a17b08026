from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, Interval, Real, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event
from events_app.kit.db import DB
from events_app.registration.tables import Attendee, Registration


class MatchingRun(Table, db=DB):
    """One matching of an event's organisations. At most one is queued or running per event (partial index)."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    status = Varchar(10, default="queued")
    stage = Varchar(12, null=True, default=None)
    progress = Real(default=0.0)
    mode = Varchar(14, default="meetings", help_text="meetings, or introductions: proposals by mail, without a round")
    weights = JSONB(null=True, default=None)
    keep = Varchar(10, default="published")
    summary = JSONB(null=True, default=None)
    input_hash = Varchar(64, null=True, default=None)
    rules_version = Varchar(20, default="")
    error = Text(null=True, default=None)
    absent = JSONB(null=True, default=None, help_text="registrations left out because nobody of them came")
    settled_before = Timestamptz(null=True, default=None, help_text="published meetings that begin earlier stay")
    attempts = Integer(default=0)
    created_at = Timestamptz(default=None)
    started_at = Timestamptz(null=True, default=None)
    heartbeat_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)


class Candidate(Table, db=DB):
    """An eligible pair with its score, and whether it was chosen."""

    id = UUID(primary_key=True, default=None)
    run = ForeignKey(MatchingRun, null=False, index=True, on_delete=OnDelete.cascade)
    company = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade)
    partner = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade)
    score = Integer(help_text="thousandths, 0 to 1000")
    components = JSONB(default="{}")
    reasons = JSONB(default="[]")


class Match(Table, db=DB):
    """A chosen pair, with its meeting if it has one.

    A meeting's time is kept as the clock's distance from the event's beginning, so that it moves with the event.
    """

    id = UUID(primary_key=True, default=None)
    run = ForeignKey(MatchingRun, null=False, index=True, on_delete=OnDelete.cascade)
    candidate = ForeignKey(Candidate, null=False, unique=True, on_delete=OnDelete.cascade)
    starts_after = Interval(null=True, default=None)
    lasts = Interval(null=True, default=None)
    meeting_table = Integer(null=True, default=None)


class MeetingDelegate(Table, db=DB):
    """Who goes to an organisation's meetings: to all of them, or to the one with a certain counterpart."""

    id = UUID(primary_key=True, default=None)
    registration = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    counterpart = ForeignKey(Registration, null=True, default=None, index=True, on_delete=OnDelete.cascade)
    attendee = ForeignKey(Attendee, null=False, index=True, on_delete=OnDelete.cascade)


class MeetingPin(Table, db=DB):
    """A meeting that the agent fixed to a time and a table; its id is the meeting's own."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    registration = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    counterpart = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    starts_after = Interval()
    meeting_table = Integer()


class MatchingOpinion(Table, db=DB):
    """What a registration said about meeting another; what it said against it, the other side never learns."""

    id = UUID(primary_key=True, default=None)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade)
    other = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    kind = Varchar(14, help_text="want, must, rather_not or work_together")
    created_at = Timestamptz(default=None, help_text="since when it is for, or against, the meeting")


class ContactAgreement(Table, db=DB):
    """A registration agreed to exchange contact details with another; they are told once both did."""

    id = UUID(primary_key=True, default=None)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade)
    other = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    created_at = Timestamptz(default=None)
    exchanged_at = Timestamptz(null=True, default=None, help_text="when both were told each other's contact")


class MeetingFeedback(Table, db=DB):
    """What a registration said afterwards about its talk with another; for the agent alone."""

    id = UUID(primary_key=True, default=None)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.cascade)
    other = ForeignKey(Registration, null=False, index=True, on_delete=OnDelete.cascade)
    useful = Varchar(6, help_text="yes, partly, no, or none if there was no talk")
    remark = Text(default="")
    created_at = Timestamptz(default=None)
