"""The setting of all benchmarks: embedded servers with their default durability, our web and worker as in production.

Everything it starts ends with it (or is ended by the kernel, should this process be killed).
"""

from __future__ import annotations

import asyncio
import http.client
import os
import pickle
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.bare import Page, Plan
from benchmarks.figures import Pace
from benchmarks.load import Order, Report
from benchmarks.replay import Script
from events_app.kit import db, settings
from events_app.kit.migrations import migrate
from events_app.kit.settings import Settings
from events_app.supervisor.postgres import embedded_postgres
from events_app.supervisor.process import Process
from events_app.supervisor.up import child_environment, command
from events_app.supervisor.valkey import embedded_valkey

T = TypeVar("T")
CHECKOUT = Path(__file__).parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 8.0
SECRET = "a secret for benchmarks, 32 characters or more"  # noqa: S105 - of a database that lives for minutes
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class World:
    """The running setting; `web` and `worker` are ours, started by their own commands."""

    pace: Pace
    settings: Settings
    web: Process
    worker: Process
    _load: subprocess.Popen[bytes]
    _stack: ExitStack
    _baseline: ExitStack

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something to the database with the app's own services."""
        return asyncio.run(_connected(work))

    def load(self, order: Order) -> Report:
        """Carry out an order in the load's process. Answers other than 2xx stop everything."""
        assert self._load.stdin is not None
        assert self._load.stdout is not None
        self._load.stdin.write(msgspec.json.encode(order) + b"\n")
        self._load.stdin.flush()
        report = msgspec.json.decode(self._load.stdout.readline(), type=Report)
        assert order.refusable or not report.others, f"{order.request}: {report.others} {report.sample}"
        return report

    def start(self, process: Process, port: int | None = None) -> Process:
        """Run one more process to the end of the world; with `port`, it is waited for until it answers there."""
        return self._stack.enter_context(child(process, port))

    def serve_bare(
        self, scripts: Mapping[str, Script] | None = None, pages: Mapping[str, Page] | None = None
    ) -> tuple[Process, int]:
        """Serve these by bare handlers in a process of their own, in place of the last one; gives it and its port."""
        self.stop_baseline()
        plan = Plan(free_port(), self.settings.database_url, db.POOL_SIZE, scripts or {}, pages or {})
        return self._baseline.enter_context(child(bare(plan, self.settings.data_dir), plan.port)), plan.port

    def stop_baseline(self) -> None:
        self._baseline.close()

    def drop_mail(self) -> None:
        """Let no phase carry the worker's work of the one before it."""
        self.run(_forget_owed_mail)


@contextmanager
def world(pace: Pace) -> Iterator[World]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(private_folder()))
        now = Settings(
            data_dir=folder,
            database_url=stack.enter_context(embedded_postgres(folder)),
            queue_url=stack.enter_context(embedded_valkey(folder)),
            secret_key=SECRET,
            rate_registration="off",
            port=free_port(),
        )
        settings.use(now)
        db.use_database(now.database_url)
        asyncio.run(_connected(migrate))
        web, worker = ours("web", now), ours("worker", now)
        stack.enter_context(child(web, now.port))
        stack.enter_context(child(worker))
        baseline = stack.enter_context(ExitStack())
        yield World(pace, now, web, worker, stack.enter_context(_load()), stack, baseline)


def ours(name: str, now: Settings) -> Process:
    """One of our commands, as an operator with servers of his own would run it."""
    environment = {
        **child_environment(now),
        "PYTHONPATH": str(CHECKOUT),
        "CLUSTERTREFF_SECRET_KEY": SECRET,
        "CLUSTERTREFF_RATE_REGISTRATION": "off",
        "CLUSTERTREFF_SMTP_URL": "catch",
    }
    made = command(name, environment=environment)
    made.log = now.data_dir / f"{name}.log"
    return made


def bare(plan: Plan, folder: Path) -> Process:
    file = folder / f"plan-{plan.port}"
    file.write_bytes(pickle.dumps(plan))
    return python("benchmarks.bare", str(file), folder=folder)


def python(module: str, *arguments: str, folder: Path) -> Process:
    """A module of ours as a process; its output goes to a log in `folder`."""
    log = folder / f"{module}.log"
    return Process(name=module, argv=[sys.executable, "-m", module, *arguments], folder=CHECKOUT, log=log)


@contextmanager
def child(process: Process, port: int | None = None) -> Iterator[Process]:
    process.spawn()
    try:
        if port is not None:
            process.wait_until(lambda: answers(port), START_SECONDS)
        yield process
    finally:
        process.stop(STOP_SECONDS)


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """On a disk even where /tmp is in memory: durability is part of what is measured."""
    disk = Path("/var/tmp")  # noqa: S108 - the folder made inside is private
    writable = disk.is_dir() and os.access(disk, os.W_OK)
    return tempfile.TemporaryDirectory(prefix="clustertreff-bench-", dir=disk if writable else None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int, path: str = "/health") -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def pss_mib(process: Process) -> float:
    """What a process and its children hold of the memory, shared pages divided among those who share them."""
    return sum(_pss_kib(pid) for pid in _family(process.pid or 0)) / 1024


def _pss_kib(pid: int) -> int:
    found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    return int(found[1]) if found else 0


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


async def _forget_owed_mail() -> None:
    await db.execute(
        "UPDATE outbox_mail SET status = 'sent', sent_at = now(), claimed_until = NULL WHERE status = 'queued'"
    )


async def _connected(work: Callable[[], Awaitable[T]]) -> T:
    async with db.pool(size=1):
        return await work()


@contextmanager
def _load() -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT) as process:
        yield process  # leaving the block closes its orders, which ends it
