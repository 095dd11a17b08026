"""Letting go of addresses: of people who are erased, and of a contact whom somebody else follows."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.kit import db


async def forget_people(attendee_ids: Sequence[UUID]) -> None:
    """Mails about these people: what is still owed is dropped; of those sent, kind and time stay."""
    await _forget("attendee_id = ANY($1::uuid[])", list(attendee_ids))


async def forget_address(registration_id: UUID, address: str) -> None:
    """The same for an address that once ran a registration."""
    await _forget("registration_id = $1 AND recipient = $2", registration_id, address)


async def forget_registration(registration_id: UUID, event_id: UUID, contact_email: str) -> None:
    """The same for all mails of a registration, and those that asked its contact to confirm a form."""
    await _forget("registration_id = $1", registration_id)
    await _forget("event_id = $1 AND registration_id IS NULL AND recipient = $2", event_id, contact_email)


async def forget_kinds(kinds: Sequence[str], recipient: str) -> None:
    """The same for an address in mails of these kinds."""
    await _forget("kind = ANY($1::text[]) AND recipient = $2", list(kinds), recipient)


async def forget_recipient(recipient: str) -> None:
    """The same for all mails to an address (in lower case)."""
    await _forget("lower(recipient) = $1", recipient)


async def readdress(registration_id: UUID, attendee_ids: Sequence[UUID], recipient: str) -> None:
    """Send what is owed to the contact, and what it is owed for these people, to this address.

    What the old address put off is due at once. What told an earlier contact of the hand-over stays where it is.
    """
    await db.execute(
        """UPDATE outbox_mail SET recipient = $3, next_try_at = least(next_try_at, now())
           WHERE registration_id = $1 AND status <> 'sent'
             AND (attendee_id = ANY($2::uuid[]) OR attendee_id IS NULL AND NOT payload ? 'former_contact')""",
        registration_id,
        list(attendee_ids),
        recipient,
    )


async def readdress_person(attendee_id: UUID, recipient: str) -> set[str]:
    """Send what is owed to or about one person to this address; gives the kinds that are sure to go there.

    What the old address put off is due at once.
    """
    rows = await db.fetch(
        """UPDATE outbox_mail SET recipient = $2, next_try_at = least(next_try_at, now())
           WHERE attendee_id = $1 AND status <> 'sent'
           RETURNING kind, status = 'queued' AS waits""",
        attendee_id,
        recipient,
    )
    return {row["kind"] for row in rows if row["waits"]}


async def _forget(which: str, *values: object) -> None:
    found = await db.fetch(f"SELECT id, recipient FROM outbox_mail WHERE {which}", *values)  # noqa: S608 - own conditions
    ids, addresses = [row["id"] for row in found], [row["recipient"].lower() for row in found]
    await db.execute("DELETE FROM outbox_failure WHERE mail = ANY($1::bigint[])", ids)
    await db.execute("DELETE FROM outbox_bounce WHERE address = ANY($1::text[])", addresses)
    await db.execute("DELETE FROM outbox_mail WHERE id = ANY($1::bigint[]) AND status <> 'sent'", ids)
    await db.execute(
        """UPDATE outbox_mail SET recipient = '', payload = '{}', last_error = NULL, unsubscribe_url = NULL
           WHERE id = ANY($1::bigint[])""",
        ids,
    )
