"""Issuing tickets and keeping their holder snapshot true. All functions work on many tickets with one statement."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID, uuid4

import asyncpg

from events_app.events import keys
from events_app.kit import clock, db, settings
from events_app.kit.tokens import link_id, link_matches, link_token
from events_app.tickets import rules

LINK_KIND = "ticket"
NOBODY = "–"  # noqa: RUF001 - what stands in the place of an erased name


@dataclass(frozen=True)
class Holder:
    """Whom a ticket is for, as the door and the ticket page show it."""

    attendee_id: UUID
    registration_id: UUID
    given_name: str
    family_name: str
    organisation: str
    language: str
    status: str


@dataclass(frozen=True)
class TicketRow:
    id: UUID
    event: UUID
    attendee_id: UUID
    registration_id: UUID
    version: int
    generation: int
    short_code: str
    status: str
    given_name: str
    family_name: str
    organisation: str
    language: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @cached_property
    def token(self) -> str:
        """The secret of the ticket's link."""
        return link_token(settings.current().secret, LINK_KIND, self.id, self.generation)

    @property
    def url(self) -> str:
        return f"{settings.current().root_url}/tickets/{self.token}"

    def code(self, signing: tuple[bytes, int]) -> str | None:
        """The signed text of the QR, for confirmed people only; `signing` is the event's (seed, key id)."""
        seed, key_id = signing
        return rules.make_code(seed, key_id, self.id, self.version) if self.status == "confirmed" else None


_COLUMNS = ", ".join(TicketRow.__dataclass_fields__)


def signing_of(sealed_seed: bytes, key_id: int) -> tuple[bytes, int]:
    """An event's (seed, key id), unsealed."""
    return keys.unseal(sealed_seed, settings.current().secret), key_id


def planned(event_id: UUID, holders: Sequence[Holder]) -> list[TicketRow]:
    """Fresh tickets as values; `store` writes them. Knowing them first lets everything else refer to them."""
    return [
        TicketRow(
            id=uuid4(),
            event=event_id,
            attendee_id=holder.attendee_id,
            registration_id=holder.registration_id,
            version=1,
            generation=0,
            short_code=rules.new_short_code(secrets.token_bytes(16)),
            status=holder.status,
            given_name=holder.given_name,
            family_name=holder.family_name,
            organisation=holder.organisation,
            language=holder.language,
        )
        for holder in holders
    ]


async def store(tickets: Sequence[TicketRow]) -> None:
    """Write fresh tickets, one statement for all. Raises `db.DrawnTwiceError` (a short code), see `db.retried`."""
    with _drawing():
        await db.execute(
            f"""INSERT INTO ticket ({_COLUMNS}, created_at, updated_at)
                SELECT *, $13::timestamptz, $13 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[],
                  $6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])""",  # noqa: S608 - own column names
            *([getattr(ticket, name) for ticket in tickets] for name in TicketRow.__dataclass_fields__),
            clock.now(),
        )


@contextmanager
def _drawing() -> Iterator[None]:
    """Tell a short code that is there already from what is really wrong."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "ticket_short_code":
            raise db.DrawnTwiceError from error
        raise


async def set_status(attendee_ids: Sequence[UUID], status: str) -> None:
    """Follow the attendees' status; a cancelled ticket's version rises, so that its code is dead offline too."""
    await db.execute(
        """UPDATE ticket SET status = $2::varchar, updated_at = $3,
             version = version + CASE WHEN $2::varchar = 'cancelled' AND status <> 'cancelled' THEN 1 ELSE 0 END
           WHERE attendee_id = ANY($1::uuid[])""",
        list(attendee_ids),
        status,
        clock.now(),
    )


async def hand_over(old_attendee: UUID, holder: Holder) -> TicketRow:
    """Give the ticket to somebody else: the id stays; version, link and short code are new.

    Raises `db.DrawnTwiceError` (the short code), see `db.retried`.
    """
    with _drawing():
        row = await db.fetch_row(
            f"""UPDATE ticket SET attendee_id = $2, given_name = $3, family_name = $4, language = $5, status = $6,
                  version = version + 1, generation = generation + 1, short_code = $7, updated_at = $8
                WHERE attendee_id = $1 RETURNING {_COLUMNS}""",  # noqa: S608 - own column names
            old_attendee,
            holder.attendee_id,
            holder.given_name,
            holder.family_name,
            holder.language,
            holder.status,
            rules.new_short_code(secrets.token_bytes(16)),
            clock.now(),
        )
    if row is None:
        raise LookupError(f"attendee {old_attendee} has no ticket")
    return TicketRow(**dict(row))


async def rename(attendee_id: UUID, given_name: str, family_name: str) -> None:
    """Correct the holder's name; code and link stay."""
    await db.execute(
        "UPDATE ticket SET given_name = $2, family_name = $3, updated_at = $4 WHERE attendee_id = $1",
        attendee_id,
        given_name,
        family_name,
        clock.now(),
    )


async def erase(attendee_ids: Sequence[UUID]) -> None:
    """End the links of these people's tickets and forget their names.

    Those who were admitted keep name and organisation: the attendance record that the funder may ask for.
    """
    await db.execute(
        """UPDATE ticket SET generation = generation + 1, updated_at = $3,
             given_name = CASE WHEN admitted_at IS NULL THEN $2::varchar ELSE given_name END,
             family_name = CASE WHEN admitted_at IS NULL THEN $2::varchar ELSE family_name END,
             organisation = CASE WHEN admitted_at IS NULL THEN '' ELSE organisation END
           WHERE attendee_id = ANY($1::uuid[])""",
        list(attendee_ids),
        NOBODY,
        clock.now(),
    )
    # a helper's own words about somebody may name them
    await db.execute(
        """UPDATE scan SET note = '' WHERE note <> ''
             AND ticket IN (SELECT id FROM ticket WHERE attendee_id = ANY($1::uuid[]))""",
        list(attendee_ids),
    )


async def drop_attendance_records(now: datetime) -> None:
    """Forget names and organisations of erased people once the day is over until which their cluster keeps them."""
    await db.execute(
        """UPDATE ticket t SET given_name = $2::varchar, family_name = $2::varchar, organisation = '', updated_at = $1
           FROM attendee a JOIN event e ON e.id = a.event JOIN cluster c ON c.id = e.cluster
           WHERE a.id = t.attendee_id AND a.erased_at IS NOT NULL AND t.family_name <> $2::varchar
             AND c.attendance_kept_until < ($1::timestamptz AT TIME ZONE e.timezone)::date""",
        now,
        NOBODY,
    )


async def change_language(registration_id: UUID, language: str) -> None:
    await db.execute(
        "UPDATE ticket SET language = $2, updated_at = $3 WHERE registration_id = $1",
        registration_id,
        language,
        clock.now(),
    )


async def of_attendees(attendee_ids: Sequence[UUID]) -> dict[UUID, TicketRow]:
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM ticket WHERE attendee_id = ANY($1::uuid[])",  # noqa: S608 - own column names
        list(attendee_ids),
    )
    return {row["attendee_id"]: ticket_row(row) for row in rows}


async def was_admitted(ticket_id: UUID) -> bool:
    """Whether the door has let its holder in, on any day."""
    found: bool = await db.fetch_value("SELECT admitted_at IS NOT NULL FROM ticket WHERE id = $1", ticket_id)
    return found


async def by_token(token: str) -> TicketRow | None:
    """The ticket of a link, if the link is genuine and has not been replaced."""
    ticket_id = link_id(token)
    if ticket_id is None:
        return None
    row = await db.fetch_row(f"SELECT {_COLUMNS} FROM ticket WHERE id = $1", ticket_id)  # noqa: S608 - own column names
    if row is None:
        return None
    ticket = ticket_row(row)
    genuine = link_matches(token, settings.current().secret, LINK_KIND, ticket.id, ticket.generation)
    return ticket if genuine else None


def ticket_row(row: asyncpg.Record) -> TicketRow:
    return TicketRow(**dict(row))
