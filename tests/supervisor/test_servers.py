from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from events_app.kit.settings import Settings
from events_app.supervisor.errors import AlreadyRunningError
from events_app.supervisor.servers import hold, running
from tests.supervisor.helpers import folder, processes_in, query, tree

UP_URL = "http://127.0.0.1:8000"


def test_second_up_is_refused_with_the_first_ones_process_and_address() -> None:
    with folder() as data_dir, tree(data_dir) as first:
        with pytest.raises(AlreadyRunningError) as refused, hold(Settings(data_dir=data_dir), "up", ""):
            pass
        assert f"process {first.process.pid}" in str(refused.value)
        assert UP_URL in str(refused.value)


def test_command_beside_a_living_up_uses_its_servers() -> None:
    with folder() as data_dir, tree(data_dir) as up:
        before = processes_in(data_dir)
        with running(Settings(data_dir=data_dir, port=9), "doctor") as resolved:
            assert (resolved.database_url, resolved.queue_url) == (up.dsn, up.queue_url)
            assert resolved.root_url == UP_URL
            assert query(resolved.database_url, "SELECT 1") == 1
        assert processes_in(data_dir).keys() == before.keys()


def test_command_alone_starts_them_for_as_long_as_it_needs_them() -> None:
    with folder(name="my data") as data_dir:
        with running(Settings(data_dir=data_dir), "migrate") as resolved:
            assert query(resolved.database_url, "SELECT 1") == 1
            assert processes_in(data_dir)
        assert not processes_in(data_dir)


def test_only_the_servers_that_are_wanted_are_started() -> None:
    with folder() as data_dir:
        settings = Settings(data_dir=data_dir, database_url="postgresql://db.example.org/app")
        with running(settings, "worker") as resolved:
            assert resolved.database_url == "postgresql://db.example.org/app"
            assert resolved.queue_url.startswith("unix://")
        assert not (data_dir / "postgres").exists()


def test_servers_elsewhere_leave_no_trace_here(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", database_url="postgresql://db.example.org/app", queue_url="redis://q.example.org"
    )
    with running(settings, "migrate") as resolved:
        assert resolved == settings
    assert not settings.data_dir.exists()


def test_short_command_waits_for_another_one() -> None:
    """Neither takes the other's servers away: they take turns."""
    with folder() as data_dir:
        ended: list[float] = []
        script = (
            "import sys; from pathlib import Path; from events_app.kit.settings import Settings\n"
            "from events_app.supervisor.servers import running\n"
            "with running(Settings(data_dir=Path(sys.argv[1])), 'demo'): pass"
        )
        with running(Settings(data_dir=data_dir), "migrate"):
            other = subprocess.Popen([sys.executable, "-c", script, str(data_dir)])

            def note_its_end() -> None:
                other.wait()
                ended.append(time.monotonic())

            waiting = threading.Thread(target=note_its_end)
            waiting.start()
            time.sleep(1)
            released = time.monotonic()
        waiting.join()
        assert other.returncode == 0
        assert ended[0] > released
