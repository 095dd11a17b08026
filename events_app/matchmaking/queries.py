"""Reading runs, candidates and matches, and the registrations that may be matched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from events_app.kit import db
from events_app.matchmaking.rules.values import Components, Reason
from events_app.matchmaking.schemas import Mode, Stage, Status
from events_app.registration.schemas import Training

# With a confirmed attendee and the consent to be matched; `r` is the registration.
MAY_BE_MATCHED = """r.match_consent AND EXISTS (
  SELECT 1 FROM attendee a WHERE a.registration = r.id AND a.status = 'confirmed')"""
# A match that neither side spoke against before it was published. What is said later changes nothing for the other
# side, which would learn it from the match's vanishing: it counts from the next run on.
SHOWN = """NOT EXISTS (SELECT 1 FROM matching_opinion o
  WHERE o.kind IN ('rather_not', 'work_together')
    AND o.created_at <= (SELECT coalesce(u.published_at, 'infinity') FROM matching_run u WHERE u.id = c.run)
    AND (o.registration, o.other) IN ((c.company, c.partner), (c.partner, c.company)))"""
# The run whose matches participants see: the one published last.
CURRENT = """SELECT id FROM matching_run WHERE event = $1 AND published_at IS NOT NULL
  ORDER BY published_at DESC, id LIMIT 1"""
_RUN = """
SELECT m.id, m.event, e.slug, e.title, e.timezone, m.status, m.mode, m.weights, m.stage, m.progress, m.summary, m.error,
  m.created_at, m.started_at, m.finished_at, m.published_at
FROM matching_run m JOIN event e ON e.id = m.event
"""
_PAIR = """
SELECT c.score, c.components, c.reasons, m.id AS match, m.meeting_table,
  (e.starts_at AT TIME ZONE e.timezone + m.starts_after) AT TIME ZONE e.timezone AS starts_at,
  (e.starts_at AT TIME ZONE e.timezone + m.starts_after + m.lasts) AT TIME ZONE e.timezone AS ends_at,
  s.id AS s_id, s.organisation_name AS s_name, s.organisation_kind AS s_kind, s.organisation_postcode AS s_postcode,
  s.organisation_district AS s_district,
  o.id AS o_id, o.organisation_name AS o_name, o.organisation_kind AS o_kind, o.organisation_postcode AS o_postcode,
  o.organisation_district AS o_district
FROM candidate c JOIN registration s ON s.id = c.company JOIN registration o ON o.id = c.partner
  JOIN event e ON e.id = s.event
"""
_training = msgspec.json.Decoder(Training)
_components = msgspec.json.Decoder(dict[str, float])
_reasons = msgspec.json.Decoder(tuple[Reason, ...])


class Unmatched(msgspec.Struct):
    """A registration without a match, as stored in a run's summary: no names, so that erasing finds none here."""

    id: UUID
    reasons: tuple[Reason, ...]


class Unplaced(msgspec.Struct):
    """A match that found no slot, and why; the ids are registrations'."""

    company: UUID
    partner: UUID
    reason: Reason


class Summary(msgspec.Struct):
    """What a run found, as stored: reasons as codes with values.

    `gaps` between meetings, summed over everybody, `fewest_gaps` a proved lower bound; none where no meetings were
    planned. `proved_optimal` is of both matches and meetings.
    """

    companies: int
    partners: int
    candidates: int
    matches: int
    meetings: int
    total_score: int
    proved_optimal: bool
    unmatched: tuple[Unmatched, ...]
    seconds: float
    gaps: int | None = None
    fewest_gaps: int | None = None
    unplaced: tuple[Unplaced, ...] = ()


_summary = msgspec.json.Decoder(Summary)


@dataclass(frozen=True)
class RunRow:
    id: UUID
    event_id: UUID
    slug: str
    event_title: str
    timezone: str
    status: Status
    mode: Mode
    weights: str | None
    """As JSON; None for the defaults."""
    stage: Stage | None
    progress: float
    summary: Summary | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    published_at: datetime | None

    @property
    def active(self) -> bool:
        return self.status in {"queued", "running"}


@dataclass(frozen=True)
class Organisation:
    """A registration's organisation as the other side may see it; `id` is the registration's."""

    id: UUID
    name: str
    kind: str
    postcode: str | None
    district: str | None


@dataclass(frozen=True)
class Meeting:
    """Its times follow the event: what is stored is the distance from its beginning, by the clock on the wall."""

    starts_at: datetime
    ends_at: datetime
    table: int | None


@dataclass(frozen=True)
class Pair:
    """A candidate; `matched` if it was chosen. `score` in thousandths."""

    company: Organisation
    partner: Organisation
    score: int
    components: Components
    reasons: tuple[Reason, ...]
    matched: bool
    meeting: Meeting | None

    def other(self, registration_id: UUID) -> Organisation:
        return self.partner if self.company.id == registration_id else self.company


@dataclass(frozen=True)
class Entrant:
    """A registration that may be matched."""

    organisation: Organisation
    training: Training
    directory_id: UUID | None = None
    """Of the organisation in the directory, once it is filed there."""


@dataclass(frozen=True)
class Contact:
    registration_id: UUID
    email: str
    language: str


async def run_by_id(run_id: UUID) -> RunRow | None:
    row = await db.fetch_row(_RUN + "WHERE m.id = $1", run_id)
    return None if row is None else _run(row)


async def runs_of(event_id: UUID, limit: int = 10) -> Sequence[RunRow]:
    """The latest first."""
    rows = await db.fetch(_RUN + "WHERE m.event = $1 ORDER BY m.created_at DESC, m.id LIMIT $2", event_id, limit)
    return [_run(row) for row in rows]


async def current_run(event_id: UUID) -> RunRow | None:
    """The published run that counts: an earlier one is superseded."""
    row = await db.fetch_row(_RUN + f"WHERE m.id = ({CURRENT})", event_id)
    return None if row is None else _run(row)


async def pairs(run_id: UUID, *, matched_only: bool = False) -> Sequence[Pair]:
    """A run's candidates, the best first."""
    join = "JOIN" if matched_only else "LEFT JOIN"
    rows = await db.fetch(
        _PAIR + f"{join} match m ON m.candidate = c.id WHERE c.run = $1 ORDER BY c.score DESC, c.company, c.partner",
        run_id,
    )
    return [_pair(row) for row in rows]


async def matches_of(run_id: UUID, registration_id: UUID) -> Sequence[Pair]:
    """One registration's matches in a run, the best first.

    Without those whose other side withdrew since, and those that one side spoke against before they were published.
    """
    rows = await db.fetch(
        _PAIR
        + f"""JOIN match m ON m.candidate = c.id
          JOIN registration r ON r.id = CASE WHEN c.company = $2 THEN c.partner ELSE c.company END
          WHERE c.run = $1 AND $2 IN (c.company, c.partner) AND {MAY_BE_MATCHED} AND {SHOWN}
          ORDER BY m.starts_after, c.score DESC, c.company, c.partner""",
        run_id,
        registration_id,
    )
    return [_pair(row) for row in rows]


async def names(event_id: UUID) -> Mapping[str, str]:
    """The organisations' names by registration id (as text), of everybody who registered for the event."""
    rows = await db.fetch("SELECT id, organisation_name FROM registration WHERE event = $1", event_id)
    return {str(row["id"]): row["organisation_name"] for row in rows}


async def names_of(registration_ids: Sequence[str]) -> Mapping[str, str]:
    """As `names`, for the participants to read: only of those that still may be matched."""
    rows = await db.fetch(
        f"""SELECT r.id, r.organisation_name FROM registration r
            WHERE r.id = ANY($1::uuid[]) AND {MAY_BE_MATCHED}""",  # noqa: S608 - constant
        list(registration_ids),
    )
    return {str(row["id"]): row["organisation_name"] for row in rows}


async def chosen_pairs(run_id: UUID, *, shown_only: bool = False) -> list[tuple[UUID, UUID]]:
    """(company, partner) of each match; `shown_only`: of those that participants see."""
    rows = await db.fetch(
        f"""SELECT c.company, c.partner FROM match m JOIN candidate c ON c.id = m.candidate
           WHERE m.run = $1 AND {SHOWN if shown_only else "TRUE"} ORDER BY c.company, c.partner""",  # noqa: S608 - constant
        run_id,
    )
    return [(row["company"], row["partner"]) for row in rows]


async def was_absent(run_id: UUID, registration_id: UUID) -> bool:
    """Whether the run planned the rest of the day without this registration."""
    found: bool = await db.fetch_value(
        "SELECT coalesce(absent ? $2, false) FROM matching_run WHERE id = $1", run_id, str(registration_id)
    )
    return found


async def contacts(registration_ids: Sequence[UUID]) -> Sequence[Contact]:
    """Whom to write to for these registrations; only for those that still may be matched."""
    rows = await db.fetch(
        f"""SELECT r.id AS registration_id, r.contact_email AS email, r.language
            FROM registration r WHERE r.id = ANY($1::uuid[]) AND {MAY_BE_MATCHED} ORDER BY r.id""",  # noqa: S608 - constant
        list(registration_ids),
    )
    return [Contact(**dict(row)) for row in rows]


async def entrants(event_id: UUID) -> Sequence[Entrant]:
    """The registrations that may be matched, by id; those that attend only are among them."""
    rows = await db.fetch(
        f"""SELECT r.id, r.organisation_name AS name, r.organisation_kind AS kind, r.organisation_postcode AS postcode,
             r.organisation_district AS district, r.training,
             r.organisation AS directory_id
           FROM registration r WHERE r.event = $1 AND {MAY_BE_MATCHED} ORDER BY r.id""",  # noqa: S608 - constant
        event_id,
    )
    return [_entrant(dict(row)) for row in rows]


async def still_matchable(ids: Sequence[UUID]) -> set[UUID]:
    """Which of these registrations may be matched now, held so until the transaction ends."""
    rows = await db.fetch(
        f"SELECT r.id FROM registration r WHERE r.id = ANY($1) AND {MAY_BE_MATCHED} FOR SHARE OF r",  # noqa: S608 - constant
        ids,
    )
    return {row["id"] for row in rows}


def _entrant(row: dict[str, object]) -> Entrant:
    training = _training.decode(str(row.pop("training")))
    directory_id: Any = row.pop("directory_id")
    return Entrant(Organisation(**row), training, directory_id)  # type: ignore[arg-type] # columns as named in the query


def _run(row: asyncpg.Record) -> RunRow:
    return RunRow(
        id=row["id"],
        event_id=row["event"],
        slug=row["slug"],
        event_title=row["title"],
        timezone=row["timezone"],
        status=row["status"],
        mode=row["mode"],
        weights=row["weights"],
        stage=row["stage"],
        progress=row["progress"],
        summary=None if row["summary"] is None else _summary.decode(row["summary"]),
        error=row["error"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        published_at=row["published_at"],
    )


def _pair(row: asyncpg.Record) -> Pair:
    meeting = None
    if row["starts_at"] is not None:
        meeting = Meeting(row["starts_at"], row["ends_at"], row["meeting_table"])
    return Pair(
        company=_organisation(row, "s"),
        partner=_organisation(row, "o"),
        score=row["score"],
        components=Components(**_components.decode(row["components"])),
        reasons=_reasons.decode(row["reasons"]),
        matched=row["match"] is not None,
        meeting=meeting,
    )


def _organisation(row: asyncpg.Record, side: str) -> Organisation:
    return Organisation(*(row[f"{side}_{name}"] for name in ("id", "name", "kind", "postcode", "district")))
