from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, Integer, SmallInt, Text, Timestamptz, Varchar
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
    status = Varchar(10, default="queued", help_text="queued, sending, sent or parked")
    attempts = SmallInt(default=0)
    created_at = Timestamptz(default=None)
    next_try_at = Timestamptz(default=None)
    claimed_until = Timestamptz(null=True, default=None, help_text="a worker's lease; past it the mail is owed again")
    sent_at = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)
