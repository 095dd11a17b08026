from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from events_app.demo.rules import ZONE, moment, moved_on, same_weekday

DAYS = st.dates(date(2020, 3, 1), date(2090, 12, 31)).filter(lambda day: (day.month, day.day) != (2, 29))
YEARS = st.integers(2020, 2090)


def clocks_change_on(day: date) -> bool:
    before, after = (datetime.combine(each, time(), ZONE).utcoffset() for each in (day, day + timedelta(days=1)))
    return before != after


@given(DAYS, YEARS)
def test_same_weekday_is_the_nearest_one(day: date, year: int) -> None:
    found = same_weekday(day, year)
    assert found.weekday() == day.weekday()
    assert abs((found - day.replace(year=year)).days) <= 3


@given(YEARS)
def test_the_last_weekend_of_march_2027_stays_the_one_on_which_the_clocks_change(year: int) -> None:
    saturday, sunday = same_weekday(date(2027, 3, 27), year), same_weekday(date(2027, 3, 28), year)
    assert sunday - saturday == timedelta(days=1)
    assert clocks_change_on(sunday)


@given(DAYS, DAYS, st.times())
def test_an_event_moves_to_the_first_year_in_which_it_lies_ahead(day: date, today: date, at: time) -> None:
    now = datetime.combine(today, time(12), UTC)
    found = moved_on(day, at, now)
    earlier = [before for year in range(day.year, found.year + 1) if (before := same_weekday(day, year)) < found]
    assert moment(found, at) > now
    assert all(moment(before, at) <= now for before in earlier)


def test_an_event_to_come_does_not_move() -> None:
    assert moved_on(date(2027, 2, 18), time(9, 30), datetime(2026, 11, 23, tzinfo=UTC)) == date(2027, 2, 18)


def test_an_event_moves_on_as_soon_as_it_has_begun() -> None:
    begin = datetime(2027, 2, 18, 8, 30, tzinfo=UTC)
    assert moved_on(date(2027, 2, 18), time(9, 30), begin - timedelta(seconds=1)).year == 2027
    assert moved_on(date(2027, 2, 18), time(9, 30), begin) == date(2028, 2, 17)
