"""The process tree: servers and children watched by one process, started again when they die, stopped in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from events_app.supervisor.errors import ServerError
from events_app.supervisor.process import Process
from events_app.supervisor.servers import Servers
from events_app.supervisor.signals import wakeups

Tell = Callable[[str], None]

STOP_SECONDS = 9.5  # of the 10 promised
SERVERS_STOP_SECONDS = 2.0  # of those: nothing is left for them to do by then
FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 30.0
SOUND_AFTER_SECONDS = 30.0
SPAWN_PATIENCE_SECONDS = 0.5  # the tree must go on hearing signals
LOOK_EVERY_SECONDS = 0.1


class Spawns(Protocol):
    """What starts a process again: the process itself, or its server, which clears up first."""

    def spawn(self, patience: float) -> None: ...


class Chore(Protocol):
    """Something to do beside watching, a little at a time, until `done`."""

    @property
    def done(self) -> bool: ...

    def turn(self) -> None: ...


@dataclass
class Kept:
    """A process that is started again when it ends, later each time it didn't live long."""

    process: Process
    starter: Spawns
    tell: Tell
    since: float = field(default_factory=time.monotonic)
    delay: float = FIRST_DELAY_SECONDS
    due: float | None = None

    def look(self, now: float) -> None:
        """Notice its end, or start it again once that is due."""
        if self.due is not None and now >= self.due:
            self._start(now)
        elif self.due is None and not self.process.alive:
            self._mourn(now, f"ended with code {self.process.exit_code}")

    def _mourn(self, now: float, how: str) -> None:
        if now - self.since > SOUND_AFTER_SECONDS:
            self.delay = FIRST_DELAY_SECONDS
        self.tell(f"{self.process.name} {how}; starting it again in {self.delay:g} s")
        self.due = now + self.delay
        self.delay = min(self.delay * 2, LONGEST_DELAY_SECONDS)

    def _start(self, now: float) -> None:
        self.since, self.due = now, None
        try:
            self.starter.spawn(SPAWN_PATIENCE_SECONDS)
        except ServerError as error:
            self._mourn(now, f"did not start ({error})")


def watch(servers: Servers, children: Sequence[Process], tell: Tell, chore: Chore | None = None) -> None:
    """Start the children and keep them and the (running) servers alive until SIGINT, SIGTERM or SIGHUP; stop all.

    Children are stopped one after the other in their order, then the servers, within 10 s altogether. Call it from
    the main thread.
    """
    kept = [Kept(server.process, server, tell) for server in servers.each]
    with wakeups() as heard:
        try:
            for child in children:
                child.spawn()
                kept.append(Kept(child, child, tell))
            while not heard.stopping:
                _look(kept, chore)
                heard.wait(_pause(kept, chore))
            tell("stopping")
        finally:
            stop(servers, children)


def stop(servers: Servers, children: Sequence[Process] = ()) -> None:
    """Children in their order, then the servers; none gets more than what is left of the time."""
    deadline = time.monotonic() + STOP_SECONDS - SERVERS_STOP_SECONDS
    for position, child in enumerate(children):
        left = max(deadline - time.monotonic(), 0)
        child.stop(left / (len(children) - position))
    servers.stop(max(deadline - time.monotonic(), 0) + SERVERS_STOP_SECONDS)


def _look(kept: Sequence[Kept], chore: Chore | None) -> None:
    now = time.monotonic()
    for one in kept:
        one.look(now)
    if chore is not None and not chore.done:
        chore.turn()


def _pause(kept: Sequence[Kept], chore: Chore | None) -> float | None:
    """Seconds until something is to be done; None: until a signal."""
    if chore is not None and not chore.done:
        return LOOK_EVERY_SECONDS
    dues = [one.due for one in kept if one.due is not None]
    return max(min(dues) - time.monotonic(), 0) if dues else None
