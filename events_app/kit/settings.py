"""Settings from environment variables or a `.env` file.

The environment is read here alone, but for `CLUSTERTREFF_PG_BIN`: the embedded PostgreSQL's launcher asks for that.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from dotenv import dotenv_values

EMBEDDED = "embedded"
CATCH = "catch"
PREFIX = "CLUSTERTREFF_"
MIN_SECRET_CHARACTERS = 32
HIGHEST_PORT = 65535
Environment = Literal["development", "production"]
_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


class SettingsError(Exception):
    """A setting can't be used; the text names the variable and what it takes."""


@dataclass(frozen=True)
class Settings:
    """What an operator may set; every field is `CLUSTERTREFF_<FIELD>` in the environment.

    `database_url`, `queue_url` and `smtp_url` are as the operator gave them, `embedded` and `catch` included;
    `events_app.supervisor` turns `embedded` into addresses. `fixed_now` freezes the clock (never in production).
    """

    data_dir: Path = Path("var")
    database_url: str = EMBEDDED
    queue_url: str = EMBEDDED
    smtp_url: str = CATCH
    base_url: str = ""
    mail_from: str = "Clustertreff <events@localhost>"
    mail_rate: str = "off"
    dkim_key: str = ""
    dkim_selector: str = "clustertreff"
    dkim_domain: str = ""
    secret_key: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    env: Environment = "development"
    trusted_proxies: tuple[str, ...] = ()
    rate_registration: str = "30/minute"
    retention_days: int = 90
    fixed_now: datetime | None = None

    @property
    def production(self) -> bool:
        return self.env == "production"

    @cached_property
    def root_url(self) -> str:
        """Where links in mails, tickets and calendars point, without a trailing slash."""
        return (self.base_url or f"http://{_bracketed(self.host)}:{self.port}").rstrip("/")

    @cached_property
    def secret(self) -> bytes:
        """The key that signs links and sessions: the operator's, else one made once in the data directory."""
        return (self.secret_key or _kept_secret(self.data_dir)).encode()

    @cached_property
    def mail_host(self) -> str:
        """The host in Message-IDs and calendar UIDs; it must stay the same for as long as entries live."""
        return urlsplit(self.root_url).hostname or "localhost"

    @cached_property
    def mail_gap(self) -> timedelta | None:
        """The least time between two mails; None: no limit."""
        count, _, unit = self.mail_rate.partition("/")
        return None if count == "off" else _UNITS[unit] / int(count)

    @property
    def mail_dir(self) -> Path:
        return self.data_dir / "mail"


def load(environ: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Read the settings; the environment wins over `env_file`.

    Raises `SettingsError` if a value is not of its kind or not allowed in production.
    """
    given = dict(os.environ if environ is None else environ)
    values = {key: text for key, text in {**dotenv_values(env_file), **given}.items() if text}
    settings = Settings(
        data_dir=Path(values.get(f"{PREFIX}DATA_DIR", "var")).absolute(),
        database_url=_of_scheme(values, "DATABASE_URL", EMBEDDED, ("postgresql", "postgres")),
        queue_url=_of_scheme(values, "QUEUE_URL", EMBEDDED, ("redis", "rediss", "unix")),
        smtp_url=_of_scheme(values, "SMTP_URL", CATCH, ("smtp", "smtps")),
        base_url=values.get(f"{PREFIX}BASE_URL", ""),
        mail_from=_sender(values.get(f"{PREFIX}MAIL_FROM", Settings.mail_from)),
        mail_rate=_rate(values, "MAIL_RATE", Settings.mail_rate),
        dkim_key=values.get(f"{PREFIX}DKIM_KEY", ""),
        dkim_selector=values.get(f"{PREFIX}DKIM_SELECTOR", Settings.dkim_selector),
        dkim_domain=values.get(f"{PREFIX}DKIM_DOMAIN", ""),
        secret_key=values.get(f"{PREFIX}SECRET_KEY", ""),
        host=values.get(f"{PREFIX}HOST", Settings.host),
        port=_port(values),
        env=_environment(values.get(f"{PREFIX}ENV", Settings.env)),
        trusted_proxies=tuple(values.get(f"{PREFIX}TRUSTED_PROXIES", "").replace(",", " ").split()),
        rate_registration=_rate(values, "RATE_REGISTRATION", Settings.rate_registration),
        retention_days=_integer(values, "RETENTION_DAYS", Settings.retention_days),
        fixed_now=_fixed(values.get(f"{PREFIX}CLOCK", "")),
    )
    _refuse_in_production(settings)
    return settings


_current: list[Settings] = []


def current() -> Settings:
    """The process's settings, read once."""
    if not _current:
        _current.append(load())
    return _current[0]


def use(settings: Settings) -> None:
    """Make these the process's settings: the supervisor's children and the tests call this before anything else."""
    _current[:] = [settings]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _kept_secret(data_dir: Path) -> str:
    path = data_dir / "secret"
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)  # never overwrites: of two starting processes one wins, both read the same
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _of_scheme(values: Mapping[str, str], name: str, word: str, schemes: tuple[str, ...]) -> str:
    value = values.get(PREFIX + name, word)
    if value != word and value.partition("://")[0] not in schemes:
        raise SettingsError(f"{PREFIX}{name} must be {word} or start with {schemes[0]}://")
    return value


def _integer(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(PREFIX + name, str(default))
    if not text.isdecimal():
        raise SettingsError(f"{PREFIX}{name} must be a whole number, not {text!r}")
    return int(text)


def _port(values: Mapping[str, str]) -> int:
    port = _integer(values, "PORT", Settings.port)
    if port > HIGHEST_PORT:
        raise SettingsError(f"{PREFIX}PORT must be from 0 (any free one) to {HIGHEST_PORT}, not {port}")
    return port


def _sender(text: str) -> str:
    if "@" not in parseaddr(text)[1]:
        raise SettingsError(f"{PREFIX}MAIL_FROM must be a mail address, as in 'Name <a@b.example>'")
    return text


def _environment(text: str) -> Environment:
    for name in get_args(Environment):
        if text == name:
            return name  # type: ignore[no-any-return] # `get_args` says Any
    raise SettingsError(f"{PREFIX}ENV must be development or production, not {text!r}")


def _rate(values: Mapping[str, str], name: str, default: str) -> str:
    text = values.get(PREFIX + name, default)
    count, _, unit = text.partition("/")
    if text != "off" and not (count.isdecimal() and int(count) > 0 and unit in _UNITS):
        raise SettingsError(f"{PREFIX}{name} must be 'off' or like 30/minute, not {text!r}")
    return text


def _fixed(text: str) -> datetime | None:
    if text in {"", "system"}:
        return None
    try:
        moment = datetime.fromisoformat(text.removeprefix("fixed:"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not text.startswith("fixed:"):
        raise SettingsError(f"{PREFIX}CLOCK must be 'system' or like fixed:2026-03-29T08:00:00Z, not {text!r}")
    return moment


def _refuse_in_production(settings: Settings) -> None:
    if not settings.production:
        return
    if settings.fixed_now is not None:
        raise SettingsError(f"{PREFIX}CLOCK can't be fixed in production")
    if len(settings.secret_key) < MIN_SECRET_CHARACTERS:
        raise SettingsError(f"{PREFIX}SECRET_KEY must be set in production, {MIN_SECRET_CHARACTERS} characters or more")
    if not settings.base_url.startswith("https://"):
        raise SettingsError(f"{PREFIX}BASE_URL must be set in production and start with https://")
