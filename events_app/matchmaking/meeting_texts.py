"""Why a chosen pair has no meeting, in the reader's language; by the planner's codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from events_app.kit.i18n import Language, translate
from events_app.matchmaking.rules.values import Reason

_Say = Callable[[str], str]


def why_no_meeting(reason: Reason, language: Language) -> str:
    """One sentence without a full stop; what has no words of its own is told as no room."""
    _ = partial(translate, language)
    texts: Mapping[str, str] = {
        "no_common_slot": _("no time at which both can come"),
        "no_time": _("the computing time was over before there was a timetable"),
        "costs_gaps": _("room only at the price of unfair waiting for others"),
    }
    if reason.code == "all_taken":
        return _taken(reason.values, _)
    return texts.get(reason.code) or _("no room in the timetable")


def _taken(values: Mapping[str, object], _: _Say) -> str:
    """Which of the two is busy, or the tables: whatever takes all of the slots that were open to them."""
    if values.get("tables") == values.get("open"):
        return _("all tables are taken whenever both can come")
    return _("at each time that both can come, one of them has another meeting or all tables are taken")
