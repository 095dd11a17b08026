"""The list at the door: roster for offline use, search by name, counters."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from events_app.checkin import rules
from events_app.checkin.queries import devices
from events_app.checkin.queries import guests as queries
from events_app.checkin.queries.devices import Door
from events_app.checkin.queries.guests import GuestRow
from events_app.checkin.schemas import CountersOut, GuestOut, LiveOut, Minute, RosterOut, RosterTicket
from events_app.events.rules import in_zone
from events_app.kit import clock
from events_app.tickets.rules import UnreadableCode, normalise_short_code

MOST_FOUND = 50


async def roster(door: Door, known_version: str | None) -> RosterOut | None:
    """All tickets of the event; None if the device has this very version already."""
    version = await roster_version(door)
    if version == known_version:
        return None
    now = in_zone(clock.now(), door.timezone)
    return RosterOut(
        event=door.slug,
        as_of=now,
        version=version,
        public_key=b64encode(door.public_key).decode(),
        key_id=door.key_id,
        event_title=door.title,
        status=door.status,
        ends_at=in_zone(door.ends_at, door.timezone),
        timezone=door.timezone,
        exit_scanning=await devices.exits(door.event_id),
        may_override=door.may_override,
        tickets=[
            RosterTicket(row.id, row.name, row.organisation, row.status, row.version, row.short_code)
            for row in await queries.roster(door.event_id)
        ],
    )


async def roster_version(door: Door) -> str:
    """Short and opaque; read before the tickets, so that it is never newer than they are."""
    mark = f"{await queries.roster_mark(door.event_id)}-{door.may_override}"
    return blake2b(mark.encode(), digest_size=8).hexdigest()


async def search(door: Door, query: str) -> list[GuestOut]:
    """People and organisations by the beginnings of their words, umlauts or not; or one by the short code."""
    wanted, short_code = rules.words_of(query), _short_code(query)
    if not wanted:
        return []
    found = [row for row in await queries.guests(door.event_id) if _matches(row, wanted, short_code)]
    found.sort(key=lambda row: (row.short_code != short_code, _words(row.organisation), _words(row.name)))
    return await _with_presence(door, found[:MOST_FOUND])


async def asking(door: Door) -> list[GuestOut]:
    """Who came by the poster when all seats were taken and waits for a helper's decision, the first first."""
    return await _with_presence(door, await queries.asking(door.event_id))


async def _with_presence(door: Door, shown: Sequence[GuestRow]) -> list[GuestOut]:
    day = rules.day_of(clock.now(), door.timezone)
    there = await queries.presence([row.ticket_id for row in shown], day)
    return [_guest(door, row, there.get(row.ticket_id)) for row in shown]


def _matches(row: GuestRow, wanted: tuple[str, ...], short_code: str | None) -> bool:
    return row.short_code == short_code or rules.found(wanted, _words(row.name) + _words(row.organisation))


_words = lru_cache(maxsize=20_000)(rules.words_of)
"""Remembered: a search looks through the whole list at each letter typed."""


def _short_code(text: str) -> str | None:
    try:
        return normalise_short_code(text)
    except UnreadableCode:
        return None


def _guest(door: Door, row: GuestRow, presence: tuple[bool, datetime] | None) -> GuestOut:
    inside, admitted_at = (presence[0], in_zone(presence[1], door.timezone)) if presence else (False, None)
    return GuestOut(
        row.attendee_id, row.name, row.organisation, row.status, row.short_code, inside, admitted_at, row.asks
    )


async def counters(door: Door) -> CountersOut:
    """How many are expected, inside and were here; arrivals of today by minute."""
    now = await live(door.event_id, door.timezone)
    return CountersOut(now.expected, now.inside, now.admitted_total, now.by_minute, now.asking)


async def live(event_id: UUID, timezone: str) -> LiveOut:
    """As `counters`, with what the desk looks after."""
    day = rules.day_of(clock.now(), timezone)
    numbers = await queries.numbers(event_id, day)
    return LiveOut(
        expected=numbers.expected,
        inside=numbers.inside,
        admitted_total=numbers.admitted_total,
        asking=numbers.asking,
        by_minute=[Minute(in_zone(minute, timezone), admitted) for minute, admitted in numbers.arrivals],
        day=day,
        conflicts=numbers.conflicts,
        queued=numbers.queued,
    )
