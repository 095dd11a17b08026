"""The exact search in a process of its own.

A call of the SAT solver can't be broken off and holds the interpreter. A process can be ended at any moment, gives
its memory back, and runs on the second core while the walk runs on the first. It reads one request from standard
input, writes a line of JSON for each piece of news, and ends with its parent, else by itself at its time limit.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

import msgspec

from events_app.matchmaking.rules.schedule.board import board
from events_app.matchmaking.rules.schedule.news import News
from events_app.matchmaking.rules.schedule.values import Problem

PR_SET_PDEATHSIG = 1  # prctl(2): the signal sent to a process whose parent has died
GRACE = 2.0  # seconds after which a search ends itself, should its parent not do it


class Request(msgspec.Struct, frozen=True):
    problem: Problem
    home: Sequence[int]
    conflicts: int | None
    seconds: float
    climb: bool = False  # number by number from below, instead of by cores


class Prover:
    """Runs a search as long as the block lasts; `news` hands over what has come in since it was asked last."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.inbox: SimpleQueue[News | None] = SimpleQueue()
        self.running = True

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __name__]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - ourselves
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        if self.process.stdout:
            self.process.stdout.close()

    def news(self, wait: float = 0.0) -> list[News]:
        """What is new; waits up to so many seconds for the first piece."""
        found: list[News] = []
        with suppress(Empty):
            while self.running:
                one = self.inbox.get(timeout=wait) if wait and not found else self.inbox.get_nowait()
                if one is None:
                    self.running = False
                else:
                    found.append(one)
        return found

    def _read(self) -> None:
        with suppress(BrokenPipeError):
            if self.process.stdin:
                with self.process.stdin as door:
                    door.write(msgspec.json.encode(self.request))
        for line in self.process.stdout or ():
            with suppress(msgspec.DecodeError):  # a line cut off by the end of the process
                self.inbox.put(msgspec.json.decode(line, type=News))
        self.inbox.put(None)


def main() -> None:
    from events_app.matchmaking.rules.schedule.prove import prove  # noqa: PLC0415 - the parent does without the solver

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    signal.setitimer(signal.ITIMER_REAL, request.seconds + GRACE)  # its signal ends the process, whatever it does

    def say(news: News) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(news) + b"\n")
        sys.stdout.buffer.flush()

    with suppress(MemoryError, BrokenPipeError):  # the parent goes on with what it has
        prove(board(request.problem), request.home, request.conflicts, say, climb=request.climb)


if __name__ == "__main__":
    main()
