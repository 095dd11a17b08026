"""The commands that serve, as an operator runs them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from events_app.kit.jobs import QUEUE_NAME
from tests.supervisor.helpers import PATIENCE_SECONDS, ROOT, STOP_SECONDS, Spoken, eventually, folder, processes_in

SECRET = "a-secret-for-tests-of-32-characters-or-more"


@contextlib.contextmanager
def command(data_dir: Path, *words: str, **variables: str) -> Iterator[Spoken]:
    """`clustertreff` with these words on this data directory and a free port; killed at the end if it still runs."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLUSTERTREFF_")},
        "PYTHONPATH": str(ROOT),
        "CLUSTERTREFF_DATA_DIR": str(data_dir),
        "CLUSTERTREFF_PORT": "0",
        "CLUSTERTREFF_ENV": "production",  # no demo data: that has its own tests
        "CLUSTERTREFF_SECRET_KEY": SECRET,
        "CLUSTERTREFF_BASE_URL": "https://clustertreff.example.org",
        **variables,
    }
    spoken = Spoken([sys.executable, "-m", "events_app", *words], environment)
    try:
        yield spoken
    finally:
        spoken.close()


@contextlib.contextmanager
def migrated() -> Iterator[Path]:
    with folder() as data_dir:
        with command(data_dir, "migrate") as migrate:
            assert migrate.process.wait(PATIENCE_SECONDS) == 0
        yield data_dir


def listening_port(process: int) -> int:
    """The TCP port that a process listens on at 127.0.0.1."""
    sockets = set(_open_files(process))
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets and fields[1].startswith("0100007F:"):
            return int(fields[1].partition(":")[2], 16)
    raise AssertionError("it listens nowhere")


def _open_files(process: int) -> Iterator[str]:
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            yield str(entry.readlink())


def fetch(port: int, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def health(port: int) -> dict[str, Any]:
    return fetch(port, "/health")


def child(parent: int, word: str) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    (found,) = [int(one) for one in children if f"events_app\0{word}\0" in Path(f"/proc/{one}/cmdline").read_text()]
    return found


def environment_of(number: int) -> dict[str, str]:
    pairs = Path(f"/proc/{number}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@pytest.mark.slow
def test_up_serves_and_replaces_a_dead_web_without_turning_anyone_away_and_stops() -> None:
    with folder(name="my data") as data_dir, command(data_dir, "up") as up:
        up.said("Clustertreff is on https://clustertreff.example.org")
        number = up.process.pid
        port = int(environment_of(child(number, "web"))["CLUSTERTREFF_PORT"])
        assert health(port) == {"status": "ok", "database": "ok", "queue": "ok"}
        os.kill(child(number, "web"), signal.SIGKILL)
        assert health(port)["status"] == "ok"
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(STOP_SECONDS) == 0
        assert not processes_in(data_dir)
        with pytest.raises(OSError, match="refused"):
            health(port)


@pytest.mark.slow
def test_up_in_development_loads_the_demo_once_and_shows_its_log_in_links() -> None:
    with folder() as data_dir:
        at_home = {"CLUSTERTREFF_ENV": "development", "CLUSTERTREFF_BASE_URL": ""}
        for _ in range(2):
            with command(data_dir, "up", **at_home) as up:
                address = up.said("Clustertreff is on http://127.0.0.1:").split()[3]
                assert f"{address}/login/" in up.said("admin: ")
                with command(data_dir, "account", "create", "a@example.org", "--role", "admin", **at_home) as beside:
                    beside.said(f"{address}/login/")
                assert len(fetch(int(address.rpartition(":")[2]), "/api/v1/events?limit=1")["items"]) == 1
                up.process.send_signal(signal.SIGTERM)
                assert up.process.wait(STOP_SECONDS) == 0


@pytest.mark.slow
def test_up_gives_the_worker_a_real_mail_server_and_keeps_the_web_showing_what_it_caught() -> None:
    with folder() as data_dir, command(data_dir, "up") as up:
        up.said("Clustertreff is on")
        web, worker = (environment_of(child(up.process.pid, word)) for word in ("web", "worker"))
        assert web.get("CLUSTERTREFF_SMTP_URL") is None
        assert re.fullmatch(r"smtp://127\.0\.0\.1:\d+", worker["CLUSTERTREFF_SMTP_URL"])


@pytest.mark.slow
def test_killed_up_leaves_nothing_and_the_next_one_starts_at_once() -> None:
    with folder() as data_dir:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with command(data_dir, "up", CLUSTERTREFF_PORT=str(port)) as up:
            up.said("Clustertreff is on")
            up.process.kill()
            up.process.wait()
            with command(data_dir, "up", CLUSTERTREFF_PORT=str(port)) as again:
                again.said("Clustertreff is on")
                assert health(port)["status"] == "ok"
                again.process.send_signal(signal.SIGINT)
                assert again.process.wait(STOP_SECONDS) == 0
        eventually(lambda: not processes_in(data_dir))


def test_up_on_a_taken_port_says_so_in_one_line() -> None:
    with folder() as data_dir, socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with command(data_dir, "up", CLUSTERTREFF_PORT=port) as up:
            assert up.process.wait(PATIENCE_SECONDS) == 1
            (line,) = up.rest()
            assert f"port {port}" in line
            assert "CLUSTERTREFF_PORT" in line
        assert not (data_dir / "postgres").exists()


def test_wrong_setting_is_told_in_one_line() -> None:
    with folder() as data_dir, command(data_dir, "up", CLUSTERTREFF_SECRET_KEY="") as up:
        assert up.process.wait(PATIENCE_SECONDS) == 1
        (line,) = up.rest()
        assert "CLUSTERTREFF_SECRET_KEY must be set in production" in line


@pytest.mark.parametrize("word", ["web", "worker"])
def test_database_without_the_schema_is_refused_with_what_to_do(word: str) -> None:
    with folder() as data_dir, command(data_dir, word) as started:
        assert started.process.wait(PATIENCE_SECONDS) == 1
        assert "run clustertreff migrate first" in started.rest()[-1]


def test_web_alone_brings_its_servers_and_takes_them_down() -> None:
    with migrated() as data_dir, command(data_dir, "web") as web:
        web.said("web is on")
        port = listening_port(web.process.pid)
        eventually(lambda: health(port)["database"] == "ok")
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(STOP_SECONDS) == 0
        assert not processes_in(data_dir)
        assert "database system is shut down" in (data_dir / "postgres.log").read_text()


def test_worker_beside_a_web_uses_its_servers_and_ends_alone() -> None:
    with migrated() as data_dir, command(data_dir, "web") as web:
        web.said("web is on")
        with command(data_dir, "worker") as worker:
            with Redis(unix_socket_path=str(data_dir / "valkey-socket" / "valkey.sock")) as redis:
                eventually(lambda: redis.exists(f"{QUEUE_NAME}:health-check"), 20)
            worker.process.send_signal(signal.SIGTERM)
            assert worker.process.wait(STOP_SECONDS) == 0
        assert health(listening_port(web.process.pid))["queue"] == "ok"


def test_slow_client_does_not_hold_up_the_stop() -> None:
    with migrated() as data_dir, command(data_dir, "web") as web:
        web.said("web is on")
        port = listening_port(web.process.pid)
        assert health(port)["database"] == "ok"
        with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as connection:
            connection.sendall(b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslow")
            web.process.send_signal(signal.SIGTERM)
            assert web.process.wait(STOP_SECONDS) == 0
