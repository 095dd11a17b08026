from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.outbox import rules
from events_app.outbox.rules import LEAST_TRIES, LONGEST_DELAY, PATIENCE, Trouble, next_delay, trouble_of
from workers.outbox import COMPOSERS

PASSING: list[Trouble] = ["deferred", "cut", "down"]
YOUNG, OLD = timedelta(minutes=1), PATIENCE


@pytest.mark.parametrize(
    ("code", "trouble"),
    [(421, "down"), (450, "deferred"), (452, "deferred"), (550, "refused"), (554, "refused"), (-1, "down")],
)
def test_trouble_of_a_reply_follows_its_first_digit_except_where_the_server_closes(code: int, trouble: str) -> None:
    assert trouble_of(code) == trouble


def test_a_refused_sender_is_our_setting_and_parks_no_mail_but_a_size_does() -> None:
    assert trouble_of(550, about_sender=True) == "down"
    assert trouble_of(451, about_sender=True) == "deferred"
    assert trouble_of(552, about_sender=True) == "refused"


def test_next_delay_grows_threefold_from_ten_seconds() -> None:
    delays = [next_delay("deferred", tries, YOUNG) for tries in range(1, 6)]
    assert delays == [timedelta(seconds=seconds) for seconds in (10, 30, 90, 270, 810)]


@given(st.sampled_from(PASSING), st.integers(1, 32_000), st.timedeltas(timedelta(), timedelta(days=400)))
def test_next_delay_stays_within_its_bounds_or_gives_up(trouble: Trouble, tries: int, age: timedelta) -> None:
    delay = next_delay(trouble, tries, age)
    if delay is None:
        assert tries >= LEAST_TRIES
        assert age >= PATIENCE
    else:
        assert timedelta(seconds=10) <= delay <= LONGEST_DELAY[trouble]


def test_next_delay_gives_up_at_once_when_refused_and_else_only_late_and_after_enough_tries() -> None:
    assert next_delay("refused", 1, YOUNG) is None
    assert next_delay("deferred", LEAST_TRIES, YOUNG) is not None
    assert next_delay("deferred", 1, OLD) is not None
    assert next_delay("deferred", LEAST_TRIES, OLD) is None


def test_every_passing_trouble_has_a_longest_delay() -> None:
    assert set(LONGEST_DELAY) == set(get_args(Trouble)) - {"refused"}


def test_kinds_that_are_treated_otherwise_are_kinds_that_there_are() -> None:
    assert set(COMPOSERS) >= rules.MASS | rules.UNHELD | rules.UNREPEATED


@given(st.text(max_size=300))
def test_any_address_has_a_spelling_for_the_wire(text: str) -> None:
    assert rules.wire_address(text).isascii() or not text.isascii()
