"""Everything about an event as files: one CSV for each table, and all of them as the sheets of one XLSX.

Columns bear the names that the API's JSON has, whatever the language, so that scripts can rely on them. Times are those
on the event's wall. What concerns health and access is the attendees' own: it leaves as counts without names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from events_app.events import queries as events
from events_app.kit import db, sheets
from events_app.kit.errors import NotFound
from events_app.kit.sheets import Cell, Sheet
from events_app.matchmaking.queries import CURRENT, SHOWN

_MODE = 0o600
"""Personal data: for the operator's eyes."""

_QUESTIONS = """SELECT e.id, q ->> 'key' AS key, q ->> 'label' AS label, (q ->> 'sensitive')::boolean AS sensitive
  FROM event e, jsonb_array_elements(e.questions) q WHERE e.id = $1"""
TABLES: Mapping[str, str] = {
    "event": """SELECT e.slug, e.title, e.kind, e.mode, e.status, c.slug AS cluster, e.starts_at, e.ends_at, e.timezone,
          seats.capacity, seats.taken, e.venue_name, e.venue_street, e.venue_postcode, e.venue_place, e.online_url
        FROM event e LEFT JOIN cluster c ON c.id = e.cluster LEFT JOIN event_seats seats ON seats.event = e.id
        WHERE e.id = $1""",
    "registrations": """SELECT r.id, r.created_at, r.status, r.source, r.language, g.key AS "group",
          r.organisation_name, r.organisation_kind, r.organisation_size, r.organisation_startup,
          r.organisation_postcode, r.organisation_district, r.contact_given_name,
          r.contact_family_name, r.contact_email, r.contact_phone,
          (SELECT count(*)::int FROM attendee a WHERE a.registration = r.id AND a.status = 'confirmed') AS confirmed,
          r.all_or_none, r.match_consent, r.erased_at
        FROM registration r LEFT JOIN ticket_group g ON g.id = r.ticket_group
        WHERE r.event = $1 ORDER BY r.created_at, r.id""",
    "attendees": """SELECT a.id, a.registration, r.organisation_name, a.given_name, a.family_name, a.email, a.role,
          a.status, CASE WHEN a.status = 'waiting' THEN (SELECT count(*)::int FROM attendee w WHERE w.event = a.event
            AND w.status = 'waiting' AND w.waiting_number <= a.waiting_number) END AS waiting_position,
          t.short_code, t.admitted_at, a.erased_at
        FROM attendee a JOIN registration r ON r.id = a.registration LEFT JOIN ticket t ON t.attendee_id = a.id
        WHERE a.event = $1 ORDER BY r.created_at, r.id, a.position, a.id""",
    "answers": f"""WITH asked AS ({_QUESTIONS})
        SELECT r.id AS registration, NULL::uuid AS attendee, q.key AS question, q.label, r.answers -> q.key AS answer
        FROM asked q JOIN registration r ON r.event = q.id AND r.answers ? q.key WHERE NOT coalesce(q.sensitive, false)
        UNION ALL
        SELECT a.registration, a.id, q.key, q.label, a.answers -> q.key
        FROM asked q JOIN attendee a ON a.event = q.id AND a.answers ? q.key WHERE NOT coalesce(q.sensitive, false)
        ORDER BY registration, attendee NULLS FIRST, question""",  # noqa: S608 - own constant
    "counts": f"""WITH asked AS ({_QUESTIONS}), told AS (
          SELECT event, answers FROM registration WHERE event = $1 AND status <> 'cancelled'
          UNION ALL SELECT event, answers FROM attendee WHERE event = $1 AND status <> 'cancelled')
        SELECT q.key AS question, q.label, word AS answer, count(*)::int AS count
        FROM asked q JOIN told ON told.event = q.id AND told.answers ? q.key,
          LATERAL jsonb_path_query(told.answers -> q.key, '$[*]') AS word
        WHERE q.sensitive GROUP BY 1, 2, 3
        UNION ALL
        SELECT 'needs', '', to_jsonb(need), count(*)::int FROM attendee_choice c JOIN attendee a ON a.id = c.attendee,
          LATERAL jsonb_array_elements_text(c.needs) AS need
        WHERE a.event = $1 AND a.status <> 'cancelled' GROUP BY need ORDER BY 1, 2, 3""",  # noqa: S608 - own constant
    "training": """SELECT r.id AS registration, r.organisation_name, side.name AS side,
          entry ->> 'occupation' AS occupation, entry ->> 'form' AS form, (entry ->> 'places')::int AS places,
          entry -> 'districts' AS districts, (entry ->> 'remote')::boolean AS remote, entry ->> 'site' AS site,
          entry ->> 'period' AS period
        FROM registration r, (VALUES ('needs'), ('offers')) AS side(name),
          LATERAL jsonb_array_elements(coalesce(r.training -> side.name, '[]')) WITH ORDINALITY AS e(entry, place)
        WHERE r.event = $1 ORDER BY r.created_at, r.id, side.name, e.place""",
    "attendance": """SELECT p.day, t.family_name, t.given_name, t.organisation, t.short_code, p.admitted_at, p.left_at,
          d.name AS door
        FROM presence p JOIN ticket t ON t.id = p.ticket LEFT JOIN device d ON d.id = p.device
        WHERE p.event = $1 ORDER BY p.day, p.admitted_at, p.id""",
    "scans": """SELECT s.scanned_at, s.received_at, s.direction, s.result, s.reason, s.offline, t.short_code,
          d.name AS door, s.conflict, s.undone_at
        FROM scan s LEFT JOIN ticket t ON t.id = s.ticket LEFT JOIN device d ON d.id = s.device
        WHERE s.event = $1 ORDER BY s.scanned_at, s.id""",
    "matches": f"""SELECT s.organisation_name AS company, o.organisation_name AS partner, c.score,
          (e.starts_at AT TIME ZONE e.timezone + m.starts_after) AT TIME ZONE e.timezone AS starts_at,
          m.meeting_table AS "table"
        FROM match m JOIN candidate c ON c.id = m.candidate JOIN registration s ON s.id = c.company
          JOIN registration o ON o.id = c.partner JOIN event e ON e.id = s.event
        WHERE m.run = ({CURRENT}) AND {SHOWN} ORDER BY starts_at, "table", company, partner""",  # noqa: S608 - own constant
}
"""Name -> statement; $1 is the event's id. `counts` are those of sensitive answers, `score` is in thousandths."""


async def tables_of(slug: str) -> list[Sheet]:
    """The event's tables, the empty ones too. Raises `NotFound`."""
    event = await events.by_slug(slug)
    if event is None:
        raise NotFound(f"there is no event {slug!r}")
    zone = ZoneInfo(event.public.timezone)
    found = []
    async with db.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")  # all of one moment
        for name, statement in TABLES.items():
            asked = await connection.prepare(statement)
            kinds = {column.name: column.type.name for column in asked.get_attributes()}
            rows = [
                [_cell(value, kind, zone) for value, kind in zip(row, kinds.values(), strict=True)]
                for row in await asked.fetch(event.id)
            ]
            found.append(Sheet(name, [], list(kinds), rows))
    return found


def write(tables: list[Sheet], slug: str, folder: Path) -> list[Path]:
    """Write the files into the folder, in place of former ones; only their owner may read them. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{table.name}.csv": sheets.as_csv(table.headings, table.rows).encode() for table in tables}
    files[f"{slug}.xlsx"] = sheets.as_xlsx(*tables)
    for name, content in files.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    return [folder / name for name in files]


def _cell(value: Any, kind: str, zone: ZoneInfo) -> Cell:
    """A value of this type of the database: yes and no as `true` and `false`, several as `a, b`."""
    if kind == "jsonb" and value is not None:
        value = msgspec.json.decode(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
