"""The rehearsal: a test ticket with the event's own signature that every device admits and that counts nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.checkin.badges import LAYOUTS, Badge, Format
from events_app.checkin.queries.devices import DeviceRow, Door
from events_app.checkin.queries.devices import of_event as devices_of_event
from events_app.checkin.rules import Result
from events_app.checkin.schemas import Person, ScanIn, ScanOut
from events_app.checkin.service import scans
from events_app.events.queries import EventRow
from events_app.events.service import managed_event
from events_app.kit.i18n import Language, known_language, translate
from events_app.tickets import rules as ticket_rules
from events_app.tickets import service as tickets

TRIAL_TICKET = UUID(int=0)
"""No ticket has this id (they are drawn at random), so whatever is written for it would concern nobody."""
TRIAL_VERSION = 1


async def record_scans(door: Door, asked: Sequence[ScanIn]) -> list[ScanOut]:
    """As `scans.record_scans`; the test ticket is let through each time, and nothing of it is kept."""
    code = trial_code(door)
    real = [scan for scan in asked if not _is_trial(scan, code)]
    if len(real) == len(asked):
        return await scans.record_scans(door, asked)
    answers = {answer.id: answer for answer in await scans.record_scans(door, real)} if real else {}
    return [_passed(door, scan) if _is_trial(scan, code) else answers[scan.id] for scan in asked]


def trial_code(door: Door) -> str | None:
    """The QR's text of this event's test ticket; None if the event's key can't be opened (the secret was changed)."""
    return _code(door.key.seed, door.key_id) if door.key.seed else None


async def rehearsal(slug: str, actor: Actor) -> tuple[EventRow, str, Sequence[DeviceRow]]:
    """The event, its test ticket's code, and its paired devices. Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    paired = [row for row in await devices_of_event(event.id) if row.paired_at and not row.revoked_at]
    return event, _code(*tickets.signing_of(event.signing_seed, event.key_id)), paired


async def trial_badge(slug: str, form: Format, language: Language, actor: Actor) -> bytes:
    """The test ticket as a badge, to try the printer. Raises `EventNotFound`, `Forbidden`."""
    from events_app.checkin.typeset import badges_pdf  # noqa: PLC0415 - typst is heavy; loaded with the first PDF

    event, code, _ = await rehearsal(slug, actor)
    badge = Badge(
        given_name=translate(language, "Rehearsal"),
        family_name=translate(language, "Test ticket"),
        organisation=event.public.title,
        role="",
        code=code,
    )
    return await asyncio.to_thread(badges_pdf, [badge], LAYOUTS[form], event.public.title, language)


@lru_cache(maxsize=64)
def _code(seed: bytes, key_id: int) -> str:
    return ticket_rules.make_code(seed, key_id, TRIAL_TICKET, TRIAL_VERSION)


def _is_trial(scan: ScanIn, code: str | None) -> bool:
    """Handheld scanners may add blanks and write in lower case."""
    return code is not None and scan.code.strip(" \t\r\n").upper() == code


def _passed(door: Door, scan: ScanIn) -> ScanOut:
    person = Person(translate(known_language(door.language), "Test ticket"), door.title)
    result: Result = "admitted" if scan.direction == "entry" else "left"
    return ScanOut(scan.id, result, None, person, first_scanned_at=None, conflict=False)
