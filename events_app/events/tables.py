from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from events_app.kit.db import DB
from events_app.organisations.tables import Cluster


class Event(Table, db=DB):
    """An event. `cluster` null: programme-wide. Times are instants; `timezone` says how to show them."""

    id = UUID(primary_key=True, default=None)
    slug = Varchar(100, unique=True)
    title = Varchar(200)
    kind = Varchar(20)
    cluster = ForeignKey(Cluster, null=True, default=None, index=True, on_delete=OnDelete.restrict)
    status = Varchar(10, default="draft")
    starts_at = Timestamptz(default=None, index=True)
    ends_at = Timestamptz(default=None)
    timezone = Varchar(60, default="Europe/Berlin")
    mode = Varchar(10)
    venue_name = Varchar(200, default="")
    venue_street = Varchar(200, default="")
    venue_postcode = Varchar(5, default="")
    venue_place = Varchar(120, default="")
    venue_district = Varchar(5, default="")
    online_url = Varchar(500, null=True, default=None, help_text="shown to the confirmed only")
    summary = Text(default="")
    description = Text(default="", help_text="Markdown")
    language = Varchar(2, default="de")
    organiser_name = Varchar(200, default="")
    organiser_email = Varchar(254, default="")
    organiser_phone = Varchar(60, default="")
    good_to_know = JSONB(default="{}")
    agenda = JSONB(default="[]", help_text="[{id, starts_at, ends_at, title, speaker, room, choosable, seats}]")
    media = JSONB(default="[]", help_text="[{title, url}] shown after the event")
    waiting_list = Boolean(default=True)
    opens_at = Timestamptz(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    approval = Boolean(default=False)
    invitation_only = Boolean(default=False)
    questions = JSONB(default="[]")
    questions_version = Integer(default=1, help_text="of the questions in force; earlier ones are in QuestionVersion")
    answers_swept_at = Timestamptz(
        null=True, default=None, help_text="when sensitive answers were last deleted, a week after the end"
    )
    matchmaking = JSONB(default="{}", help_text="as in the API, times as RFC 3339 text")
    sequence = Integer(default=0, help_text="RFC 5545 SEQUENCE of the event's own calendar file")
    cancel_reason = Text(default="")
    signing_seed = Bytea(
        default=b"", help_text="Ed25519 seed of this event's tickets, 32 bytes, sealed with the secret"
    )
    public_key = Bytea(default=b"", help_text="Ed25519 public key, 32 bytes")
    key_id = Integer(unique=True, help_text="names the key inside a ticket's code, 32 bits")
    demo_id = Varchar(10, null=True, default=None, unique=True)
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)
    published_at = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)


class EventSeats(Table, db=DB):
    """The seats of one event, apart from its row so that registering never locks what pages read.

    `taken <= capacity + excess` is a check in the database; `excess` grows only where somebody meant it (a walk-in
    over capacity, a capacity lowered below what is taken). `revision` rises with every change of the event that
    a registration depends on, so that a registration decided on older facts is decided anew. `held` seats are free
    but kept for invitations.
    """

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.cascade)
    capacity = Integer(null=True, default=None)
    taken = Integer(default=0)
    excess = Integer(default=0)
    held = Integer(default=0)
    revision = Integer(default=0)


class TicketGroup(Table, db=DB):
    """A part of an event's seats with a quota of its own (company, press, online), inside the event's capacity.

    `taken <= quota + excess` is a check in the database; who changes counts holds the event's `EventSeats` row.
    """

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    key = Varchar(60, help_text="names the group in the API; once per event")
    position = Integer(default=0)
    label = Varchar(200)
    label_en = Varchar(200, default="")
    quota = Integer(null=True, default=None, help_text="null: the event's capacity alone limits it")
    invitation_only = Boolean(default=False, help_text="open to those whose invitation names it")
    taken = Integer(default=0)
    excess = Integer(default=0)
    held = Integer(default=0, help_text="free, but kept for invitations to this group")


class QuestionVersion(Table, db=DB):
    """Questions that a published event asked before they were changed, so that an answer keeps its own wording.

    `Event.questions_version` counts the questions in force, from 1; a row is written when they are replaced. So an
    event whose questions never changed has none, and an answer's version leads either here or to the event itself.
    """

    id = UUID(primary_key=True, default=None)
    event = ForeignKey(Event, null=False, index=True, on_delete=OnDelete.cascade)
    version = Integer(help_text="once per event")
    questions = JSONB(default="[]")
    replaced_at = Timestamptz(default=None)
    replaced_by = UUID(null=True, default=None, help_text="account or token of whoever changed them")
