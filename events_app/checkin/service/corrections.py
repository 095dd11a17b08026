"""Taking a scan back, admitting somebody in spite of a refusal, settling what two doors said differently.

Each is done by a device at its own event's door, or at the desk by those who run the event; each is recorded.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4, uuid5

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.checkin import rules
from events_app.checkin.queries import history
from events_app.checkin.queries.devices import Door
from events_app.checkin.queries.history import ScanRow
from events_app.checkin.schemas import ConflictOut, CorrectedOut, Person, ReasonIn
from events_app.events.rules import in_zone
from events_app.events.service import managed_event
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from events_app.kit.text import one_line

AtDesk = Callable[[str, UUID, ReasonIn, Actor], Awaitable[CorrectedOut]]
MAX_REASON = 200
LATEST_SHOWN = 10


async def undo_at_door(door: Door, scan_id: UUID, entered: ReasonIn) -> CorrectedOut:
    """Take back what this very device has just scanned. Doing it twice is harmless.

    Raises `NotFound`, `Invalid` without a reason, `Conflict` for a refusal and after `rules.UNDO_WITHIN`.
    """
    scan = await _scan_of(door.event_id, scan_id)
    if scan.device != door.device_id:
        raise NotFound
    if scan.undone_at is None and not rules.may_undo(scan.received_at, clock.now()):
        raise Conflict("This was more than five minutes ago. The organisers can still take it back.")
    actor = Actor("device", door.device_id, event_id=door.event_id, name=door.device_name)
    return await _undone(door.event_id, door.timezone, scan, _reason(entered), actor)


async def undo_at_desk(slug: str, scan_id: UUID, entered: ReasonIn, actor: Actor) -> CorrectedOut:
    """As `undo_at_door`, of any scan at any time. Raises `EventNotFound`, `Forbidden` too."""
    event = await managed_event(slug, actor)
    scan = await _scan_of(event.id, scan_id)
    return await _undone(event.id, event.public.timezone, scan, _reason(entered), actor)


async def override_at_door(door: Door, scan_id: UUID, entered: ReasonIn) -> CorrectedOut:
    """Admit somebody whose scan was refused, at a device that may do so. Doing it twice is harmless.

    Raises `Forbidden`, `NotFound`, `Invalid` without a reason, `Conflict` if the code proved nobody or all was well.
    """
    if not door.may_override:
        raise Forbidden("This device may not admit anybody who was refused.")
    actor = Actor("device", door.device_id, event_id=door.event_id, name=door.device_name)
    scan = await _scan_of(door.event_id, scan_id)
    return await _overridden(door.event_id, door.timezone, scan, _reason(entered), actor)


async def override_at_desk(slug: str, scan_id: UUID, entered: ReasonIn, actor: Actor) -> CorrectedOut:
    """As `override_at_door`, of any door's scan. Raises `EventNotFound`, `Forbidden` too."""
    event = await managed_event(slug, actor)
    scan = await _scan_of(event.id, scan_id)
    return await _overridden(event.id, event.public.timezone, scan, _reason(entered), actor)


async def settle_conflict(slug: str, scan_id: UUID, actor: Actor) -> None:
    """Somebody has looked after it. Raises `EventNotFound`, `Forbidden`, `NotFound`."""
    event = await managed_event(slug, actor)
    scan = await _scan_of(event.id, scan_id)
    async with db.transaction():
        if await history.settle(scan.id, clock.now()):
            await audit.record((actor.kind, actor.id), "conflict-settled", "scan", scan.id, event_id=event.id)


async def conflicts(slug: str, actor: Actor) -> list[ConflictOut]:
    """What offline doors said differently and nobody has settled yet. Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    found = await history.conflicts(event.id)
    firsts = await history.first_of(found)
    return [_conflict(scan, firsts.get(scan.id), event.public.timezone) for scan in found]


def _conflict(scan: ScanRow, other: ScanRow | None, timezone: str) -> ConflictOut:
    first = scan.first_scanned_at
    return ConflictOut(
        id=scan.id,
        attendee=_person(scan),
        device=scan.device_name,
        scanned_at=in_zone(scan.at, timezone),
        shown=scan.shown,
        result=scan.result,
        reason=scan.reason,
        first_scanned_at=None if first is None else in_zone(first, timezone),
        door=scan.door,
        first=other.id if other else None,
    )


async def _scan_of(event_id: UUID, scan_id: UUID) -> ScanRow:
    scan = await history.scan(event_id, scan_id)
    if scan is None:
        raise NotFound
    return scan


def _reason(entered: ReasonIn) -> str:
    reason = one_line(entered.reason)
    if not reason:
        raise Invalid(errors=[FieldError("/reason", "required", "Please fill this in.")])
    if len(reason) > MAX_REASON:
        too_long = FieldError("/reason", "too_long", "Please use at most %(most)s characters.", {"most": MAX_REASON})
        raise Invalid(errors=[too_long])
    return reason


@db.retried
async def _undone(event_id: UUID, timezone: str, scan: ScanRow, reason: str, actor: Actor) -> CorrectedOut:
    if scan.result == "refused" or scan.ticket is None:
        raise Conflict("Nobody was admitted by this scan, so there is nothing to take back.")
    async with db.transaction():
        await history.lock_ticket(scan.ticket)
        if await history.mark_undone(scan.id, reason, clock.now()):
            await history.settle(scan.id, clock.now())
            await audit.record((actor.kind, actor.id), "scan-undone", "scan", scan.id, event_id=event_id)
            await _count_anew(event_id, scan)
    return await _corrected(event_id, timezone, scan.id)


@db.retried
async def _overridden(event_id: UUID, timezone: str, scan: ScanRow, reason: str, actor: Actor) -> CorrectedOut:
    if scan.result != "refused" or scan.ticket is None or scan.direction != "entry":
        raise Conflict("Only somebody whose own ticket was refused can be admitted in spite of it.")
    admission = uuid5(scan.id, "override")
    async with db.transaction():
        await history.lock_ticket(scan.ticket)
        if await history.insert_override(scan, admission, scan.device_name, reason, clock.now()):
            await history.settle(scan.id, clock.now())
            details = {"refused": scan.reason, "admission": str(admission)}
            await audit.record(
                (actor.kind, actor.id), "scan-overridden", "scan", scan.id, event_id=event_id, details=details
            )
            await _count_anew(event_id, scan)
    return await _corrected(event_id, timezone, admission)


async def _count_anew(event_id: UUID, scan: ScanRow) -> None:
    """The presence that remains of the ticket's other scans that day."""
    assert scan.ticket is not None  # noqa: S101 - the callers look
    left = (await history.deeds(event_id, scan.day, scan.ticket)).get(scan.ticket, ())
    await history.store_visit(uuid4(), (event_id, scan.ticket, scan.day), rules.visit_of(left))


async def _corrected(event_id: UUID, timezone: str, scan_id: UUID) -> CorrectedOut:
    scan = await _scan_of(event_id, scan_id)
    deeds = (await history.deeds(event_id, scan.day, scan.ticket)).get(scan.ticket, ()) if scan.ticket else ()
    visit = rules.visit_of(deeds)
    return CorrectedOut(
        id=scan.id,
        undone_at=None if scan.undone_at is None else in_zone(scan.undone_at, timezone),
        attendee=_person(scan),
        inside=visit is not None and visit.inside,
        first_scanned_at=None if visit is None else in_zone(visit.admitted_at, timezone),
    )


def _person(scan: ScanRow) -> Person | None:
    return None if scan.name is None else Person(scan.name, scan.organisation or "")
