"""How the supervisor hears of signals: as `KeyboardInterrupt` while it starts, as wake-ups while it watches."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Stops:
    """The signals to stop that have come; each also interrupts until `only_note`."""

    seen: list[int] = field(default_factory=list)
    interrupting: bool = True

    def hear(self, number: int, _frame: FrameType | None) -> None:
        self.seen.append(number)
        if self.interrupting:
            raise KeyboardInterrupt

    def only_note(self) -> None:
        """From here on `seen` is to be looked at: an interrupt can get lost, in a weak reference's callback for one.

        Raises `KeyboardInterrupt` if one has got lost before.
        """
        self.interrupting = False
        if self.seen:
            raise KeyboardInterrupt


@contextmanager
def stops_interrupt() -> Iterator[Stops]:
    """Any signal to stop raises `KeyboardInterrupt` in the block, so that `finally` runs; its end swallows that."""
    stops = Stops()
    former = {number: signal.signal(number, stops.hear) for number in STOPS}
    try:
        yield stops
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@dataclass
class Wakeups:
    """`wait` sleeps until a child ends or a signal to stop comes; `stopping` says whether one has come."""

    reader: int
    seen: list[int] = field(default_factory=list)

    @property
    def stopping(self) -> bool:
        return bool(self.seen)

    def wait(self, seconds: float | None) -> None:
        readable, _, _ = select.select([self.reader], [], [], seconds)
        if readable:
            os.read(self.reader, 1024)


@contextmanager
def wakeups() -> Iterator[Wakeups]:
    """Note signals instead of being interrupted by them while the block runs. For the main thread."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    heard = Wakeups(reader)

    def note(number: int, _frame: FrameType | None) -> None:
        if number in STOPS:
            heard.seen.append(number)

    former = {number: signal.signal(number, note) for number in (*STOPS, signal.SIGCHLD)}
    former_descriptor = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield heard
    finally:
        signal.set_wakeup_fd(former_descriptor)
        for number, handler in former.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
