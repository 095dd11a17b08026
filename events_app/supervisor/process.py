"""A child process that does not outlive us: own process group, its own user, a lock it holds while it lives."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from events_app.supervisor.errors import ServerError

LAUNCHER = str(Path(__file__).with_name("launch.py"))
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
LOG_BYTES_KEPT = 1_000_000
FORMER_SERVER_SECONDS = 20.0
LOOK_EVERY_SECONDS = 0.01


@dataclass(frozen=True)
class Identity:
    """Who a child runs as: `way` names how `launch.py` becomes user `uid` and group `gid`."""

    way: Literal["as-is", "user", "namespace", "capability"] = "as-is"
    uid: int = 0
    gid: int = 0

    @property
    def files_owner(self) -> int:
        """The user id its files have on disk, as seen from here."""
        return self.uid if self.way in {"user", "capability"} else os.geteuid()


OURSELVES = Identity()


@dataclass
class Process:
    """A program to run as a child, and the child while it runs.

    `signals` ask it to end, one after the other if it won't; the first is also what the kernel sends it when we die.
    `log` takes its output (else ours does). `lock`: a file that only one such process in the world may hold; it is
    handed over to the child, so that whoever gets it next knows that the child and its children are gone.
    `clear_up` runs before each start, once the lock is ours. Of our descriptors only `descriptors` stay open in it.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] | None = None
    folder: Path = Path("/")
    signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    identity: Identity = OURSELVES
    log: Path | None = None
    lock: Path | None = None
    clear_up: Callable[[], None] | None = None
    descriptors: tuple[int, ...] = ()
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen else None

    @property
    def alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative: the signal), None while it runs or before it started."""
        return self._popen.poll() if self._popen else None

    def spawn(self, patience: float = FORMER_SERVER_SECONDS) -> None:
        """Start it and return at once.

        Call it from the main thread: Linux sends the death signal when the thread that started the child ends.
        Raises `ServerError` if a former process still holds the lock after `patience` seconds.
        """
        with locked(self.lock, self.name, patience) as handed_over, _output(self.log) as output:
            if self.clear_up is not None:
                self.clear_up()
            self._popen = subprocess.Popen(
                launch_argv(self.argv, self.signals[0], self.identity),
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                pass_fds=handed_over + self.descriptors,
                process_group=0,
            )

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Raises `ServerError`, with the end of its log, if it dies or isn't ready in time."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive or time.monotonic() > deadline:
                code = self.exit_code
                self.stop(1)
                how = f"ended with code {code}" if code is not None else f"was not ready after {seconds:.0f} s"
                raise ServerError(f"{self.name} {how}\n{self.log_end()}".rstrip())
            time.sleep(LOOK_EVERY_SECONDS)

    def run(self) -> None:
        """Run it to its end. Raises `ServerError` if it fails."""
        self.spawn()
        while not self._ended_within(LOOK_EVERY_SECONDS):
            pass
        if self.exit_code != 0:
            raise ServerError(f"{self.name} ended with code {self.exit_code}")

    def ask_to_end(self) -> None:
        self._send(self.signals[0])

    def stop(self, seconds: float) -> None:
        """Ask it to end, then insist; at the latest after `seconds` its whole process group is killed."""
        for number in self.signals:
            self._send(number)
            if self._ended_within(seconds / len(self.signals)):
                return
        self._kill_group()

    def log_end(self, lines: int = 12) -> str:
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _send(self, number: signal.Signals) -> None:
        if self._popen is not None and self.alive:
            self._popen.send_signal(number)

    def _ended_within(self, seconds: float) -> bool:
        if self._popen is None:
            return True
        try:
            self._popen.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _kill_group(self) -> None:
        if self._popen is None or not self.alive:
            return
        os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()


def launch_argv(argv: Sequence[str], death_signal: signal.Signals, identity: Identity = OURSELVES) -> list[str]:
    """The command line that runs `argv` as `identity` and ends it with this process."""
    orders = (os.getpid(), death_signal.value, identity.way, identity.uid, identity.gid)
    return [sys.executable, "-I", "-S", LAUNCHER, *map(str, orders), *argv]


def plain_environment() -> dict[str, str]:
    """The environment for a server: nothing of ours, no `PG…`, one known locale."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def locked(path: Path | None, name: str, patience: float = FORMER_SERVER_SECONDS) -> Iterator[tuple[int, ...]]:
    """Take a process's lock and lend its descriptor; a child that inherits it keeps it when ours is closed.

    Raises `ServerError` if another has it for longer than `patience` seconds.
    """
    if path is None:
        yield ()
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for_lock(descriptor, name, patience)
        yield (descriptor,)
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, name: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ServerError(f"another {name} still runs on these data") from None
            time.sleep(LOOK_EVERY_SECONDS)
        else:
            return


@contextmanager
def _output(log: Path | None) -> Iterator[int | None]:
    """The log, opened to append; one that has grown is begun anew."""
    if log is None:
        yield None
        return
    beginning = os.O_TRUNC if log.exists() and log.stat().st_size > LOG_BYTES_KEPT else 0
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | beginning, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
