"""The short commands, as an operator types them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from events_app.supervisor.postgres import embedded_postgres
from tests.supervisor.helpers import ROOT, folder, query


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with folder(name="my data") as made:
        yield made


@pytest.fixture(scope="module")
def migrated() -> Iterator[Path]:
    with folder(name="my data") as made:
        clustertreff(made, "migrate")
        yield made


def clustertreff(data_dir: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLUSTERTREFF_")},
        "PYTHONPATH": str(ROOT),
        "CLUSTERTREFF_DATA_DIR": str(data_dir),
        **variables,
    }
    argv = [sys.executable, "-m", "events_app", *words]
    return subprocess.run(argv, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def doctor(data_dir: Path, **variables: str) -> tuple[int, dict[str, str]]:
    """Exit code, and each line by its second word."""
    done = clustertreff(data_dir, "doctor", **variables)
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    return done.returncode, {name: f"{verdict} {text}" for verdict, name, text in lines}


def test_migrate_twice_says_what_it_did(data_dir: Path) -> None:
    first, second = clustertreff(data_dir, "migrate"), clustertreff(data_dir, "migrate")
    assert first.stdout.endswith("migrations applied; the schema is current\n")
    assert not first.stdout.startswith("0 ")
    assert second.stdout == "0 migrations applied; the schema is current\n"


def test_migrate_from_two_machines_at_once_applies_each_once(data_dir: Path) -> None:
    with embedded_postgres(data_dir, fast=True) as dsn, ThreadPoolExecutor() as pool:
        elsewhere = {"CLUSTERTREFF_DATABASE_URL": dsn, "CLUSTERTREFF_QUEUE_URL": "redis://127.0.0.1:1"}
        runs = list(pool.map(lambda _: clustertreff(data_dir, "migrate", **elsewhere), range(3)))
        assert [run.returncode for run in runs] == [0, 0, 0], [run.stderr for run in runs]
        assert query(dsn, "SELECT count(*) = count(DISTINCT name) FROM migration") is True
        assert sorted(run.stdout.startswith("0 ") for run in runs) == [False, True, True]


def test_api_token_stands_alone_on_the_last_line_and_is_stored_hashed(migrated: Path) -> None:
    token = clustertreff(migrated, "api-token", "create", "script", "--role", "admin").stdout.splitlines()[-1]
    assert " " not in token
    assert len(token) > 30
    with embedded_postgres(migrated) as dsn:
        assert query(dsn, "SELECT count(*) FROM api_token WHERE name = 'script'") == 1
        assert query(dsn, f"SELECT count(*) FROM api_token t WHERE t::text LIKE '%{token}%'") == 0  # noqa: S608 - ours


def test_account_gets_a_log_in_link(migrated: Path) -> None:
    base = {"CLUSTERTREFF_BASE_URL": "https://treff.example.org"}
    done = clustertreff(migrated, "account", "create", "anna@example.org", "--role", "admin", **base)
    assert done.stdout.startswith("https://treff.example.org/login/")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("anna", "--role", "admin"), "valid e-mail"),
        (("anna@example.org", "--role", "agent"), "--cluster"),
        (("anna@example.org", "--role", "agent", "--cluster", "nowhere"), "no cluster 'nowhere'"),
        (("anna@example.org", "--role", "admin", "--cluster", "tab-mint"), "leave --cluster out"),
        (("anna@example.org", "--role", "king"), "king"),
    ],
)
def test_account_that_can_not_be_is_refused_with_the_reason(
    words: tuple[str, ...], message: str, migrated: Path
) -> None:
    done = clustertreff(migrated, "account", "create", *words)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_command_before_the_first_migration_says_what_to_do(data_dir: Path) -> None:
    done = clustertreff(data_dir, "api-token", "create", "script", "--role", "admin")
    assert (done.returncode, "clustertreff migrate" in done.stderr) == (1, True)


def test_database_that_is_away_is_told_in_one_line(data_dir: Path) -> None:
    away = {
        "CLUSTERTREFF_DATABASE_URL": "postgresql://app:secret@127.0.0.1:1/app",
        "CLUSTERTREFF_QUEUE_URL": "redis://x",
    }
    done = clustertreff(data_dir, "migrate", **away)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_data_directory_that_can_not_be_one_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        done = clustertreff(place, "migrate")
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert str(place) in done.stderr


def test_doctor_goes_on_without_a_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, lines = doctor(tmp_path / "file")
    failed = {name for name, line in lines.items() if line.startswith("FAIL ")}
    assert (code, failed) == (1, {"database", "queue", "clock", "smtp", "secret", "disk"})


def test_doctor_finds_everything_in_order(migrated: Path) -> None:
    code, lines = doctor(migrated)
    assert code == 0, lines
    assert list(lines) == ["database", "queue", "clock", "smtp", "base-url", "secret", "disk"]
    assert all(line.startswith("ok ") for line in lines.values())


def test_doctor_names_each_fault_and_fails(migrated: Path) -> None:
    secret = migrated / "secret"
    secret.write_text("x" * 64)
    secret.chmod(0o644)
    code, lines = doctor(
        migrated,
        CLUSTERTREFF_QUEUE_URL="redis://user:hidden@127.0.0.1:1",
        CLUSTERTREFF_SMTP_URL="smtp://user:hidden@127.0.0.1:1",
        CLUSTERTREFF_BASE_URL="treff.example.org",
    )
    secret.unlink()
    assert code == 1
    failed = {name for name, line in lines.items() if line.startswith("FAIL ")}
    assert failed == {"queue", "smtp", "base-url", "secret"}
    assert not any("hidden" in line for line in lines.values())


def test_doctor_fails_where_production_would_catch_its_mail(migrated: Path) -> None:
    given = {"CLUSTERTREFF_ENV": "production", "CLUSTERTREFF_SECRET_KEY": "x" * 64}
    code, lines = doctor(migrated, CLUSTERTREFF_BASE_URL="https://127.0.0.1:1", **given)
    assert code == 1
    assert "FAIL " in lines["smtp"]
    assert "reaches nobody" in lines["smtp"]


def test_doctor_wants_the_schema(data_dir: Path) -> None:
    code, lines = doctor(data_dir)
    assert code == 1
    assert "run clustertreff migrate" in lines["database"]


def test_doctor_goes_on_when_the_embedded_servers_can_not_be_started(data_dir: Path, tmp_path: Path) -> None:
    code, lines = doctor(data_dir, CLUSTERTREFF_PG_BIN=str(tmp_path))
    assert code == 1
    assert "CLUSTERTREFF_PG_BIN" in lines["database"]
    assert lines["disk"].startswith("ok ")


def test_secret_is_made_for_its_owner_only(migrated: Path) -> None:
    doctor(migrated)
    assert stat.S_IMODE((migrated / "secret").stat().st_mode) == 0o600


def test_erase_says_that_nothing_is_stored_about_an_address(migrated: Path) -> None:
    done = clustertreff(migrated, "erase", "niemand@example.org")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing is stored about this address\n", "")


def test_export_of_an_event_that_is_not_there_is_refused(migrated: Path, tmp_path: Path) -> None:
    done = clustertreff(migrated, "export", "nirgends", str(tmp_path / "files"))
    assert (done.returncode, done.stderr) == (1, "Error: there is no event 'nirgends'\n")
    assert not (tmp_path / "files").exists()
