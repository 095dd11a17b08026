"""Taking the port: once, before anything is started, so that a taken one is told in one line."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from events_app.supervisor.errors import PortInUseError

BACKLOG = 2048
PREDECESSOR_SECONDS = 1.0  # a web process whose supervisor was just killed is still closing
LOOK_EVERY_SECONDS = 0.05


@contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on `host` and `port` (0: any free one) while the block runs. Raises `PortInUseError`."""
    deadline = time.monotonic() + PREDECESSOR_SECONDS
    while (listener := _try(host, port, final=time.monotonic() > deadline)) is None:
        time.sleep(LOOK_EVERY_SECONDS)
    with listener:
        yield listener


def _try(host: str, port: int, *, final: bool) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and not final:
            return None
        raise PortInUseError(
            f"can't listen on {host} port {port}: {error.strerror or error}. "
            "Choose another with CLUSTERTREFF_PORT (or PORT=9000 make run)."
        ) from error
