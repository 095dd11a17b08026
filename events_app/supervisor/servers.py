"""Who runs the embedded servers: one process per data directory; the others talk to its servers or wait for it."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from events_app.kit.settings import EMBEDDED, Settings
from events_app.supervisor.errors import AlreadyRunningError, FolderError
from events_app.supervisor.postgres import Postgres
from events_app.supervisor.valkey import Valkey

LOOK_EVERY_SECONDS = 0.05
SAY_SO_AFTER_SECONDS = 2.0
STOP_SECONDS = 8.0


@dataclass(frozen=True)
class Owner:
    """What the process that holds the data directory says of itself in the lock file.

    `lasting`: it serves until it is told to stop, so others use its servers; else they wait for its end.
    The addresses are empty until its servers accept connections.
    """

    pid: int
    command: str
    lasting: bool
    address: str = ""
    database_url: str = ""
    queue_url: str = ""


@dataclass(frozen=True)
class Servers:
    """The embedded servers of a data directory: those that the settings leave to us."""

    postgres: Postgres | None
    valkey: Valkey | None

    @classmethod
    def wanted_by(cls, settings: Settings) -> Servers:
        """Raises `ServerError` or `FolderError` if one can't be prepared."""
        return cls(
            Postgres.at(settings.data_dir) if settings.database_url == EMBEDDED else None,
            Valkey.at(settings.data_dir) if settings.queue_url == EMBEDDED else None,
        )

    @property
    def each(self) -> list[Postgres | Valkey]:
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def start(self) -> None:
        """Start all at once and wait until each is ready. Raises `ServerError`."""
        for server in self.each:
            server.spawn()
        for server in self.each:
            server.wait()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        for server in self.each:
            server.process.ask_to_end()
        for server in self.each:
            server.process.stop(deadline - time.monotonic())

    def resolve(self, settings: Settings) -> Settings:
        """The settings with the servers' addresses in place of `embedded`."""
        return replace(
            settings,
            database_url=self.postgres.dsn if self.postgres else settings.database_url,
            queue_url=self.valkey.url if self.valkey else settings.queue_url,
        )


@contextmanager
def running(settings: Settings, command: str, *, lasting: bool = False) -> Iterator[Settings]:
    """Give the settings with real addresses while the block runs; `command` is the name others get to read.

    Embedded servers are those of a living `up` (or of a `web` or `worker` run alone), else our own, stopped at the
    end. Call it from the main thread. Raises `ServerError` or `FolderError` if they can't be started.
    """
    if EMBEDDED not in {settings.database_url, settings.queue_url}:
        yield settings
        return
    held = _hold_or_find(settings, Owner(os.getpid(), command, lasting))
    if isinstance(held, Owner):
        yield _as_guest(settings, held)
        return
    with held, _own(settings, held) as resolved:
        yield resolved


@contextmanager
def hold(settings: Settings, command: str, address: str) -> Iterator[Hold]:
    """Hold the data directory against others like us; short commands that hold it are waited for.

    Raises `AlreadyRunningError` if another lasting process has it.
    """
    held = _hold_or_find(settings, Owner(os.getpid(), command, lasting=True, address=address), as_guest=False)
    if isinstance(held, Owner):
        where = f" on {held.address}" if held.address else ""
        raise AlreadyRunningError(
            f"clustertreff {held.command} (process {held.pid}) already serves {settings.data_dir}{where}"
        )
    with held:
        yield held


class Hold:
    """The data directory's lock while we have it; the kernel lets go of it when we die, however we die."""

    def __init__(self, descriptor: int, owner: Owner) -> None:
        self._descriptor = descriptor
        self.owner = owner
        self._write(owner)

    def publish(self, resolved: Settings) -> None:
        """Let others use the servers, and name the web's address as it turned out."""
        address = resolved.root_url if self.owner.address else ""
        self._write(
            replace(self.owner, address=address, database_url=resolved.database_url, queue_url=resolved.queue_url)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _write(self, owner: Owner) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(asdict(owner)).encode(), 0)


@contextmanager
def _own(settings: Settings, held: Hold) -> Iterator[Settings]:
    servers = Servers.wanted_by(settings)
    try:
        servers.start()
        resolved = servers.resolve(settings)
        if held.owner.lasting:
            held.publish(resolved)
        yield resolved
    finally:
        servers.stop()


def _as_guest(settings: Settings, owner: Owner) -> Settings:
    return replace(
        settings,
        database_url=owner.database_url if settings.database_url == EMBEDDED else settings.database_url,
        queue_url=owner.queue_url if settings.queue_url == EMBEDDED else settings.queue_url,
        base_url=settings.base_url or owner.address,
    )


def _hold_or_find(settings: Settings, ourselves: Owner, *, as_guest: bool = True) -> Hold | Owner:
    """Take the lock, or find the lasting process that has it; one that is about to be ready or done is waited for."""
    path = settings.data_dir / "clustertreff.lock"
    descriptor = _open_lock(path)
    say_so = _once_after(SAY_SO_AFTER_SECONDS, lambda: _waiting(path))
    while not _locked(descriptor):
        owner = _read(path)
        if owner and owner.lasting and (not as_guest or owner.database_url):
            os.close(descriptor)
            return owner
        say_so()
        time.sleep(LOOK_EVERY_SECONDS)
    return Hold(descriptor, ourselves)


def _open_lock(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise FolderError(
            f"{path.parent} belongs to another user: run Clustertreff as that one, "
            "or set CLUSTERTREFF_DATA_DIR to a folder of your own"
        ) from error
    except OSError as error:
        raise FolderError(f"CLUSTERTREFF_DATA_DIR can't be {path.parent}: {error.strerror}") from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Owner | None:
    """None while it is being written."""
    try:
        return Owner(**json.loads(path.read_text()))
    except (ValueError, TypeError):
        return None


def _once_after(seconds: float, act: Callable[[], None]) -> Callable[[], None]:
    due = [time.monotonic() + seconds]

    def check() -> None:
        if due and time.monotonic() > due[0]:
            due.clear()
            act()

    return check


def _waiting(path: Path) -> None:
    owner = _read(path)
    who = f"clustertreff {owner.command} (process {owner.pid})" if owner else "another process"
    print(f"waiting for {who} on {path.parent}", file=sys.stderr)  # noqa: T201 - someone looks at a still console
