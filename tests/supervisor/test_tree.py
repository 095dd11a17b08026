from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import asyncpg
import pytest

from tests.supervisor.helpers import STOP_SECONDS, eventually, folder, process_id, processes_in, query, tree

# each line in one write: several processes share one pipe
SLEEPS = "import sys, time; sys.stdout.write('child is here\\n'); time.sleep(600)"
TELLS_ITS_END = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (sys.stdout.write("NAME ended\\n"), sys.exit()))
sys.stdout.write("NAME is here\\n")
time.sleep(600)
"""
IGNORES_THE_END = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdout.write("deaf\\n")
time.sleep(600)
"""


def test_dead_child_is_started_again() -> None:
    with folder() as data_dir, tree(data_dir, SLEEPS) as up:
        up.said("child is here")
        os.kill(process_id(data_dir, "child is here"), signal.SIGKILL)
        assert "ended with code -9" in up.said("child-0")
        up.said("child is here")


def test_child_that_always_dies_is_started_ever_later() -> None:
    with folder() as data_dir, tree(data_dir, "raise SystemExit(3)") as up:
        delays = [up.said("child-0 ended with code 3").rpartition(" in ")[2] for _ in range(3)]
        assert delays == ["0.25 s", "0.5 s", "1 s"]


@pytest.mark.parametrize(("server", "part"), [("PostgreSQL", "bin/postgres -D"), ("Valkey", "valkey-server")])
def test_dead_server_is_started_again_with_what_it_held(server: str, part: str) -> None:
    with folder(name="my data") as data_dir, tree(data_dir, SLEEPS) as up:
        query(up.dsn, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7) RETURNING n")
        former = process_id(data_dir, part)
        os.kill(former, signal.SIGKILL)
        up.said(server, "ended with code -9")
        eventually(lambda: any(part in line for number, line in processes_in(data_dir).items() if number != former))
        eventually(lambda: _reads(up.dsn))


def _reads(dsn: str) -> bool:
    try:
        return query(dsn, "SELECT n FROM kept") == 7
    except (OSError, asyncpg.CannotConnectNowError):
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_all_in_order(number: signal.Signals) -> None:
    with folder() as data_dir, tree(data_dir, *(TELLS_ITS_END.replace("NAME", name) for name in ("web", "work"))) as up:
        up.said("is here")
        up.said("is here")
        up.process.send_signal(number)
        up.said("stopping")
        up.said("web ended")
        up.said("work ended")
        assert up.process.wait(STOP_SECONDS) == 0
        assert not processes_in(data_dir)
        assert "database system is shut down" in (data_dir / "postgres.log").read_text()


@pytest.mark.slow
def test_deaf_children_do_not_hold_up_the_stop() -> None:
    with folder() as data_dir, tree(data_dir, IGNORES_THE_END, IGNORES_THE_END) as up:
        up.said("deaf")
        up.said("deaf")
        began = time.monotonic()
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(30) == 0
        assert time.monotonic() - began < STOP_SECONDS
        assert not processes_in(data_dir)
        assert "database system is shut down" in (data_dir / "postgres.log").read_text()


def test_children_have_their_own_process_groups_and_only_their_own_files() -> None:
    with folder() as data_dir, tree(data_dir, SLEEPS) as up:
        up.said("child is here")
        child, database = process_id(data_dir, "child is here"), process_id(data_dir, "bin/postgres -D")
        assert len({os.getpgid(each) for each in (child, database, up.process.pid)}) == 3
        opened = {str(each.readlink()).partition(":")[0] for each in Path(f"/proc/{child}/fd").iterdir()}
        assert opened <= {"/dev/null", "pipe"}


def test_stop_while_starting_leaves_nothing() -> None:
    with folder() as data_dir, tree(data_dir) as up:
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(STOP_SECONDS) == 0
        assert not processes_in(data_dir)
