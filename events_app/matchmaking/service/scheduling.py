"""The last step of a run: the chosen pairs' meetings, planned in a process that ends with the claim."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import msgspec

from events_app.matchmaking.planning import Found, Order
from events_app.matchmaking.queries import Unplaced
from events_app.matchmaking.rules.meetings import Pair, Round
from events_app.matchmaking.rules.values import Reason
from events_app.matchmaking.service.claims import Claim
from events_app.matchmaking.service.results import SELECTED, Outcome, Stand
from events_app.matchmaking.service.task import Task

PLANNED = 0.8
"""Progress when the meetings are planned."""
PLAN_SECONDS = 60.0
MOVES, CONFLICTS = 300_000, 20_000
"""Where planning stops, whatever the time: the same input gives the same plan, unless the seconds run out first."""
LOOK_SECONDS = 0.2
LONGEST_LINE = 500


class PlanningFailed(Exception):  # noqa: N818 - says what happened
    """The process that plans has ended without a plan."""


async def with_meetings(task: Task, outcome: Outcome, claim: Claim) -> Outcome:
    """The outcome with a meeting for each pair that finds a slot. Raises `ClaimLost` soon after the run is lost."""
    if task.round is None or not outcome.chosen:
        return outcome
    claim.reached("scheduling", SELECTED)
    pairs = _pairs(outcome)
    order = Order(task.round, tuple(pairs), claim.keep == "published", PLAN_SECONDS, MOVES, CONFLICTS)
    found = await _ask(order, claim)
    return _joined(outcome, found, pairs, task.round)


def _pairs(outcome: Outcome) -> dict[Pair, int]:
    """The chosen pairs with their places among the candidates."""
    found, pairs = outcome.candidates, {}
    for place in sorted(outcome.chosen):
        company, partner = (found.participants[int(side[place])].id for side in (found.company, found.partner))
        pairs[Pair(company, partner, int(found.score[place]))] = place
    return pairs


async def _ask(order: Order, claim: Claim) -> Found:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "events_app.matchmaking.planning",
        str(os.getpid()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    answer = asyncio.ensure_future(process.communicate(msgspec.json.encode(order)))
    try:
        await _watch(answer, claim, order.seconds)
        out, err = await answer
    finally:
        answer.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode:
        raise PlanningFailed(err.decode(errors="replace").strip()[-LONGEST_LINE:] or f"exit {process.returncode}")
    return msgspec.json.decode(out, type=Found)


async def _watch(answer: asyncio.Future[tuple[bytes, bytes]], claim: Claim, seconds: float) -> None:
    """Let the progress move with the time used, and look whether the run is still wanted."""
    began = time.monotonic()
    while not answer.done():
        await asyncio.wait([answer], timeout=LOOK_SECONDS)
        used = min(1.0, (time.monotonic() - began) / seconds)
        claim.reached("scheduling", SELECTED + (PLANNED - SELECTED) * used)
    claim.reached("scheduling", PLANNED)


def _joined(outcome: Outcome, found: Found, pairs: Mapping[Pair, int], round_: Round) -> Outcome:
    place = {pair.key: number for pair, number in pairs.items()}
    meetings = {place[one.meeting]: Stand(round_.starts[one.slot - 1], round_.lasts, one.table) for one in found.placed}
    by_key = {pair.key: pair for pair in pairs}
    summary = msgspec.structs.replace(
        outcome.summary,
        meetings=len(meetings),
        proved_optimal=outcome.summary.proved_optimal and found.optimal,
        gaps=found.gaps,
        fewest_gaps=found.bound,
        unplaced=tuple(_unplaced(by_key[key], code, values) for key, code, values in found.unplaced),
    )
    return replace(outcome, summary=summary, meetings=meetings)


def _unplaced(pair: Pair, code: str, values: Mapping[str, object]) -> Unplaced:
    """Without the planner's names of meetings: who they are says the pair."""
    kept = {name: value for name, value in values.items() if isinstance(value, int)}
    return Unplaced(UUID(pair.company), UUID(pair.partner), Reason(code, kept))
