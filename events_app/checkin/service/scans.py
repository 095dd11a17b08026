"""Judging scans, one or five hundred at a time: look up, decide in the rules, write."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from msgspec import Struct

from events_app.checkin import rules
from events_app.checkin.queries import scans as queries
from events_app.checkin.queries.devices import Door
from events_app.checkin.queries.guests import asking_among
from events_app.checkin.queries.scans import Known, Line, Outcome, Stay, Wanted
from events_app.checkin.rules import Claim, Direction, KeyFacts, Reason, Result, TicketFacts, Verdict
from events_app.checkin.schemas import AdmissionsIn, Person, ScanIn, ScanOut
from events_app.events.rules import in_zone
from events_app.kit import clock, db
from events_app.tickets.rules import ParsedCode

MANY = 20
"""From this many scans on, threads for their signatures are worth their while."""
CORES = os.cpu_count() or 1


class Asked(Struct, frozen=True):
    """One scan to be judged: of a code, or of a guest found by name (`attendee_id`)."""

    id: UUID
    code: str
    claim: Claim
    attendee_id: UUID | None
    direction: Direction
    scanned_at: datetime
    offline: bool
    shown: Result | None = None


class _Case(Struct, frozen=True):
    """A scan with what is known of it, the day it counts for, and why it is refused if it is."""

    asked: Asked
    known: Known
    counted_at: datetime
    day: date
    refused: Reason | None

    @property
    def ticket_id(self) -> UUID | None:
        """The ticket that this scan proves to be of this event; null for forged and foreign codes."""
        proven = self.refused not in {"unknown_ticket", "bad_signature", "wrong_event"}
        return self.known.ticket.id if proven and self.known.ticket else None


async def record_scans(door: Door, scans: Sequence[ScanIn]) -> list[ScanOut]:
    """Judge and keep a device's scans, answers in their order. A repeated id gets its first answer again.

    Two statements for any number of scans, one more where somebody else is just sending the same ids, and two more
    where a ticket is cancelled or handed over in that very moment.
    """
    now = clock.now()
    return await judge(door, [_asked(scan, now) for scan in scans])


async def admit(door: Door, entered: AdmissionsIn) -> list[ScanOut]:
    """Admit guests without a code; each answer's `id` is the attendee's. Whom a device names offline it has let in."""
    now = clock.now()
    scan_ids = {uuid5(entered.id, str(attendee)): attendee for attendee in entered.attendee_ids}
    shown: Result | None = "admitted" if entered.offline else None
    asked = [
        Asked(scan_id, "", None, attendee, "entry", entered.at or now, entered.offline, shown)
        for scan_id, attendee in scan_ids.items()
    ]
    answers = await judge(door, asked)
    for answer in answers:
        answer.id, answer.scan_id = scan_ids[answer.id], answer.id
    return answers


def _asked(scan: ScanIn, now: datetime) -> Asked:
    return Asked(
        id=scan.id,
        code=scan.code,
        claim=rules.read_claim(scan.code),
        attendee_id=None,
        direction=scan.direction,
        scanned_at=scan.scanned_at or now,
        offline=scan.offline,
        shown=scan.shown,
    )


@db.retried
async def judge(door: Door, asked: Sequence[Asked]) -> list[ScanOut]:
    """Answer and keep scans that may come from anywhere; answers in their order.

    A ticket that changes between looking it up and writing is looked up again: who cancels first is first.
    """
    now = clock.now()
    waiting = list({item.id: item for item in reversed(asked)}.values())[::-1]
    cases: dict[UUID, _Case] = {}
    outcomes: dict[UUID, Outcome] = {}
    while waiting:
        found = await _looked_up(door, waiting, now)
        cases |= found
        outcomes |= await _written(door, [case for case in found.values() if case.known.stored is None], now)
        waiting = [item for item in waiting if cases[item.id].known.stored is None and item.id not in outcomes]
    answers = [_answer(door, cases[item.id], outcomes.get(item.id)) for item in asked]
    await _name_asking(answers, [cases[item.id].known.ticket for item in asked])
    return answers


async def _name_asking(answers: Sequence[ScanOut], shown: Sequence[TicketFacts | None]) -> None:
    """Say of whom it is this very helper who decides."""
    pending = {
        ticket.id: answer
        for answer, ticket in zip(answers, shown, strict=True)
        if ticket and answer.reason == "pending"
    }
    if pending:
        for ticket_id, attendee in (await asking_among(list(pending))).items():
            pending[ticket_id].asks = attendee


async def _looked_up(door: Door, asked: Sequence[Asked], now: datetime) -> dict[UUID, _Case]:
    looking = queries.look_up(door.event_id, [_wanted(item) for item in asked])
    found = await looking if len(asked) < MANY else (await asyncio.gather(looking, _check_ahead(door, asked)))[0]
    return {item.id: _case(door, item, known, now) for item, known in zip(asked, found, strict=True)}


async def _check_ahead(door: Door, asked: Sequence[Asked]) -> None:
    """Check a batch's signatures on all cores while the database looks its scans up."""
    codes = [item.claim for item in asked if isinstance(item.claim, ParsedCode) and item.claim.key_id == door.key_id]
    shares = [codes[first::CORES] for first in range(CORES)]
    await asyncio.gather(*(asyncio.to_thread(_check, share, door.key) for share in shares))


def _check(codes: Sequence[ParsedCode], key: KeyFacts) -> None:
    for code in codes:
        rules.is_genuine(code, key)


def _wanted(item: Asked) -> Wanted:
    code = item.claim if isinstance(item.claim, ParsedCode) else None
    return Wanted(
        scan_id=item.id,
        ticket_id=code.ticket_id if code else None,
        key_id=code.key_id if code else None,
        short_code=item.claim if isinstance(item.claim, str) else None,
        attendee_id=item.attendee_id,
    )


def _case(door: Door, item: Asked, known: Known, now: datetime) -> _Case:
    counted = rules.counted_at(item.scanned_at, now, offline=item.offline)
    moment = rules.judged_at(counted, now)
    if item.attendee_id is not None:
        refused = rules.admission_refusal(known.ticket, door.facts, moment)
    else:
        key = door.key if known.key and known.key.event_id == door.event_id else known.key
        refused = rules.refusal(item.claim, key, known.ticket, door.facts, moment)
    return _Case(item, known, counted, rules.day_of(counted, door.timezone), refused)


async def _written(door: Door, cases: Sequence[_Case], now: datetime) -> Mapping[UUID, Outcome]:
    """Keep new scans and tell what came of them; ids that another request has just written keep its answers."""
    if not cases:
        return {}
    visits = _visits(cases)
    before = {case.asked.id: known for visit in visits for case, known in _with_inside_before(visit)}
    lines = [_line(case, before.get(case.asked.id)) for case in cases]
    place = (door.event_id, door.device_id, door.key_id)
    stays = [_stay(visit, stamp) for visit, stamp in zip(visits, _stamps(len(visits)), strict=True)]
    outcomes = await queries.record(place, now, stays, lines)
    late = [scan_id for scan_id, outcome in outcomes.items() if not outcome.fresh]
    return {**outcomes, **(await queries.stored(door.event_id, late) if late else {})}


def _visits(cases: Iterable[_Case]) -> list[list[_Case]]:
    """Unrefused scans by ticket and day, each list in the order of the batch."""
    grouped: dict[tuple[UUID | None, date], list[_Case]] = defaultdict(list)
    for case in cases:
        if case.refused is None:
            grouped[case.ticket_id, case.day].append(case)
    return list(grouped.values())


def _with_inside_before(visit: Sequence[_Case]) -> Iterator[tuple[_Case, bool | None]]:
    return zip(visit, rules.inside_before(case.asked.direction for case in visit), strict=True)


def _stamps(many: int) -> list[UUID]:
    """As many times `uuid4`, which asks the kernel each time: 4 ms of a batch."""
    random = os.urandom(16 * many)
    return [UUID(bytes=random[at : at + 16], version=4) for at in range(0, len(random), 16)]


def _stay(visit: Sequence[_Case], stamp: UUID) -> Stay:
    """What a ticket's scans of one day make of its presence."""
    first, last, ticket = visit[0], visit[-1], visit[0].known.ticket
    assert ticket is not None  # noqa: S101 - it was not refused
    entries = [case.counted_at for case in visit if case.asked.direction == "entry"]
    exits = [case.counted_at for case in visit if case.asked.direction == "exit"]
    return Stay(
        ticket=ticket.id,
        status=ticket.status,
        version=ticket.version,
        day=first.day,
        stamp=stamp,
        admitted_at=entries[0] if entries else None,
        enters=bool(entries),
        inside_after=last.asked.direction == "entry",
        left_at=exits[-1] if exits else None,
    )


def _line(case: _Case, inside_before: bool | None) -> Line:  # noqa: FBT001 - one of three values
    item = case.asked
    inside = rules.verdict(case.refused, item.direction, inside=inside_before is not False)
    outside = rules.verdict(case.refused, item.direction, inside=inside_before is True)
    return Line(
        id=item.id,
        ticket=case.ticket_id,
        code=rules.stored_code(item.code),
        direction=item.direction,
        day=case.day,
        scanned_at=rules.plausible(item.scanned_at),
        offline=item.offline,
        shown=item.shown,
        result_inside=inside.result,
        reason_inside=inside.reason,
        conflict_inside=_conflicts(item, inside),
        result_outside=outside.result,
        reason_outside=outside.reason,
        conflict_outside=_conflicts(item, outside),
    )


def _conflicts(item: Asked, answer: Verdict) -> bool:
    return rules.conflicts(answer, offline=item.offline, shown=item.shown)


def _answer(door: Door, case: _Case, written: Outcome | None) -> ScanOut:
    stored = case.known.stored
    outcome = stored or written
    assert outcome is not None  # noqa: S101 - every scan that was not stored has been written
    first = outcome.first_scanned_at
    return ScanOut(
        id=case.asked.id,
        result=outcome.result,
        reason=outcome.reason,
        attendee=_person(case.known, case.known.stored_ticket if stored else case.ticket_id),
        first_scanned_at=None if first is None else in_zone(first, door.timezone),
        conflict=outcome.conflict,
        door=outcome.door,
    )


def _person(known: Known, ticket_id: UUID | None) -> Person | None:
    return None if ticket_id is None else Person(known.name, known.organisation)
