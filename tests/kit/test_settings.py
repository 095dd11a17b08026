from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from events_app.kit.settings import Settings, SettingsError, load

NO_FILE = Path("/nonexistent/.env")
PRODUCTION = {
    "CLUSTERTREFF_ENV": "production",
    "CLUSTERTREFF_SECRET_KEY": "s" * 32,
    "CLUSTERTREFF_BASE_URL": "https://treff.example.org",
}


def loaded(**variables: str) -> Settings:
    return load({f"CLUSTERTREFF_{name}": value for name, value in variables.items()}, NO_FILE)


def test_defaults_are_those_of_the_contract() -> None:
    assert load({}, NO_FILE) == Settings(
        data_dir=Path("var").absolute(),
        database_url="embedded",
        queue_url="embedded",
        smtp_url="catch",
        mail_from="Clustertreff <events@localhost>",
        host="127.0.0.1",
        port=8000,
        env="development",
        rate_registration="30/minute",
        retention_days=90,
    )


def test_empty_variables_count_as_not_given() -> None:
    assert loaded(PORT="", CLOCK="", MAIL_FROM="") == load({}, NO_FILE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "sqlite:///x.db"),
        ("QUEUE_URL", "amqp://localhost"),
        ("SMTP_URL", "http://localhost"),
        ("SMTP_URL", "embedded"),
        ("MAIL_FROM", "nobody"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("RETENTION_DAYS", "90 days"),
        ("ENV", "staging"),
        ("RATE_REGISTRATION", "many"),
        ("MAIL_RATE", "quickly"),
        ("RATE_REGISTRATION", "0/minute"),
        ("RATE_REGISTRATION", "30/fortnight"),
        ("CLOCK", "tomorrow"),
        ("CLOCK", "fixed:2026-03-29"),
        ("CLOCK", "fixed:2026-03-29T08:00:00"),
        ("CLOCK", "2026-03-29T08:00:00Z"),
    ],
)
def test_value_of_another_kind_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"CLUSTERTREFF_{name}"):
        loaded(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("BASE_URL", ""),
        ("BASE_URL", "http://treff.example.org"),
        ("CLOCK", "fixed:2026-03-29T08:00:00Z"),
    ],
)
def test_production_refuses_what_is_fine_at_home(name: str, value: str) -> None:
    variables = {**PRODUCTION, f"CLUSTERTREFF_{name}": value}
    with pytest.raises(SettingsError, match=f"CLUSTERTREFF_{name}"):
        load(variables, NO_FILE)
    load({**variables, "CLUSTERTREFF_ENV": "development"}, NO_FILE)


def test_production_starts_with_what_it_asks_for() -> None:
    assert load(PRODUCTION, NO_FILE).production


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("CLUSTERTREFF_PORT=9000\nCLUSTERTREFF_HOST=0.0.0.0\n")
    settings = load({"CLUSTERTREFF_PORT": "9001"}, file)
    assert (settings.port, settings.host) == (9001, "0.0.0.0")  # noqa: S104 - a value to compare


def test_clock_is_fixed_at_the_moment_given() -> None:
    assert loaded(CLOCK="fixed:2026-03-29T08:00:00Z").fixed_now == datetime(2026, 3, 29, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (Settings(), "http://127.0.0.1:8000"),
        (Settings(host="::1", port=9000), "http://[::1]:9000"),
        (Settings(base_url="https://treff.example.org/"), "https://treff.example.org"),
    ],
)
def test_root_url_has_no_slash_at_its_end(settings: Settings, url: str) -> None:
    assert settings.root_url == url


def test_mail_host_is_the_host_of_the_links() -> None:
    assert Settings(base_url="https://treff.example.org:8443/x").mail_host == "treff.example.org"


def test_secret_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    settings = [replace(Settings(), data_dir=tmp_path / "data") for _ in range(16)]
    with ThreadPool(16) as threads:
        secrets = threads.map(lambda one: one.secret, settings)
    assert len(set(secrets)) == 1
    assert len(secrets[0]) >= 32
    kept = tmp_path / "data" / "secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret"]


def test_operators_secret_is_used_and_not_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key="given" * 8)
    assert settings.secret == b"given" * 8
    assert list(tmp_path.iterdir()) == []
