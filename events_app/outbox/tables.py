from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, BigSerial, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from events_app.kit.db import DB


class OutboxMail(Table, db=DB):
    """A mail that is owed. Written in the transaction that causes it, rendered and sent by the worker.

    `payload` is what the composer of `kind` needs (ids and values frozen at the time of writing, no secrets).
    """

    id = BigSerial(primary_key=True, help_text="also the order of sending")
    kind = Varchar(40, help_text="X-Clustertreff-Mail")
    recipient = Varchar(254)
    language = Varchar(2)
    payload = JSONB(default="{}")
    event_id = UUID(null=True, default=None, index=True)
    registration_id = UUID(null=True, default=None, index=True)
    attendee_id = UUID(null=True, default=None)
    calendar_uid = Varchar(120, null=True, default=None, help_text="mails of one UID leave in order")
    sequence = Integer(null=True, default=None)
    message_id = Varchar(200, unique=True, help_text="fixed before the first try, so that a repeat can be known")
    unsubscribe_url = Text(null=True, default=None, help_text="List-Unsubscribe, one click")
    status = Varchar(10, default="queued", help_text="queued, sending, sent or parked")
    attempts = SmallInt(default=0)
    created_at = Timestamptz(default=None)
    next_try_at = Timestamptz(default=None)
    claimed_until = Timestamptz(null=True, default=None, help_text="a worker's lease; past it the mail is owed again")
    sent_at = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)


class OutboxFailure(Table, db=DB):
    """A try that did not succeed: part of a mail's journey."""

    id = BigSerial(primary_key=True)
    mail = BigInt(index=True, help_text="goes with its mail")
    at = Timestamptz(default=None)
    trouble = Varchar(10, help_text="outbox/rules.py, Trouble")
    said = Text(help_text="by the mail server, or why the mail could not be written")


class OutboxBounce(Table, db=DB):
    """An address that a mail server refused for good; forgotten once a mail to it is taken."""

    address = Varchar(254, primary_key=True, help_text="lower case")
    at = Timestamptz(default=None)
    said = Text()


class OutboxPause(Table, db=DB):
    """Mail that is held back: of one event, or all of it."""

    id = UUID(primary_key=True, default=None)
    event_id = UUID(null=True, default=None, help_text="null: everywhere; once each")
    at = Timestamptz(default=None)
    by = Varchar(200, help_text="who wanted it, in words")


class OutboxPace(Table, db=DB):
    """When the next mail may leave, if their number per second is limited. One row."""

    id = SmallInt(primary_key=True)
    next_at = Timestamptz(default=None)
