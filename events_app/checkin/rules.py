"""The door's decisions: what a scan means, which day it counts for, and when device and server disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hmac import compare_digest
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from events_app.events.rules import CODES_ACCEPTED_AFTER_END
from events_app.kit.text import search_key
from events_app.tickets.rules import (
    SHORT_LENGTH,
    ParsedCode,
    UnreadableCode,
    new_short_code,
    normalise_short_code,
    read_code,
    signature,
    verify,
)

PAIRING_LIFETIME = timedelta(minutes=10)
LEASE = timedelta(hours=12)
"""How long a device may go on scanning without a word from us."""
TOLD_EVERY = timedelta(seconds=30)
UNDO_WITHIN = timedelta(minutes=5)
"""A device takes back what it has just done; later the desk does."""
PAIRING_LENGTH = 6
MAX_SCANS = 500
MAX_STORED_CODE = 300
CLOCK_TOLERANCE = timedelta(days=1)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Direction = Literal["entry", "exit"]
Result = Literal["admitted", "already_inside", "left", "refused"]
Reason = Literal[
    "unknown_ticket",
    "bad_signature",
    "wrong_event",
    "cancelled",
    "waiting",
    "pending",
    "replaced",
    "expired",
    "not_inside",
]


@dataclass(frozen=True)
class EventFacts:
    """The event whose door it is."""

    id: UUID
    status: str
    ends_at: datetime
    timezone: str


@dataclass(frozen=True)
class KeyFacts:
    """The event whose key a code names; both keys are 32 bytes, `seed` is known of the own event alone."""

    event_id: UUID
    public_key: bytes
    seed: bytes | None = None


@dataclass(frozen=True)
class TicketFacts:
    id: UUID
    event_id: UUID
    version: int
    status: str


@dataclass(frozen=True)
class Verdict:
    """`reason` is set exactly for `refused`."""

    result: Result
    reason: Reason | None = None


Claim = ParsedCode | str | None
"""What a code's text claims: a signed code taken apart, a short code in its normal spelling, or nothing readable."""


def read_claim(text: str) -> Claim:
    """Whatever a camera, a handheld scanner or a hand put in; never raises."""
    try:
        return read_code(text)
    except UnreadableCode:
        pass
    try:
        return normalise_short_code(text)
    except UnreadableCode:
        return None


@lru_cache(maxsize=4096)
def is_genuine(code: ParsedCode, key: KeyFacts) -> bool:
    """As `verify`, remembered: a ticket is shown more than once, and a batch's signatures are checked ahead.

    An Ed25519 signature is always the same (RFC 8032, 5.1.6), and making it anew takes a third of the time that
    checking it does. Only one that differs has to be checked.
    """
    if key.seed and compare_digest(signature(key.seed, code.key_id, code.ticket_id, code.version), code.signature):
        return True
    return verify(code, key.public_key)


def refusal(
    claim: Claim, key: KeyFacts | None, ticket: TicketFacts | None, event: EventFacts, moment: datetime
) -> Reason | None:
    """Why nobody may pass with this, in either direction; None if presence decides.

    The first that applies, from the code over the event to the ticket: so a forgery never tells anything about
    tickets, and a cancelled ticket is called cancelled although its version has risen too. `key` is that of the
    event named in the code; `moment` is `judged_at`. A code whose key nobody here has is as bad as a wrong signature:
    then each single changed bit gets the same answer.
    """
    return (
        _code_refusal(claim, key, event)
        or _event_refusal(event, moment)
        or ("unknown_ticket" if ticket is None or ticket.event_id != event.id else _ticket_refusal(claim, ticket))
    )


def _code_refusal(claim: Claim, key: KeyFacts | None, event: EventFacts) -> Reason | None:
    if claim is None:
        return "unknown_ticket"
    if isinstance(claim, str):
        return None
    if key is None or not is_genuine(claim, key):
        return "bad_signature"
    return None if key.event_id == event.id else "wrong_event"


def _event_refusal(event: EventFacts, moment: datetime) -> Reason | None:
    if event.status == "draft":
        return "unknown_ticket"
    if event.status == "cancelled":
        return "cancelled"
    return "expired" if moment > event.ends_at + CODES_ACCEPTED_AFTER_END else None


def _ticket_refusal(claim: Claim, ticket: TicketFacts) -> Reason | None:
    """A version above ours is genuine (only we sign): the database was put back to an older state. It is taken."""
    if ticket.status == "cancelled":
        return "cancelled"
    if isinstance(claim, ParsedCode) and claim.version < ticket.version:
        return "replaced"
    if ticket.status == "waiting":
        return "waiting"
    return "pending" if ticket.status == "pending" else None


def admission_refusal(ticket: TicketFacts | None, event: EventFacts, moment: datetime) -> Reason | None:
    """As `refusal`, for a guest found by name: there is no code to doubt."""
    if ticket is None or ticket.event_id != event.id:
        return "unknown_ticket"
    return _event_refusal(event, moment) or _ticket_refusal(None, ticket)


def verdict(refused: Reason | None, direction: Direction, *, inside: bool) -> Verdict:
    """The answer, once it is known whether this ticket is inside on that day."""
    if refused is not None:
        return Verdict("refused", refused)
    if direction == "entry":
        return Verdict("already_inside" if inside else "admitted")
    return Verdict("left") if inside else Verdict("refused", "not_inside")


def inside_before(directions: Iterable[Direction]) -> Iterator[bool | None]:
    """Whether it was inside before each of the unrefused scans of one ticket on one day, in their order.

    None for the first: the database knows. After an entry it is inside whatever the answer was, after an exit not.
    """
    known: bool | None = None
    for direction in directions:
        yield known
        known = direction == "entry"


def conflicts(answer: Verdict, *, offline: bool, shown: str | None) -> bool:
    """Whether a device without network told the guest something else."""
    return offline and shown is not None and shown != answer.result


def plausible(moment: datetime) -> datetime:
    """A device's time in UTC within what can be stored and shown; a clock set wild refuses nobody."""
    if not _EARLIEST <= moment <= _LATEST:
        return _EARLIEST if moment < _EARLIEST else _LATEST
    return moment.astimezone(UTC)


def counted_at(scanned_at: datetime, now: datetime, *, offline: bool) -> datetime:
    """When a scan counts: as the device says if it was offline and its clock is not over a day ahead; else now."""
    return plausible(scanned_at) if offline and scanned_at <= now + CLOCK_TOLERANCE else now


def judged_at(counted: datetime, now: datetime) -> datetime:
    """The moment that `expired` is measured at: a late upload is judged as of the scan, a fast clock harms nobody."""
    return min(counted, now)


def day_of(moment: datetime, timezone: str) -> date:
    return moment.astimezone(ZoneInfo(timezone)).date()


def stored_code(text: str) -> str:
    """A code as it can be kept: PostgreSQL's text holds no NUL and no lone surrogates."""
    return text[:MAX_STORED_CODE].replace("\0", "").encode(errors="replace").decode()


def pairing_code(mac: bytes) -> str:
    """Six characters without lookalikes, evenly drawn from a MAC of 16 or more bytes."""
    return new_short_code(mac)[:PAIRING_LENGTH]


def normalise_pairing_code(text: str) -> str | None:
    """The pairing code somebody typed, or None; it forgives what short codes forgive, being one cut short."""
    try:
        return normalise_short_code(text + "0" * (SHORT_LENGTH - PAIRING_LENGTH))[:PAIRING_LENGTH]
    except UnreadableCode:
        return None


def words_of(text: str) -> tuple[str, ...]:
    """What people are found by: words as in `search_key`, where `Mueller`, `Müller` and `Muller` are one."""
    key = search_key(text).replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return tuple(key.replace("-", " ").split())


def found(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether each wanted word begins one of the words."""
    return all(any(word.startswith(part) for word in words) for part in wanted)


DeviceState = Literal["waiting", "code_expired", "paired", "out_of_contact", "revoked"]


@dataclass(frozen=True)
class DeviceFacts:
    """What a device's state depends on."""

    paired_at: datetime | None
    pairing_expires_at: datetime | None
    seen_at: datetime | None
    revoked_at: datetime | None


def device_state(device: DeviceFacts, now: datetime) -> DeviceState:
    """`out_of_contact`: for longer than its lease, so that it has stopped scanning by itself."""
    if device.revoked_at is not None:
        return "revoked"
    if device.paired_at is None:
        good = device.pairing_expires_at is not None and device.pairing_expires_at > now
        return "waiting" if good else "code_expired"
    return "out_of_contact" if now - (device.seen_at or device.paired_at) > LEASE else "paired"


def worth_noting(known: tuple[int | None, datetime | None], queue: int, now: datetime) -> bool:
    """Whether what a device tells of itself is to be written: not with each scan, but at once when its queue empties.

    `known` is the queue's length that it told last, and when.
    """
    length, told_at = known
    return told_at is None or now - told_at > TOLD_EVERY or (length == 0) != (queue == 0)


@dataclass(frozen=True)
class Deed:
    """One scan of a ticket that counts: somebody came in, or went out. `device` is where."""

    ticket: UUID
    at: datetime
    received_at: datetime
    direction: Direction
    device: UUID | None


@dataclass(frozen=True)
class Visit:
    """What a ticket's deeds of one day come to. `stayed` adds up the times between an entry and the next exit."""

    admitted_at: datetime
    device: UUID | None
    inside: bool
    left_at: datetime | None
    stayed: timedelta | None


def visit_of(deeds: Iterable[Deed]) -> Visit | None:
    """As if these scans had been all there were, in the order in which they arrived; None without an entry."""
    in_order = sorted(deeds, key=lambda deed: (deed.received_at, deed.at))
    entries = [deed for deed in in_order if deed.direction == "entry"]
    if not entries:
        return None
    exits = [deed.at for deed in in_order if deed.direction == "exit"]
    inside = in_order[-1].direction == "entry"
    return Visit(entries[0].at, entries[0].device, inside, exits[-1] if exits else None, _stayed(in_order))


def _stayed(deeds: Iterable[Deed]) -> timedelta | None:
    """None if nobody ever left: then nobody knows."""
    stays, came = [], None
    for deed in sorted(deeds, key=lambda deed: deed.at):
        if deed.direction == "entry":
            came = came or deed.at
        elif came is not None:
            stays.append(deed.at - came)
            came = None
    return sum(stays, timedelta()) if stays else None


@dataclass(frozen=True)
class Stays:
    """Times of stay of those who have left, over one day."""

    people: int
    shortest: timedelta
    longest: timedelta
    average: timedelta


def stays_of(times: Sequence[timedelta]) -> Stays | None:
    return Stays(len(times), min(times), max(times), sum(times, timedelta()) / len(times)) if times else None


def may_undo(received_at: datetime, now: datetime) -> bool:
    """Whether a device may still take back what it sent."""
    return now - received_at <= UNDO_WITHIN


@dataclass(frozen=True)
class Bar:
    """Arrivals from `start` until the next bar."""

    start: datetime
    admitted: int


BAR_MINUTES = (1, 2, 5, 10, 15, 30, 60)
MOST_BARS = 48


def arrival_bars(arrivals: Sequence[tuple[datetime, int]]) -> tuple[int, list[Bar]]:
    """Arrivals by minute as bars that fit a picture: (minutes of each bar, bars without gaps); (1, []) for none."""
    if not arrivals:
        return 1, []
    first, last = arrivals[0][0], arrivals[-1][0]
    span = (last - first).total_seconds() / 60
    width = next((minutes for minutes in BAR_MINUTES if span / minutes < MOST_BARS - 1), BAR_MINUTES[-1])
    begin = first - timedelta(minutes=first.minute % width)
    counts: dict[int, int] = defaultdict(int)
    for minute, admitted in arrivals:
        counts[int((minute - begin).total_seconds() // 60 // width)] += admitted
    return width, [Bar(begin + timedelta(minutes=width * n), counts[n]) for n in range(max(counts) + 1)]
