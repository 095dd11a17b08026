"""PostgreSQL goes away under a running web process: readers are told to come back, and it recovers by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from events_app.supervisor.postgres import embedded_postgres
from tests.factories import registration_body
from tests.supervisor.helpers import ROOT, eventually, folder

pytestmark = pytest.mark.slow
STOP_SECONDS = 10


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with folder(name="office") as found:
        found.mkdir()
        yield found


def environment(data_dir: Path, dsn: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLUSTERTREFF_")},
        "CLUSTERTREFF_DATA_DIR": str(data_dir),
        "CLUSTERTREFF_DATABASE_URL": dsn,
        "CLUSTERTREFF_QUEUE_URL": "redis://127.0.0.1:1/0",
        "CLUSTERTREFF_PORT": "0",
    }


def test_requests_are_answered_503_until_the_database_is_back(data_dir: Path) -> None:
    with ExitStack() as running:
        database = ExitStack()
        running.callback(database.close)
        dsn = database.enter_context(embedded_postgres(data_dir / "db", fast=True))
        command = [sys.executable, "-m", "events_app"]
        settings = environment(data_dir, dsn)
        subprocess.run([*command, "migrate"], env=settings, cwd=ROOT, check=True, capture_output=True)
        web = running.enter_context(
            subprocess.Popen([*command, "web"], env=settings, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
        running.callback(web.terminate)
        assert web.stdout is not None
        client = running.enter_context(httpx.Client(base_url=web.stdout.readline().split()[-1], timeout=20))
        assert client.get("/health").json()["database"] == "ok"
        assert client.get("/api/v1/events").status_code == 200

        database.close()
        health = client.get("/health")
        assert (health.status_code, health.json()["database"]) == (503, "down")
        listed = client.get("/api/v1/events")
        assert (listed.status_code, listed.json()["code"]) == (503, "unavailable")
        assert listed.headers["content-type"] == "application/problem+json"
        assert int(listed.headers["retry-after"]) > 0
        sent = client.post("/api/v1/events/auftakt/registrations", json=registration_body())
        assert sent.status_code == 503
        page = client.get("/clusters/tab-mint", headers={"Accept-Language": "de"})
        assert page.status_code == 503
        assert "retry-after" in page.headers
        assert "Die Datenbank ist gerade nicht erreichbar" in page.text
        assert client.get("/desk/events", headers={"Cookie": "session=cts_x"}).status_code == 503

        assert database.enter_context(embedded_postgres(data_dir / "db", fast=True)) == dsn
        eventually(lambda: client.get("/api/v1/events").status_code == 200)
        assert client.get("/health").status_code == 200
