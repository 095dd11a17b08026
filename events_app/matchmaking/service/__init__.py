"""Use cases of matching: start a run, carry it out, look at it, publish it, cancel it; and what a participant sees."""

from events_app.matchmaking.service.execution import execute_run, take_up_stale_runs
from events_app.matchmaking.service.proposals import Proposals, Standing, matches_for_registration
from events_app.matchmaking.service.publishing import publish_run, to_be_told
from events_app.matchmaking.service.runs import (
    Missed,
    Result,
    Runs,
    cancel_run,
    candidates,
    get_run,
    result,
    runs_of_event,
    start_run,
)

__all__ = [
    "Missed",
    "Proposals",
    "Result",
    "Runs",
    "Standing",
    "cancel_run",
    "candidates",
    "execute_run",
    "get_run",
    "matches_for_registration",
    "publish_run",
    "result",
    "runs_of_event",
    "start_run",
    "take_up_stale_runs",
    "to_be_told",
]
