"""Data directories as people have them, and toy process trees."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg

from events_app.supervisor.folders import socket_place

PATIENCE_SECONDS = 90
STOP_SECONDS = 20
"""Ten are promised; a machine that also runs other tests may take longer."""
ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def folder(*, mode: int = 0o755, name: str = "data") -> Iterator[Path]:
    """A data directory (not made yet) in a new folder that others can enter, or not."""
    parent = Path(tempfile.mkdtemp(prefix="ct"))
    parent.chmod(mode)
    try:
        yield parent / name
    finally:
        eventually(lambda: not processes_in(parent), 20)
        for server in ("postgres", "valkey"):
            shutil.rmtree(socket_place(parent / name, server), ignore_errors=True)  # not every test starts both
        shutil.rmtree(parent)


def query(dsn: str, *statements: str) -> object:
    """Run statements; the last one's value."""

    async def run() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def eventually(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def processes_in(data_dir: Path) -> dict[int, str]:
    """Living processes started for this data directory: id and command line."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if line and (str(data_dir) in line or (entry / "cwd").readlink().is_relative_to(data_dir)):
                found[int(entry.name)] = line
    return found


def process_id(data_dir: Path, part: str) -> int:
    """The one process of this data directory, its supervisor aside, whose command line has `part`."""
    living = processes_in(data_dir).items()
    (found,) = [number for number, line in living if part in line and "tree_driver" not in line]
    return found


class Spoken:
    """A command in a process of its own, and what it says."""

    def __init__(self, argv: list[str], environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._patience = threading.Timer(PATIENCE_SECONDS, self.process.kill)  # a test fails rather than hangs
        self._patience.start()

    def said(self, *parts: str) -> str:
        """Read on until a line with all these parts."""
        heard = []
        for line in self._lines():
            heard.append(line)
            if all(part in line for part in parts):
                return line
        raise AssertionError(f"it ended without saying {parts}: {heard}")

    def rest(self) -> list[str]:
        """All that it still says until its end."""
        return list(self._lines())

    def close(self) -> None:
        """Kill it if it still runs."""
        self._patience.cancel()
        assert self.process.stdout is not None
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def _lines(self) -> Iterator[str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield line.rstrip("\n")


class Tree(Spoken):
    """A supervisor with the embedded servers and toy children."""

    def __init__(self, data_dir: Path, *children: str) -> None:
        super().__init__([sys.executable, "-m", "tests.supervisor.tree_driver", str(data_dir), *children])
        self.dsn = self.queue_url = ""

    def ready(self) -> None:
        self.dsn = self.said("dsn ").removeprefix("dsn ")
        self.queue_url = self.said("queue ").removeprefix("queue ")


@contextlib.contextmanager
def tree(data_dir: Path, *children: str) -> Iterator[Tree]:
    """A living tree; each child is a line of Python. Killed at the end if it still runs."""
    grown = Tree(data_dir, *children)
    try:
        grown.ready()
        yield grown
    finally:
        grown.close()
