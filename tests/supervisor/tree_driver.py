"""Runs a process tree with toy children: `tree_driver.py DATA_DIR CHILD…`, each child a line of Python."""

from __future__ import annotations

import sys
from pathlib import Path

from events_app.kit.settings import Settings
from events_app.supervisor.process import Process
from events_app.supervisor.servers import Servers, hold
from events_app.supervisor.signals import stops_interrupt
from events_app.supervisor.tree import stop, watch


def main() -> None:
    settings = Settings(data_dir=Path(sys.argv[1]))
    with stops_interrupt(), hold(settings, "up", "http://127.0.0.1:8000") as held:
        servers = Servers.wanted_by(settings)
        try:
            servers.start()
            resolved = servers.resolve(settings)
            held.publish(resolved)
            _say(f"dsn {resolved.database_url}")
            _say(f"queue {resolved.queue_url}")
            watch(servers, list(map(_child, range(len(sys.argv)), sys.argv[2:])), _say)
        finally:
            stop(servers)


def _say(line: str) -> None:
    """In one write: the children share our pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _child(position: int, line: str) -> Process:
    return Process(name=f"child-{position}", argv=[sys.executable, "-uc", line], folder=Path(sys.argv[1]))


if __name__ == "__main__":
    main()
