"""What a run finds, and how it is saved: everything in one transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import msgspec

from events_app.kit import db
from events_app.matchmaking import queries
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.queries import Summary, Unmatched
from events_app.matchmaking.rules.explain import explain_unmatched
from events_app.matchmaking.rules.values import Candidate
from events_app.matchmaking.service import claims
from events_app.matchmaking.service.claims import Claim
from events_app.matchmaking.service.task import VERSIONS, Task

if TYPE_CHECKING:
    from events_app.matchmaking.rules.scan import Candidates

SCORED, SELECTED, SAVED = 0.2, 0.5, 0.99
"""Progress when that much is done."""
CHUNK = 500
COPY_SECONDS = 60
CANDIDATE_COLUMNS = ("id", "run", "company", "partner", "score", "components", "reasons")
MATCH_COLUMNS = ("id", "run", "candidate", "starts_after", "lasts", "meeting_table")


class Stand(NamedTuple):
    """A meeting's time, as the distance from the event's beginning, and its table."""

    starts_after: timedelta
    lasts: timedelta
    table: int


NOWHERE = (None, None, None)


@dataclass(frozen=True, eq=False)
class Outcome:
    """`chosen` are places among the candidates, with the meetings of those that have one.

    `seconds` stay 0 in the summary until it is saved.
    """

    candidates: Candidates
    chosen: frozenset[int]
    summary: Summary
    meetings: Mapping[int, Stand] = field(default_factory=dict)


class WithdrawnError(Exception):
    """An organisation of the result withdrew while it was worked out."""


def find(task: Task, claim: Claim) -> Outcome:
    """Score, select and explain; for a thread. Raises `ClaimLost` between the steps."""
    from events_app.matchmaking.rules.scan import score_all  # noqa: PLC0415 - numpy and the solver: for workers only
    from events_app.matchmaking.rules.select import select  # noqa: PLC0415 - same

    candidates = _holding(score_all(task.participants, knowledge(), task.weights), task)
    claim.reached("selecting", SCORED)
    selection = select(candidates, task.per_company, task.per_partner, task.published)
    claim.reached("selecting", SELECTED)
    chosen = frozenset(selection.chosen.tolist())
    summary = Summary(
        companies=sum(bool(one.needs) for one in task.participants),
        partners=sum(bool(one.offers) for one in task.participants),
        candidates=len(candidates),
        matches=len(chosen),
        meetings=0,
        total_score=selection.total_score,
        proved_optimal=True,
        unmatched=_unmatched(task, candidates, chosen),
        seconds=0,
    )
    return Outcome(candidates, chosen, summary)


def _holding(candidates: Candidates, task: Task) -> Candidates:
    """Pairs whose meeting may not move are past choosing: the agent fixed it, or it has been held."""
    if task.round is None or not task.round.fixed:
        return candidates
    place = {one.id: number for number, one in enumerate(candidates.participants)}
    pairs = [tuple(place.get(id_, -1) for id_ in key.split(":")) for key in task.round.fixed]
    held = candidates.pinned.copy()
    for one, other in pairs:
        for company, partner in ((one, other), (other, one)):
            held |= (candidates.company == company) & (candidates.partner == partner)
    return replace(candidates, pinned=held)


async def save(claim: Claim, task: Task, outcome: Outcome, seconds: float) -> None:
    """Write all of it. Raises `WithdrawnError` (try again) and `ClaimLost`; then nothing is written."""
    try:
        async with db.transaction() as connection:
            await _copy(connection, claim, outcome)
            if not await _all_there(outcome):
                raise WithdrawnError
            summary = msgspec.structs.replace(outcome.summary, seconds=round(seconds, 3))
            await claims.settle(claim, db.as_json(summary), task.input_hash, VERSIONS)
    except asyncpg.ForeignKeyViolationError as error:
        raise WithdrawnError from error


async def _copy(connection: asyncpg.Connection, claim: Claim, outcome: Outcome) -> None:
    """Candidates chunk by chunk: components and reasons are worked out on the way, in a thread."""
    count, began = len(outcome.candidates), claim.progress
    for start in range(0, count, CHUNK):
        claim.reached(claim.stage, began + (SAVED - began) * start / count)
        places = range(start, min(start + CHUNK, count))
        rows = await asyncio.to_thread(_rows, claim.run_id, outcome.candidates, places)
        await _insert(connection, "candidate", CANDIDATE_COLUMNS, rows)
        matched = [
            (uuid4(), claim.run_id, row[0], *outcome.meetings.get(place, NOWHERE))
            for place, row in zip(places, rows, strict=True)
            if place in outcome.chosen
        ]
        await _insert(connection, "match", MATCH_COLUMNS, matched)


async def _insert(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns, timeout=COPY_SECONDS)


def _rows(run_id: UUID, candidates: Candidates, places: Iterable[int]) -> list[tuple[Any, ...]]:
    return [_row(run_id, candidates[place]) for place in places]


def _row(run_id: UUID, one: Candidate) -> tuple[Any, ...]:
    components, reasons = msgspec.json.encode(one.components._asdict()), msgspec.json.encode(one.reasons)
    return uuid4(), run_id, UUID(one.company), UUID(one.partner), one.score, components.decode(), reasons.decode()


async def _all_there(outcome: Outcome) -> bool:
    """Whether everybody of the matches may still be matched; holds them so until the transaction ends."""
    matched = {UUID(id_) for id_ in _matched(outcome.candidates, outcome.chosen)}
    return len(matched) == len(await queries.still_matchable(list(matched)))


def _unmatched(task: Task, candidates: Candidates, chosen: frozenset[int]) -> tuple[Unmatched, ...]:
    """Everybody who seeks or offers something and has no match at all."""
    matched = _matched(candidates, chosen)
    wanted = {one.id for one in task.participants if (one.needs or one.offers) and one.id not in matched}
    sides = (candidates.company, candidates.partner)
    count = Counter(candidates.participants[place].id for side in sides for place in side.tolist())
    why = explain_unmatched(wanted, task.participants, count, knowledge())
    return tuple(Unmatched(UUID(id_), reasons) for id_, reasons in why.items())


def _matched(candidates: Candidates, chosen: frozenset[int]) -> set[str]:
    sides = (candidates.company, candidates.partner)
    return {candidates.participants[int(side[place])].id for side in sides for place in chosen}
