"""Writes what `clustertreff schedule` found (docs/schedule-file.md), with its reasons as English sentences."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from events_app.matchmaking.rules.schedule.values import Plan, Reason, Status

EXIT_CODES: Mapping[Status, int] = {"optimal": 0, "feasible": 0, "infeasible": 3, "unknown": 4}
BAD_FILE = 2


class MeetingOut(msgspec.Struct, frozen=True):
    id: str
    slot: int
    table: int


class UnplacedOut(msgspec.Struct, frozen=True):
    id: str
    reason: str


class PlanOut(msgspec.Struct, frozen=True):
    status: Status
    gaps: int | None
    bound: int | None
    score: float
    meetings: list[MeetingOut]
    unplaced: list[UnplacedOut]
    infeasible_because: list[str]
    seconds: float


def written(plan: Plan, seconds: float) -> bytes:
    """The plan as JSON text with a line end."""
    out = PlanOut(
        status=plan.status,
        gaps=plan.gaps,
        bound=plan.bound,
        score=round(plan.score, 9),
        meetings=[MeetingOut(*one) for one in plan.meetings],
        unplaced=[UnplacedOut(one.meeting, in_english(one.reason)) for one in plan.unplaced],
        infeasible_because=[in_english(reason) for reason in plan.because],
        seconds=round(seconds, 2),
    )
    return msgspec.json.format(msgspec.json.encode(out), indent=1) + b"\n"


def in_english(reason: Reason) -> str:
    """One sentence that names participants and meetings by their ids."""
    values = {name: _listed(value) if isinstance(value, tuple) else value for name, value in reason.values.items()}
    return _SENTENCES[reason.code].format(**values) + _also(reason)


def _also(reason: Reason) -> str:
    """What else must give way, besides the participants' own limits."""
    if reason.code != "can_not_all_be_held":
        return ""
    causes = []
    if reason.values["tables"]:
        causes.append(f"there are {reason.values['tables']} tables")
    if reason.values["spread"] != -1:
        causes.append(f"gaps may differ by {reason.values['spread']} at most")
    return "".join(f"; {cause}" for cause in causes)


def _listed(values: tuple[str, ...] | tuple[int, ...]) -> str:
    return ", ".join(str(value) for value in values)


_SENTENCES: Mapping[str, str] = {
    "no_common_slot": "{meeting}: no slot is open to this meeting of {participants} (away, session or fixed slot)",
    "order_leaves_no_slot": "{meeting}: its order with {others} leaves no slot for this meeting of {participants}",
    "too_many_meetings": "{participant}: the meetings {meetings} have only the slots {slots}, which hold {room}",
    "too_few_tables": "the meetings {meetings} have only the slots {slots}, which with {tables} tables hold {room}"
    " (participants: {participants})",
    "can_not_all_be_held": "{participants}: their meetings {meetings} can't all be held (proved by search)",
    "all_taken": "of {open} slots open to {participants}, the first is busy in {one}, the second in {other},"
    " and {tables} have no table left",
    "costs_gaps": "there is room for {participants}, but at the price of more gaps or less score",
}
