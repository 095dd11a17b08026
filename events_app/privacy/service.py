"""Forgetting over all rooms: on request, and when the time is over that people were told.

What each room forgets, it forgets itself. The attendance record (name, organisation and day of those admitted) is kept
for the funder until the date set for the event's cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from events_app.accounts.rules import Actor, normal_email
from events_app.kit import clock, db, settings
from events_app.newsletter import service as newsletter
from events_app.outbox.service import forget as mail
from events_app.registration.service import erase
from events_app.tickets import service as tickets

SYSTEM = Actor("system", None)
AT_ONCE = 50
"""So many registrations are erased in one go; the rest waits for the next minute."""


@dataclass(frozen=True)
class Kept:
    """An attendance record that still names whoever was erased; `until` is None while no date is set for it."""

    event: str
    until: date | None


@dataclass(frozen=True)
class Erased:
    """What an address stood in: registrations as their contact, people in others' registrations, the newsletter."""

    registrations: int
    people: int
    newsletter: bool
    account: bool
    kept: tuple[Kept, ...]

    @property
    def anything(self) -> bool:
        return bool(self.registrations or self.people or self.newsletter)


async def erase_address(email: str) -> Erased:
    """Erase whoever has this address, as the buttons on their own pages do; calling it again finds nothing.

    A contact's registration goes as a whole. Each registration is a transaction of its own: what is erased stays so,
    should the next one fail. A staff account is left alone, and told of.
    """
    address = normal_email(email)
    found = await erase.of_address(address)
    kept = [one.event for one in found.registrations if await erase.erase_registration(one.id, SYSTEM)]
    kept += [one.event for one in found.people if await erase.erase_attendee(one.registration, one.id, SYSTEM)]
    await erase.forget_traces(address)
    reader = await newsletter.forget(address)
    await mail.forget_recipient(address)
    records = [Kept(row["slug"], row["attendance_kept_until"]) for row in await db.fetch(_RECORDS, kept)]
    account = await db.fetch_value("SELECT EXISTS (SELECT FROM account WHERE email = $1)", address)
    return Erased(len(found.registrations), len(found.people), reader, account, tuple(records))


async def let_run_out() -> int:
    """Erase whose time is over; gives how many registrations that were.

    Registrations go `retention_days` after their event's end, attendance records on the day after their cluster's date.
    """
    due = await erase.ended_before(clock.now() - timedelta(days=settings.current().retention_days), AT_ONCE)
    for registration_id in due:
        await erase.erase_registration(registration_id, SYSTEM)
    await tickets.drop_attendance_records(clock.now())
    return len(due)


_RECORDS = """SELECT e.slug, c.attendance_kept_until FROM event e LEFT JOIN cluster c ON c.id = e.cluster
  WHERE e.id = ANY($1::uuid[]) ORDER BY e.starts_at, e.slug"""
