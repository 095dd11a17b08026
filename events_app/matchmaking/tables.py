from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Real, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.events.tables import Event
from events_app.kit.db import DB
from events_app.registration.tables import Registration


class MatchingRun(Table, db=DB):
    """One matching of an event's organisations. At most one is queued or running per event (partial index)."""

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    status = Varchar(10, default="queued")
    stage = Varchar(12, null=True, default=None)
    progress = Real(default=0.0)
    weights = JSONB(null=True, default=None)
    keep = Varchar(10, default="published")
    summary = JSONB(null=True, default=None)
    input_hash = Varchar(64, null=True, default=None)
    rules_version = Varchar(20, default="")
    error = Text(null=True, default=None)
    cancel_requested = Boolean(default=False)
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
    """A chosen pair, with its meeting once it has one."""

    id = UUID(primary_key=True, default=None)
    run = ForeignKey(MatchingRun, null=False, index=True, on_delete=OnDelete.cascade)
    candidate = ForeignKey(Candidate, null=False, unique=True, on_delete=OnDelete.cascade)
    starts_at = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)
    meeting_table = Integer(null=True, default=None)
