"""Use cases of matching: start a run, carry it out, look at it, publish it, cancel it; and what a participant sees."""

from events_app.matchmaking.opinion_queries import forget_erased
from events_app.matchmaking.service.execution import execute_run, take_up_stale_runs
from events_app.matchmaking.service.feedback import Talks, feedback_of_event, give_feedback, is_over
from events_app.matchmaking.service.introductions import agree_to_exchange, contact_of, take_back_agreement
from events_app.matchmaking.service.opinions import Others, may_speak, others_to_meet, state_opinion
from events_app.matchmaking.service.proposals import Proposals, Standing, matches_for_registration
from events_app.matchmaking.service.publishing import left_out, publish_run, to_be_told
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
    watch_run,
)
from events_app.matchmaking.service.supply import Supply, supply_of_event, supply_to_come
from events_app.matchmaking.service.voice import Voice, voice_of

__all__ = [
    "Missed",
    "Others",
    "Proposals",
    "Result",
    "Runs",
    "Standing",
    "Supply",
    "Talks",
    "Voice",
    "agree_to_exchange",
    "cancel_run",
    "candidates",
    "contact_of",
    "execute_run",
    "feedback_of_event",
    "forget_erased",
    "get_run",
    "give_feedback",
    "is_over",
    "left_out",
    "matches_for_registration",
    "may_speak",
    "others_to_meet",
    "publish_run",
    "result",
    "runs_of_event",
    "start_run",
    "state_opinion",
    "supply_of_event",
    "supply_to_come",
    "take_back_agreement",
    "take_up_stale_runs",
    "to_be_told",
    "voice_of",
    "watch_run",
]
