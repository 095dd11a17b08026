from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from events_app.kit.db import DB
from events_app.organisations.tables import Cluster
from events_app.registration.tables import Registration


class NewsletterSubscriber(Table, db=DB):
    """An address that asked for the newsletter, with the proof that its owner confirmed it.

    Whoever unsubscribes is emptied down to address and proof; whoever is erased leaves no row.
    """

    id = UUID(primary_key=True, default=None)
    email = Varchar(254, unique=True, help_text="lower case")
    address_hash = Varchar(64, unique=True, help_text="HMAC-SHA256 of the address, as in the suppression list")
    name = Varchar(100, default="")
    organisation = Varchar(200, default="")
    role = Varchar(20, default="")
    region = Varchar(20, default="")
    language = Varchar(2, default="de")
    clusters = Array(base_column=UUID(), default=list, help_text="ids; empty: all")
    topics = Array(base_column=Varchar(30), default=list, help_text="ids of the reference data; empty: all")
    status = Varchar(12, default="pending", help_text="pending, confirmed or unsubscribed")
    source = Varchar(12, default="form", help_text="form, registration or demo")
    generation = Integer(default=0, help_text="of the link that confirms; a newer request replaces it")
    asks = SmallInt(default=0, help_text="mails since the last confirmation, so that nobody is flooded")
    asked_at = Timestamptz(default=None, help_text="the last of them")
    wording = Varchar(20, help_text="version of what was agreed to")
    requested_at = Timestamptz(default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    unsubscribed_at = Timestamptz(null=True, default=None)
    paused_until = Timestamptz(null=True, default=None)
    confirm_mail = Bytea(null=True, default=None, help_text="the mail that asked to confirm, as it was composed")


class NewsletterSuppression(Table, db=DB):
    """Addresses that get no issue, as keyed hashes: they stay when a person is erased. Confirming anew lifts it."""

    address_hash = Varchar(64, primary_key=True)
    reason = Varchar(12, help_text="unsubscribed or erased")
    created_at = Timestamptz(default=None)


class NewsletterConsent(Table, db=DB):
    """What has been done about a newsletter box ticked (or unticked) in a registration."""

    id = UUID(primary_key=True, default=None)
    registration = ForeignKey(Registration, null=False, unique=True)
    consent_at = Varchar(40, help_text="the consent's own time, as the registration has it")
    given = Boolean(default=False)
    address_hash = Varchar(64)


class NewsletterIssue(Table, db=DB):
    """One newsletter: written as a draft, sent to an audience that is fixed when sending begins."""

    id = UUID(primary_key=True, default=None)
    slug = Varchar(80, unique=True)
    cluster = ForeignKey(Cluster, null=True, default=None, index=True, help_text="null: the whole programme's")
    subject_de = Varchar(150)
    body_de = Text(default="", help_text="Markdown")
    subject_en = Varchar(150, default="")
    body_en = Text(default="", help_text="Markdown")
    events = Array(base_column=UUID(), default=list, help_text="ids of the events shown as cards")
    audience = JSONB(default="{}")
    in_archive = Boolean(default=True)
    status = Varchar(10, default="draft", help_text="draft, queued, sending, paused or sent")
    scheduled_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    recipients = Integer(default=0)
    unsubscribed = Integer(default=0, help_text="who left with this as the last issue they got")
    created_at = Timestamptz(default=None)
    updated_at = Timestamptz(default=None)


class NewsletterDelivery(Table, db=DB):
    """One issue for one subscriber: the row is there before the mail, so that nobody gets it twice."""

    id = UUID(primary_key=True, default=None)
    issue = ForeignKey(NewsletterIssue, null=False)
    subscriber = ForeignKey(
        NewsletterSubscriber, null=True, default=None, index=True, on_delete=OnDelete.set_null, help_text="null: erased"
    )
    state = Varchar(10, default="due", help_text="due, queued, sent, failed or skipped")
    changed_at = Timestamptz(default=None)
