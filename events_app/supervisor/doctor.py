"""`clustertreff doctor`: is everything there that the app needs, each answered in one line."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import stat
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import asyncpg

from events_app.kit import clock, db, migrations
from events_app.kit.jobs import Queue
from events_app.kit.settings import CATCH, MIN_SECRET_CHARACTERS, Settings, SettingsError
from events_app.outbox import dkim
from events_app.supervisor.errors import SupervisorError
from events_app.supervisor.servers import running

OLDEST_POSTGRES = 150000
LEAST_FREE_BYTES = 1 << 30
LARGEST_SKEW = timedelta(seconds=5)
ANSWER_SECONDS = 5.0
GIB = 1 << 30


@dataclass(frozen=True)
class Finding:
    name: str
    ok: bool
    text: str


class _FaultError(Exception):
    """What is wrong and what to do about it."""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything, with the embedded servers running if they are wanted and can be started."""
    try:
        with running(settings, "doctor") as resolved:
            return asyncio.run(_examine(resolved, _SERVED + _local(settings)))
    except SupervisorError as error:
        down = [Finding(name, ok=False, text=str(error).splitlines()[0]) for name, _ in _SERVED]
        return down + asyncio.run(_examine(settings, _local(settings)))


Check = Callable[[Settings], Awaitable[str]]


def _local(settings: Settings) -> tuple[tuple[str, Check], ...]:
    return (*_LOCAL, ("dkim", _dkim)) if settings.dkim_key else _LOCAL


async def _examine(settings: Settings, checks: tuple[tuple[str, Check], ...]) -> list[Finding]:
    db.use_database(settings.database_url)
    return [await _finding(name, check, settings) for name, check in checks]


async def _finding(name: str, check: Check, settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return Finding(name, ok=True, text=await check(settings))
    except TimeoutError:
        return Finding(name, ok=False, text=f"no answer within {ANSWER_SECONDS:.0f} s")
    except (_FaultError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, aiosmtplib.SMTPException) as error:
        return Finding(name, ok=False, text=" ".join(str(error).split()) or type(error).__name__)


async def _database(_settings: Settings) -> str:
    version = int(await db.fetch_value("SHOW server_version_num"))
    if version < OLDEST_POSTGRES:
        raise _FaultError(f"PostgreSQL {version // 10000} is too old: 15 or newer is needed")
    if missing := await migrations.missing():
        raise _FaultError(f"{len(missing)} migrations are missing: run clustertreff migrate")
    return f"PostgreSQL {await db.fetch_value('SHOW server_version')}, schema current"


async def _queue(settings: Settings) -> str:
    queue = Queue(settings.queue_url)
    answers = await queue.ping()
    await queue.close()
    if not answers:
        raise _FaultError(f"no answer from {_without_password(settings.queue_url)}")
    return f"{_without_password(settings.queue_url)} answers"


async def _smtp(settings: Settings) -> str:
    if settings.smtp_url == CATCH and settings.production:
        raise _FaultError("CLUSTERTREFF_SMTP_URL is catch: in production every mail stays here and reaches nobody")
    if settings.smtp_url == CATCH:
        _try_writing(settings.mail_dir)
        return f"mail is caught in {settings.mail_dir}"
    parts = urlsplit(settings.smtp_url)
    client = aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port,
        use_tls=parts.scheme == "smtps",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        timeout=ANSWER_SECONDS,
    )
    async with client:
        return f"{parts.hostname} takes mail"


async def _dkim(settings: Settings) -> str:
    try:
        key = dkim.key_of(settings)
    except SettingsError as error:
        raise _FaultError(str(error)) from error
    if key is None:  # asked only where a key is set
        return "mails are not signed"
    return f"mails are signed for {key.domain}; its public key belongs at {key.selector}._domainkey.{key.domain}"


async def _base_url(settings: Settings) -> str:
    parts = urlsplit(settings.root_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise _FaultError(f"{settings.root_url} is no address: set CLUSTERTREFF_BASE_URL to https://host")
    answers = await asyncio.to_thread(_answers, parts.scheme, parts.netloc, f"{parts.path}/health")
    return f"{settings.root_url} answers" if answers else f"{settings.root_url} (nothing answers there now)"


def _answers(scheme: str, netloc: str, path: str) -> bool:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = kind(netloc, timeout=ANSWER_SECONDS / 2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


async def _clock(settings: Settings) -> str:
    if settings.fixed_now is not None:
        return f"fixed at {clock.now():%Y-%m-%d %H:%M:%S} UTC"
    theirs: datetime = await db.fetch_value("SELECT clock_timestamp()")
    skew = abs(datetime.now(UTC) - theirs)
    if skew > LARGEST_SKEW:
        raise _FaultError(f"{skew.total_seconds():.0f} s away from the database's clock: set both by NTP")
    return f"{skew.total_seconds():.1f} s from the database's"


async def _secret(settings: Settings) -> str:
    if len(settings.secret) < MIN_SECRET_CHARACTERS:
        raise _FaultError(f"CLUSTERTREFF_SECRET_KEY needs {MIN_SECRET_CHARACTERS} characters or more")
    if settings.secret_key:
        return "set by CLUSTERTREFF_SECRET_KEY"
    kept = settings.data_dir / "secret"
    if kept.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _FaultError(f"others can read {kept}: chmod 600 it")
    return f"kept in {kept}"


async def _disk(settings: Settings) -> str:
    _try_writing(settings.data_dir)
    free = shutil.disk_usage(settings.data_dir).free
    if free < LEAST_FREE_BYTES:
        raise _FaultError(f"only {free / GIB:.1f} GiB free in {settings.data_dir}")
    return f"{free / GIB:.0f} GiB free in {settings.data_dir}"


def _try_writing(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"doctor")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


_SERVED: tuple[tuple[str, Check], ...] = (("database", _database), ("queue", _queue), ("clock", _clock))
_LOCAL: tuple[tuple[str, Check], ...] = (
    ("smtp", _smtp),
    ("base-url", _base_url),
    ("secret", _secret),
    ("disk", _disk),
)
