"""A real SMTP server that does as it is told: takes mails, refuses them, hangs up."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_UP = "hang up"
TAKEN = "250 taken"
Script = Callable[[str], str]


@dataclass
class Sink:
    """`on_rcpt` and `on_data` answer for a recipient's address; `HANG_UP` closes the connection instead."""

    taken: list[Envelope] = field(default_factory=list)
    on_rcpt: Script = lambda _: "250 fine"
    on_data: Script = lambda _: TAKEN
    delay: float = 0.0
    """Seconds that the server thinks before it answers to a mail."""
    connections: int = 0
    _server: asyncio.Server | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        return [parsed(envelope.original_content or b"") for envelope in self.taken]

    @property
    def recipients(self) -> list[str]:
        return [envelope.rcpt_tos[0] for envelope in self.taken]

    async def open(self) -> None:
        """Listen; a second time on the same port."""
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "localhost", "loop": loop}
        self._server = await loop.create_server(partial(_Protocol, self, **options), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.on_rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return _said(server, answer)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - same
        await asyncio.sleep(self.delay)
        answer = self.on_data(envelope.rcpt_tos[0])
        if answer in {TAKEN, HANG_UP}:
            self.taken.append(envelope)
        return _said(server, answer)


class _Protocol(SMTP):  # type: ignore[misc] - untyped
    def __init__(self, sink: Sink, **options: Any) -> None:
        self._sink = sink
        super().__init__(sink, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink.connections += 1
        super().connection_made(transport)


def _said(server: SMTP, answer: str) -> str:
    if answer == HANG_UP:
        server.transport.abort()
        return "421 never heard"
    return answer


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@asynccontextmanager
async def open_sink(**script: Script) -> AsyncIterator[Sink]:
    sink = Sink(**script)  # type: ignore[arg-type] - only scripts are given
    await sink.open()
    try:
        yield sink
    finally:
        await sink.close()
