"""A form sent without JavaScript: kept until its sender confirms it by mail, and only then given seats."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec

from events_app.kit import clock, db, settings
from events_app.kit.errors import NotFound
from events_app.kit.tokens import link_id, link_matches, link_token
from events_app.outbox.service import NewMail, queue
from events_app.registration import choice_queries, queries
from events_app.registration.rules import entry
from events_app.registration.schemas import RegistrationIn, RegistrationOut
from events_app.registration.service.answers import forget_sensitive_answers
from events_app.registration.service.invitations import forget_invited
from events_app.registration.service.register import checked, register
from events_app.registration.service.view import get_registration

LINK_KIND = "hold"
HELD_FOR = timedelta(hours=24)


async def hold(slug: str, entered: RegistrationIn) -> None:
    """Keep a registration and mail its contact the link that makes it real.

    Raises what `register` raises for the entry itself and for an event that is full; seats are taken on confirmation.
    """
    entered = entry.tidied(entered)
    event = await checked(slug, entered)
    held_id, now = uuid4(), clock.now()
    async with db.transaction():
        await db.execute(
            "INSERT INTO held_submission (id, event, body, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            held_id,
            event.id,
            db.as_json(entered),
            now,
            now + HELD_FOR,
        )
        url = f"{settings.current().root_url}/registrations/confirm/{_token(held_id)}"
        mail = NewMail(
            kind="registration-pending",
            recipient=entered.contact.email,
            language=entered.language,
            payload={"confirm_url": url, "expires_at": (now + HELD_FOR).isoformat()},
            event_id=event.id,
        )
        await queue([mail])


async def held(token: str) -> tuple[str, RegistrationIn] | None:
    """(event's slug, entry) of a link that still waits; looking changes nothing."""
    held_id = _held_id(token)
    row = await db.fetch_row(
        """SELECT e.slug, h.body FROM held_submission h JOIN event e ON e.id = h.event
           WHERE h.id = $1 AND h.registration IS NULL AND h.expires_at > $2""",
        held_id,
        clock.now(),
    )
    return None if row is None else (row["slug"], msgspec.json.decode(row["body"], type=RegistrationIn))


async def made_real(token: str) -> RegistrationOut | None:
    """The registration that this link has made already."""
    made: UUID | None = await db.fetch_value("SELECT registration FROM held_submission WHERE id = $1", _held_id(token))
    return None if made is None else await get_registration(made)


@db.retried
async def confirm_held(token: str) -> RegistrationOut:
    """Make a held registration real; confirming twice gives the same one.

    Raises `NotFound` for a link that never was or has expired, and what `register` raises.
    """
    held_id = _held_id(token)
    async with db.transaction():
        row = await db.fetch_row(
            """SELECT e.slug, h.body, h.registration FROM held_submission h JOIN event e ON e.id = h.event
               WHERE h.id = $1 AND (h.registration IS NOT NULL OR h.expires_at > $2) FOR UPDATE OF h""",
            held_id,
            clock.now(),
        )
        if row is None:
            raise NotFound("This link has expired. Please register again.")
        if row["registration"] is not None:
            return await get_registration(row["registration"])
        made = await register(row["slug"], msgspec.json.decode(row["body"], type=RegistrationIn), source="form")
        await db.execute("UPDATE held_submission SET registration = $2, body = '{}' WHERE id = $1", held_id, made.id)
        return made


async def forget_expired() -> None:
    """Drop what nobody confirmed in time, Idempotency-Keys after 24 hours, needs and sensitive answers after a week.

    Whose own an invitation was goes when contact data does.
    """
    now = clock.now()
    await db.execute("DELETE FROM held_submission WHERE expires_at <= $1", now)
    await db.execute("DELETE FROM idempotency_key WHERE created_at <= $1", now - queries.IDEMPOTENCY_KEPT)
    await choice_queries.forget_needs_of_past_events()
    await forget_sensitive_answers()
    await forget_invited()


def _token(held_id: UUID) -> str:
    return link_token(settings.current().secret, LINK_KIND, held_id, 0)


def _held_id(token: str) -> UUID | None:
    held_id = link_id(token)
    genuine = held_id is not None and link_matches(token, settings.current().secret, LINK_KIND, held_id, 0)
    return held_id if genuine else None
