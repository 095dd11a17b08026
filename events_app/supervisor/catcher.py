"""A mail server for development and tests: whatever is sent to it lies in a folder as `.eml`, byte for byte."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from events_app.kit.settings import CATCH, Settings

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
MAX_MAIL_BYTES = 25 * 1024 * 1024


@contextmanager
def mail_catcher(mail_dir: Path) -> Iterator[str]:
    """Catch mail into `mail_dir` (made if missing) while the block runs; gives `smtp://127.0.0.1:port`.

    A file's name sorts by the time of its arrival. A mail is answered with 250 when its file is complete.
    """
    from aiosmtpd.smtp import SMTP  # noqa: PLC0415 - many processes never catch

    mail_dir.mkdir(parents=True, exist_ok=True)
    loop = asyncio.new_event_loop()
    protocol = partial(
        SMTP,
        _Keeper(mail_dir),
        data_size_limit=MAX_MAIL_BYTES,
        enable_SMTPUTF8=True,
        hostname="localhost",
        ident="catcher",
        loop=loop,
    )
    server = loop.run_until_complete(loop.create_server(protocol, HOST, port=0))
    thread = threading.Thread(target=loop.run_forever, name="mail-catcher", daemon=True)
    thread.start()
    try:
        yield f"smtp://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def catching(settings: Settings) -> Iterator[Settings]:
    """The settings to send mail with: for `catch`, those of a catcher that lives as long as the block."""
    if settings.smtp_url != CATCH:
        yield settings
        return
    with mail_catcher(settings.mail_dir) as url:
        yield replace(settings, smtp_url=url)


class _Keeper:
    """What aiosmtpd calls with each mail."""

    def __init__(self, mail_dir: Path) -> None:
        self.mail_dir = mail_dir

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        draft = self.mail_dir / f".{name}.part"
        draft.write_bytes(envelope.original_content or b"")
        draft.rename(self.mail_dir / name)
        return f"250 kept as {name}"


async def _end(server: asyncio.Server) -> None:
    """Hang up on those still connected and wait until their tasks have seen it."""
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
