"""Writing down that a mail is owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from events_app.kit import clock, db, settings
from events_app.outbox.rules import head_start


@dataclass(frozen=True)
class NewMail:
    """A mail that is owed. `payload` holds ids and plain values that the composer of `kind` needs."""

    kind: str
    recipient: str
    language: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    event_id: UUID | None = None
    registration_id: UUID | None = None
    attendee_id: UUID | None = None
    calendar_uid: str | None = None
    sequence: int | None = None
    unsubscribe_url: str | None = None
    """For mails that nobody needs: a POST there ends them, without a question (RFC 8058, List-Unsubscribe)."""


async def queue(mails: Sequence[NewMail]) -> None:
    """Write mails into the running transaction; they leave after it commits. One statement for all.

    What people read (`created_at`) is by our clock, which may be frozen; what machines compare (`next_try_at`) is by
    the database's, which all of them share.
    """
    host = settings.current().mail_host
    await db.execute(
        """INSERT INTO outbox_mail (kind, recipient, language, payload, event_id, registration_id, attendee_id,
             calendar_uid, sequence, message_id, unsubscribe_url, status, attempts, created_at, next_try_at)
           SELECT kind, recipient, language, payload::jsonb, event_id, registration_id, attendee_id,
             calendar_uid, sequence, message_id, unsubscribe_url, 'queued', 0, $13, now() - head_start
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[],
             $8::text[], $9::int[], $10::text[], $11::text[], $12::interval[])
           AS m(kind, recipient, language, payload, event_id, registration_id, attendee_id,
             calendar_uid, sequence, message_id, unsubscribe_url, head_start)""",
        [mail.kind for mail in mails],
        [mail.recipient for mail in mails],
        [mail.language for mail in mails],
        [db.as_json(mail.payload) for mail in mails],
        [mail.event_id for mail in mails],
        [mail.registration_id for mail in mails],
        [mail.attendee_id for mail in mails],
        [mail.calendar_uid for mail in mails],
        [mail.sequence for mail in mails],
        [f"<{uuid4()}@{host}>" for _ in mails],
        [mail.unsubscribe_url for mail in mails],
        [head_start(mail.kind) for mail in mails],
        clock.now(),
    )
