"""A signal to stop is heard whenever it comes."""

from __future__ import annotations

import signal
import weakref

import pytest

from events_app.supervisor.signals import STOPS, stops_interrupt


@pytest.mark.parametrize("number", STOPS)
def test_signal_interrupts_and_its_block_ends_quietly(number: signal.Signals) -> None:
    former = signal.getsignal(number)
    reached = []
    with stops_interrupt():
        reached.append("before")
        signal.raise_signal(number)
        reached.append("after")
    assert reached == ["before"]
    assert signal.getsignal(number) is former


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupt_that_got_lost_in_a_callback_is_told_at_the_next_look() -> None:
    """As in an import, whose module locks are let go in callbacks of weak references."""
    reached = []
    with stops_interrupt() as stops:
        something = {1}
        watched = weakref.ref(something, lambda _: signal.raise_signal(signal.SIGTERM))
        del something
        reached.append(f"lost with {watched()}")
        stops.only_note()
        reached.append("after")
    assert reached == ["lost with None"]


def test_signal_is_only_noted_from_the_look_on() -> None:
    with stops_interrupt() as stops:
        stops.only_note()
        signal.raise_signal(signal.SIGTERM)
        assert stops.seen == [signal.SIGTERM]
