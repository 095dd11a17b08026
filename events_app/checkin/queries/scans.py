"""Judging scans takes two statements, one scan or five hundred: what is known of them, and writing them.

The second one is where simultaneous scans meet. It brings both answers to each scan ("was inside", "was not"), and the
unique key (ticket, day) of `presence` settles which came true: who inserts the row, or turns it from "not inside",
finds its own stamp in it. No lock is held between statements, so no transaction is needed around them.
`ticket.admitted_at` is written here and not by the tickets' service, because it belongs into that one statement.

Writing it also takes the ticket's row before its presence, and only if status and version are still what the scan was
judged by: a ticket that was cancelled or handed over since is left alone, and its scans have no outcome. They are to be
judged anew. Whoever writes presences takes the ticket's row first (`undo` too).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct
from msgspec.structs import astuple

from events_app.checkin.rules import KeyFacts, Reason, Result, TicketFacts
from events_app.kit import db

_BATCH_LOCK = 7001
"""First half of the advisory lock; the second is the event's key id."""


class Wanted(Struct, frozen=True):
    """What one scan names: a ticket by its code (with the key's id), by its short code, or by the attendee."""

    scan_id: UUID
    ticket_id: UUID | None
    key_id: int | None
    short_code: str | None
    attendee_id: UUID | None


class Outcome(Struct, frozen=True):
    """What a scan was or is answered; `door`: where the day's admission was. `fresh` false: its id was there."""

    result: Result
    reason: Reason | None
    first_scanned_at: datetime | None
    conflict: bool
    door: str | None
    fresh: bool


class Known(Struct, frozen=True):
    """What the database knows of one scan. `stored`: it was answered before, `stored_ticket` is its proven ticket."""

    stored: Outcome | None
    stored_ticket: UUID | None
    key: KeyFacts | None
    ticket: TicketFacts | None
    name: str
    organisation: str


class Stay(Struct, frozen=True):
    """What becomes of one ticket's presence on one day. `enters`: at least one entry, so a row may be made.

    `status` and `version` are the ticket's, as the scans were judged by.
    """

    ticket: UUID | None
    status: str | None
    version: int | None
    day: date | None
    stamp: UUID | None
    admitted_at: datetime | None
    enters: bool
    inside_after: bool
    left_at: datetime | None


class Line(Struct, frozen=True):
    """One scan to be written, with its answer if the ticket was inside and if it was not."""

    id: UUID
    ticket: UUID | None
    code: str
    direction: str
    day: date
    scanned_at: datetime
    offline: bool
    shown: str | None
    result_inside: Result
    reason_inside: Reason | None
    conflict_inside: bool
    result_outside: Result
    reason_outside: Reason | None
    conflict_outside: bool


# Each table is reached by one unique key and nothing else: a second condition (of the same event) would let the
# planner walk through all of the event's scans while the tables are small. The caller compares the events.
_LOOK_UP = """
SELECT s.id AS stored, s.event AS stored_event, s.ticket AS stored_ticket, s.result, s.reason, s.first_scanned_at,
  s.conflict, s.door, k.id AS key_event, k.public_key, t.id AS ticket, t.event, t.version, t.status, t.given_name,
  t.family_name, t.organisation
FROM {wanted} AS w(scan_id, ticket_id, key_id, short_code, attendee_id, number)
LEFT JOIN scan s ON s.id = w.scan_id
LEFT JOIN event k ON k.key_id = w.key_id
LEFT JOIN ticket t ON t.id = coalesce(s.ticket, w.ticket_id,
  (SELECT by_code.id FROM ticket by_code WHERE by_code.event = $1 AND by_code.short_code = w.short_code),
  (SELECT by_name.id FROM ticket by_name WHERE by_name.attendee_id = w.attendee_id))
ORDER BY w.number
"""

# `gate`: batches of one event go one after the other, so that two of them never wait for each other's rows crosswise.
_RECORD = """
WITH gate AS MATERIALIZED (
  SELECT {gate}
), stay AS MATERIALIZED (
  SELECT * FROM {stays} AS stay(ticket, status, version, day, stamp, admitted_at, enters, inside_after, left_at, number)
  WHERE ticket IS NOT NULL
), held AS (
  UPDATE ticket t SET admitted_at = coalesce(t.admitted_at, coming.admitted_at)
  FROM gate, (SELECT ticket, status, version, min(admitted_at) AS admitted_at FROM stay WHERE enters
              GROUP BY ticket, status, version) AS coming
  WHERE t.id = coming.ticket AND t.status = coming.status AND t.version = coming.version
  RETURNING t.id AS ticket
), entered AS (
  INSERT INTO presence AS p (id, ticket, event, day, admitted_at, inside, left_at, device)
  SELECT stamp, ticket, $1, day, admitted_at, inside_after, left_at, $2
  FROM held JOIN stay USING (ticket) WHERE enters ORDER BY number
  ON CONFLICT (ticket, day) DO UPDATE SET
    id = CASE WHEN p.inside THEN p.id ELSE EXCLUDED.id END,
    inside = EXCLUDED.inside, left_at = coalesce(EXCLUDED.left_at, p.left_at)
  RETURNING p.id, p.ticket, p.day, p.admitted_at, p.device
), gone AS (
  UPDATE presence p SET inside = false, left_at = stay.left_at FROM gate, stay
  WHERE NOT stay.enters AND p.ticket = stay.ticket AND p.day = stay.day AND p.inside
  RETURNING p.ticket, p.day, p.admitted_at, p.device
), settled AS (
  SELECT ticket, day, enters, entered.id <> stay.stamp AS was_inside, entered.admitted_at, device
  FROM stay LEFT JOIN entered USING (ticket, day) WHERE enters
  UNION ALL SELECT ticket, day, false, true, admitted_at, device FROM gone
), judged AS (
  SELECT line.*,
    CASE WHEN settled.was_inside THEN result_inside ELSE result_outside END AS result,
    CASE WHEN settled.was_inside THEN reason_inside ELSE reason_outside END AS reason,
    CASE WHEN settled.was_inside THEN conflict_inside ELSE conflict_outside END AS conflict,
    settled.admitted_at, place.name AS door
  FROM {lines} AS line(id, ticket, code, direction, day, scanned_at, offline, shown, result_inside, reason_inside,
      conflict_inside, result_outside, reason_outside, conflict_outside, number)
  LEFT JOIN settled USING (ticket, day)
  LEFT JOIN device place ON place.id = settled.device
  WHERE settled.was_inside IS NOT NULL OR settled.enters IS NOT TRUE
), written AS (
  INSERT INTO scan (id, event, device, ticket, code, direction, day, scanned_at, received_at, offline, shown,
    result, reason, first_scanned_at, conflict, door)
  SELECT id, $1, $2, ticket, code, direction, day, scanned_at, $3, offline, shown, result, reason,
    CASE WHEN result <> 'refused' THEN admitted_at END, conflict, CASE WHEN result <> 'refused' THEN door END
  FROM judged ON CONFLICT (id) DO NOTHING RETURNING id
)
SELECT judged.id, result, reason, CASE WHEN result <> 'refused' THEN admitted_at END AS first_scanned_at, conflict,
  CASE WHEN result <> 'refused' THEN door END AS door, written.id IS NOT NULL AS fresh
FROM judged LEFT JOIN written USING (id)
"""
_GATE = f"pg_advisory_xact_lock({_BATCH_LOCK}, $4)"


def _row(types: str, first: int) -> str:
    """A row of parameters from `$first` on. One scan comes like this: PostgreSQL then keeps one plan.

    (For arrays it would plan anew each time, because it hopes to win by knowing their length: 0.4 ms.)
    """
    return f"(SELECT {', '.join(f'${n}::{t}' for n, t in enumerate(types.split(), first))}, 1)"


def _rows(types: str, first: int) -> str:
    """Many rows: one array per column."""
    arrays = ", ".join(f"${n}::{t}[]" for n, t in enumerate(types.split(), first))
    return f"unnest({arrays}) WITH ORDINALITY"


_WANTED = "uuid uuid int text uuid"
_STAY = "uuid text int date uuid timestamptz bool bool timestamptz"
_LINE = "uuid uuid text text date timestamptz bool text text text bool text text bool"
_LOOK_UP_ONE = _LOOK_UP.format(wanted=_row(_WANTED, 2))
_LOOK_UP_MANY = _LOOK_UP.format(wanted=_rows(_WANTED, 2))
_RECORD_ONE = _RECORD.format(gate="$4::int", stays=_row(_STAY, 5), lines=_row(_LINE, 14))
_RECORD_MANY = _RECORD.format(gate=_GATE, stays=_rows(_STAY, 5), lines=_rows(_LINE, 14))
_NO_STAY = Stay(None, None, None, None, None, None, enters=False, inside_after=False, left_at=None)


async def look_up(event_id: UUID, wanted: Sequence[Wanted]) -> list[Known]:
    """What is known of each, in their order."""
    if len(wanted) == 1:
        rows = await db.fetch(_LOOK_UP_ONE, event_id, *astuple(wanted[0]))
    else:
        rows = await db.fetch(_LOOK_UP_MANY, event_id, *_columns(wanted, len(_WANTED.split())))
    return [_known(row, event_id) for row in rows]


async def record(
    place: tuple[UUID, UUID, int], now: datetime, stays: Sequence[Stay], lines: Sequence[Line]
) -> Mapping[UUID, Outcome]:
    """Write scans and what they change; `place` is (event, device, the event's key id). All of it or nothing.

    Those whose ticket has changed since it was looked up are left out, and nothing of them is written.
    """
    event_id, device_id, key_id = place
    if len(lines) == 1:
        sql, values = _RECORD_ONE, [*astuple(stays[0] if stays else _NO_STAY), *astuple(lines[0])]
    else:
        in_order = sorted(stays, key=lambda stay: (stay.ticket, stay.day))
        sql, values = _RECORD_MANY, [*_columns(in_order, len(_STAY.split())), *_columns(lines, len(_LINE.split()))]
    rows = await db.fetch(sql, event_id, device_id, now, key_id, *values)
    return {row["id"]: Outcome(*row[1:]) for row in rows}


async def stored(event_id: UUID, scan_ids: Sequence[UUID]) -> Mapping[UUID, Outcome]:
    """The answers that these scans of the event got."""
    rows = await db.fetch(
        """SELECT id, result, reason, first_scanned_at, conflict, door, false FROM scan
           WHERE event = $1 AND id = ANY($2)""",
        event_id,
        scan_ids,
    )
    return {row["id"]: Outcome(*row[1:]) for row in rows}


def _columns(items: Sequence[Wanted] | Sequence[Stay] | Sequence[Line], width: int) -> list[list[object]]:
    """Rows as one list per column; `width` counts the columns where there are no rows."""
    rows = [astuple(item) for item in items]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _known(row: asyncpg.Record, event_id: UUID) -> Known:
    return Known(
        stored=_stored(row) if row["stored_event"] == event_id else None,
        stored_ticket=row["stored_ticket"],
        key=None if row["key_event"] is None else KeyFacts(row["key_event"], row["public_key"]),
        ticket=None if row["ticket"] is None else TicketFacts(*row[10:14]),
        name=f"{row['given_name']} {row['family_name']}",
        organisation=row["organisation"] or "",
    )


def _stored(row: asyncpg.Record) -> Outcome:
    return Outcome(row["result"], row["reason"], row["first_scanned_at"], row["conflict"], row["door"], fresh=False)
