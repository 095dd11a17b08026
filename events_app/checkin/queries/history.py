"""What was scanned, looked back at: taking back, admitting in spite of a refusal, conflicts, who was there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from events_app.checkin.rules import Deed, Direction, Reason, Result, Visit
from events_app.kit import db

# As `rules.counted_at`: the device's time if it had no network and its clock was not over a day ahead.
_AT = (
    "CASE WHEN s.offline AND s.scanned_at <= s.received_at + interval '1 day' THEN s.scanned_at ELSE s.received_at END"
)
# What somebody did who was told so at the door: offline it may have been let in although another door had done so.
_DEED = """s.undone_at IS NULL AND (s.result IN ('admitted', 'left')
  OR s.result = 'already_inside' AND s.offline AND s.shown = 'admitted')"""


@dataclass(frozen=True)
class ScanRow:
    """One scan with its ticket's holder and its device; `at`: when it counts; `door`: where the day's admission was."""

    id: UUID
    device: UUID | None
    device_name: str | None
    ticket: UUID | None
    name: str | None
    organisation: str | None
    direction: Direction
    day: date
    at: datetime
    received_at: datetime
    offline: bool
    shown: Result | None
    result: Result
    reason: Reason | None
    first_scanned_at: datetime | None
    door: str | None
    conflict: bool
    override_of: UUID | None
    note: str
    undone_at: datetime | None
    settled_at: datetime | None


_SCAN = f"""SELECT s.id, s.device, d.name, s.ticket, t.given_name || ' ' || t.family_name, t.organisation, s.direction,
  s.day, {_AT}, s.received_at, s.offline, s.shown, s.result, s.reason, s.first_scanned_at, s.door, s.conflict,
  s.override_of, s.note, s.undone_at, s.settled_at
FROM scan s LEFT JOIN device d ON d.id = s.device LEFT JOIN ticket t ON t.id = s.ticket"""  # noqa: S608 - our own words


async def scan(event_id: UUID, scan_id: UUID) -> ScanRow | None:
    row = await db.fetch_row(f"{_SCAN} WHERE s.id = $1 AND s.event = $2", scan_id, event_id)
    return None if row is None else ScanRow(*row)


async def latest(event_id: UUID, most: int) -> Sequence[ScanRow]:
    """What came in last, first."""
    rows = await db.fetch(
        f"{_SCAN} WHERE s.event = $1 ORDER BY s.received_at DESC, s.scanned_at DESC, s.id LIMIT $2", event_id, most
    )
    return [ScanRow(*row) for row in rows]


async def conflicts(event_id: UUID) -> Sequence[ScanRow]:
    """Scans of which a device without network said something else than we do now, as long as nobody settled them."""
    rows = await db.fetch(
        f"{_SCAN} WHERE s.event = $1 AND s.conflict AND s.settled_at IS NULL ORDER BY s.received_at, s.id",
        event_id,
    )
    return [ScanRow(*row) for row in rows]


async def first_of(scans: Sequence[ScanRow]) -> Mapping[UUID, ScanRow]:
    """For each of these scans, by its id, the other one that admitted the same ticket on the same day, if any did."""
    rows = await db.fetch(
        f"""SELECT DISTINCT ON (late.id) late.id, first.* FROM scan late
            JOIN LATERAL ({_SCAN} WHERE s.ticket = late.ticket AND s.day = late.day AND s.id <> late.id
              AND s.result = 'admitted' AND s.undone_at IS NULL ORDER BY s.received_at, s.id LIMIT 1) first ON true
            WHERE late.id = ANY($1::uuid[])""",  # noqa: S608 - our own words
        [scan.id for scan in scans],
    )
    return {row[0]: ScanRow(*tuple(row)[1:]) for row in rows}


async def lock_ticket(ticket_id: UUID) -> None:
    """Until the transaction ends nobody else admits this ticket, or cancels it."""
    await db.execute("SELECT FROM ticket WHERE id = $1 FOR NO KEY UPDATE", ticket_id)


async def mark_undone(scan_id: UUID, note: str, now: datetime) -> bool:
    """False if it was undone before."""
    done = await db.execute(
        "UPDATE scan SET undone_at = $2, note = $3 WHERE id = $1 AND undone_at IS NULL", scan_id, now, note
    )
    return done == 1


async def settle(scan_id: UUID, now: datetime) -> bool:
    """False if there was nothing left to settle."""
    done = await db.execute(
        "UPDATE scan SET settled_at = $2 WHERE id = $1 AND conflict AND settled_at IS NULL", scan_id, now
    )
    return done == 1


async def insert_override(refused: ScanRow, scan_id: UUID, door: str | None, note: str, now: datetime) -> bool:
    """The admission in spite of a refusal; False if there is one already. Offline it counts at that scan's time.

    One that was taken back is there again.
    """
    done = await db.execute(
        """INSERT INTO scan (id, event, device, ticket, code, direction, day, scanned_at, received_at, offline, result,
             first_scanned_at, conflict, door, override_of, note)
           SELECT $2, event, device, ticket, '', 'entry', day, $3, $4, offline, 'admitted', $3, false, $5, id, $6
           FROM scan WHERE id = $1
           ON CONFLICT (id) DO UPDATE SET undone_at = NULL, note = EXCLUDED.note, scanned_at = EXCLUDED.scanned_at,
             received_at = EXCLUDED.received_at, first_scanned_at = EXCLUDED.first_scanned_at
           WHERE scan.undone_at IS NOT NULL""",
        refused.id,
        scan_id,
        refused.at if refused.offline else now,
        now,
        door,
        note,
    )
    return done == 1


async def deeds(event_id: UUID, day: date, ticket_id: UUID | None = None) -> Mapping[UUID, Sequence[Deed]]:
    """The scans of a day that count, by ticket; of one ticket or of all."""
    rows = await db.fetch(
        f"""SELECT s.ticket, {_AT} AS at, s.received_at, s.direction, s.device FROM scan s
            WHERE s.event = $1 AND s.day = $2 AND s.ticket IS NOT NULL AND ($3::uuid IS NULL OR s.ticket = $3)
              AND {_DEED}""",  # noqa: S608 - our own words
        event_id,
        day,
        ticket_id,
    )
    found: dict[UUID, list[Deed]] = defaultdict(list)
    for row in rows:
        found[row["ticket"]].append(Deed(*row))
    return found


async def store_visit(presence_id: UUID, place: tuple[UUID, UUID, date], visit: Visit | None) -> None:
    """Make a ticket's presence of a day what it is now; `place` is (event, ticket, day). The ticket is locked."""
    event_id, ticket_id, day = place
    if visit is None:
        await db.execute("DELETE FROM presence WHERE ticket = $1 AND day = $2", ticket_id, day)
    else:
        await db.execute(
            """INSERT INTO presence (id, ticket, event, day, admitted_at, inside, left_at, device)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (ticket, day) DO UPDATE SET
                 admitted_at = EXCLUDED.admitted_at, inside = EXCLUDED.inside, left_at = EXCLUDED.left_at,
                 device = EXCLUDED.device""",
            presence_id,
            ticket_id,
            event_id,
            day,
            visit.admitted_at,
            visit.inside,
            visit.left_at,
            visit.device,
        )
    await db.execute(
        "UPDATE ticket SET admitted_at = (SELECT min(admitted_at) FROM presence WHERE ticket = $1) WHERE id = $1",
        ticket_id,
    )


@dataclass(frozen=True)
class PresentRow:
    """Somebody who was there on a day; `left_at` while they are not inside."""

    ticket: UUID
    given_name: str
    family_name: str
    organisation: str
    admitted_at: datetime
    left_at: datetime | None


async def present(event_id: UUID, day: date) -> Sequence[PresentRow]:
    rows = await db.fetch(
        """SELECT t.id, t.given_name, t.family_name, t.organisation, p.admitted_at,
             CASE WHEN NOT p.inside THEN p.left_at END
           FROM presence p JOIN ticket t ON t.id = p.ticket WHERE p.event = $1 AND p.day = $2""",
        event_id,
        day,
    )
    return [PresentRow(*row) for row in rows]


async def days(event_id: UUID) -> Sequence[date]:
    """On which somebody was there."""
    rows = await db.fetch("SELECT DISTINCT day FROM presence WHERE event = $1 ORDER BY day", event_id)
    return [row["day"] for row in rows]
