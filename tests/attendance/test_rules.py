from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from events_app.attendance.rules import (
    Day,
    Round,
    catering_due,
    is_coming,
    problems,
    reminder_due,
    reminder_moment,
    thanks_due,
    thanks_moment,
)

BERLIN = ZoneInfo("Europe/Berlin")
STARTS = datetime(2026, 11, 5, 10, 0, tzinfo=BERLIN)
DAY = Day(STARTS, STARTS + timedelta(hours=5), "Europe/Berlin")
LATE = timedelta(days=14)
moments = st.datetimes(datetime(2026, 10, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone


def test_reminder_goes_out_at_nine_three_days_before() -> None:
    assert reminder_moment(DAY, 3) == datetime(2026, 11, 2, 9, 0, tzinfo=BERLIN)


def test_reminder_is_at_nine_on_the_wall_when_the_clocks_change_in_between() -> None:
    day = Day(datetime(2026, 10, 26, 8, 0, tzinfo=BERLIN), datetime(2026, 10, 26, 9, 0, tzinfo=BERLIN), "Europe/Berlin")
    assert reminder_moment(day, 3).astimezone(UTC).hour == 7
    assert thanks_moment(day).astimezone(UTC).hour == 8


def test_reminder_is_due_from_its_moment_until_the_event_begins() -> None:
    moment = reminder_moment(DAY, 3)
    assert not reminder_due(Round(), DAY, moment - timedelta(seconds=1))
    assert reminder_due(Round(), DAY, moment)
    assert not reminder_due(Round(), DAY, STARTS)
    assert not reminder_due(Round(reminder_days=None), DAY, moment)


def test_reminder_is_repeated_only_for_an_event_moved_by_a_week() -> None:
    now = STARTS - timedelta(hours=20)
    assert not reminder_due(Round(reminded_for=STARTS), DAY, now)
    assert not reminder_due(Round(reminded_for=STARTS - timedelta(days=6)), DAY, now)
    assert reminder_due(Round(reminded_for=STARTS - timedelta(days=7)), DAY, now)


def test_caterer_is_told_once_for_each_deadline_before_the_event() -> None:
    deadline = STARTS - timedelta(days=4)
    plan = Round(catering_at=deadline)
    assert not catering_due(plan, DAY, deadline - timedelta(seconds=1))
    assert catering_due(plan, DAY, deadline)
    assert not catering_due(plan, DAY, STARTS)
    assert not catering_due(Round(catering_at=deadline, catering_told_for=deadline), DAY, deadline)
    assert catering_due(Round(catering_at=deadline, catering_told_for=deadline - timedelta(days=1)), DAY, deadline)


def test_thanks_go_out_the_morning_after_and_not_weeks_later() -> None:
    moment = datetime(2026, 11, 6, 9, 0, tzinfo=BERLIN)
    assert thanks_moment(DAY) == moment
    assert thanks_due(Round(), DAY, moment, LATE)
    assert not thanks_due(Round(), DAY, moment - timedelta(seconds=1), LATE)
    assert not thanks_due(Round(), DAY, moment + LATE, LATE)
    assert not thanks_due(Round(thanks=False), DAY, moment, LATE)
    assert not thanks_due(Round(thanked_at=moment), DAY, moment, LATE)


def test_yes_ends_when_the_event_moves() -> None:
    assert is_coming(STARTS, STARTS)
    assert not is_coming(STARTS, STARTS + timedelta(minutes=15))
    assert not is_coming(None, STARTS)


def test_plan_with_mistakes_names_each_field() -> None:
    plan = Round(31, "x" * 2001, STARTS, thanks_note="x" * 2001)
    assert [p.field for p in problems(plan, DAY)] == [
        "/reminder_days",
        "/reminder_note",
        "/catering_at",
        "/thanks_note",
    ]
    assert not list(problems(Round(), DAY))


@given(moments, st.integers(1, 30))
def test_nothing_is_due_twice_once_it_is_noted(now: datetime, days: int) -> None:
    plan = Round(reminder_days=days, catering_at=STARTS - timedelta(days=2))
    noted = Round(days, "", plan.catering_at, reminded_for=STARTS, catering_told_for=plan.catering_at, thanked_at=now)
    due = reminder_due(noted, DAY, now), catering_due(noted, DAY, now), thanks_due(noted, DAY, now, LATE)
    assert due == (False, False, False)
