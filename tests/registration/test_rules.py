from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.events.schemas import Question, QuestionType
from events_app.registration.rules import seats
from events_app.registration.rules.answers import answer_problems

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of hypothesis have no zone
ahead = st.timedeltas(timedelta(hours=-5), timedelta(days=20))


def offer(hours_ahead: float) -> float | None:
    """Hours that an offer lasts for an event so many hours ahead."""
    deadline = seats.offer_deadline(NOW, NOW + timedelta(hours=hours_ahead))
    return None if deadline is None else (deadline - NOW) / timedelta(hours=1)


def test_an_offer_lasts_48_hours_and_less_only_close_to_the_event() -> None:
    assert [offer(h) for h in (500, 50, 49, 30, 6, 5.9, 2, 0, -3)] == [48, 48, 47, 28, 4, None, None, None, None]


@given(moments, ahead)
def test_an_offer_leaves_hours_to_answer_and_ends_two_hours_before_the_event(now: datetime, gap: timedelta) -> None:
    starts_at = now + gap
    deadline = seats.offer_deadline(now, starts_at)
    if deadline is None:
        assert gap < timedelta(hours=6)
    else:
        assert timedelta(hours=4) <= deadline - now <= timedelta(hours=48)
        assert starts_at - deadline >= timedelta(hours=2)
        assert starts_at - deadline == timedelta(hours=2) or deadline - now == timedelta(hours=48)


def test_the_two_hours_before_an_event_are_hours_also_when_clocks_change() -> None:
    starts_at = datetime(2026, 10, 25, 3, 30, tzinfo=BERLIN)  # 02:30 UTC, an hour after 03:00 became 02:00
    assert seats.offer_deadline(datetime(2026, 10, 24, 12, tzinfo=UTC), starts_at) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    spring = datetime(2027, 3, 28, 3, 30, tzinfo=BERLIN)  # 01:30 UTC; 01:30 on the wall was 00:30 UTC
    assert seats.latest_deadline(spring) == datetime(2027, 3, 27, 23, 30, tzinfo=UTC)


def test_48_hours_over_the_change_of_clocks_are_48_hours() -> None:
    now = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    deadline = seats.offer_deadline(now, datetime(2026, 12, 1, tzinfo=UTC))
    assert deadline is not None
    assert deadline - now.astimezone(UTC) == timedelta(hours=48)


@given(moments, ahead)
def test_extending_never_shortens_and_never_passes_the_last_moment(expires_at: datetime, gap: timedelta) -> None:
    longer = seats.extended_deadline(expires_at, expires_at + gap)
    assert expires_at <= longer <= expires_at + timedelta(hours=48)
    assert longer == expires_at or longer + timedelta(hours=2) <= expires_at + gap


@pytest.mark.parametrize(
    ("kind", "fitting", "unfitting"),
    [
        ("number", [0, -3.5, 10**15], [True, "5", 10**400, 1e308, float("inf"), float("nan"), [1]]),
        ("date", ["2028-02-29"], ["2026-02-29", "20260228", "2026-W01-1", "28.02.2026", 20260228]),
        ("text", ["ja"], [5, "x" * 5001, ["a"]]),
        ("choice", ["a"], ["c", ["a"]]),
        ("choices", [["a", "b"]], ["a", ["a", "c"], [["a"]]]),
        ("yes_no", [True, False], [1, "ja"]),
    ],
)
def test_answer_fits_its_question_or_is_named(
    kind: QuestionType, fitting: list[object], unfitting: list[object]
) -> None:
    questions = [Question("q", "Frage?", kind, ["a", "b"])]
    assert [list(answer_problems({"q": answer}, questions, "/answers")) for answer in fitting] == [[]] * len(fitting)
    for answer in unfitting:
        [problem] = answer_problems({"q": answer}, questions, "/answers")
        assert (problem.field, problem.code) == ("/answers/q", "invalid_answer")
