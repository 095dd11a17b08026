"""Handing mails to the SMTP server: one connection for many, opened when the first one needs it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from email.utils import parseaddr
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPStatus,
)

from events_app.outbox.rules import Trouble, is_bounce, trouble_of, wire_address

CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 120.0
"""Servers may look at a mail for a while before they take it; hanging up on them too early sends it twice."""

MAILS_PER_CONNECTION = 100
"""Servers cut longer ones off with "too many mails in one session"."""

_DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class Failure:
    """Why a mail was not taken, in the server's words; `bounce`: it is the address that takes none."""

    trouble: Trouble
    text: str
    bounce: bool = False


class Courier:
    """Sends mails over one connection, a fresh one after each hundred.

    `url` is `smtp://[user:password@]host[:port]` or `smtps://…`.

    `smtp` goes over to TLS where the server offers STARTTLS, and then insists on a certificate that fits the host.
    """

    def __init__(self, url: str, mail_from: str) -> None:
        parts = urlsplit(url)
        self.sender = wire_address(parseaddr(mail_from)[1])
        self._sent = 0
        self._client = SMTP(
            hostname=parts.hostname or "localhost",
            port=parts.port or _DEFAULT_PORTS[parts.scheme],
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            use_tls=parts.scheme == "smtps",
            local_hostname=self.sender.rpartition("@")[2],  # what getfqdn finds may take a DNS timeout
            timeout=CONNECT_SECONDS,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exception is None:
            await self._hang_up()
        self._client.close()

    async def _hang_up(self) -> None:
        self._sent = 0
        if not self._client.is_connected:
            return
        try:
            await self._client.quit()
        except (SMTPException, OSError):
            pass  # it hung up first
        finally:
            self._client.close()

    async def send(self, recipient: str, content: bytes) -> Failure | None:
        """Hand one mail over; None: the server has taken it."""
        if self._sent >= MAILS_PER_CONNECTION:
            await self._hang_up()
        self._sent += 1
        return await self._connected() or await self._handed_over(recipient, content)

    async def _connected(self) -> Failure | None:
        if self._client.is_connected:
            return None
        try:
            await self._client.connect()
            if self._client.is_ehlo_or_helo_needed:  # after TLS: what was offered before does not count
                await self._client.ehlo()
        except (SMTPException, OSError) as error:
            self._client.close()
            return Failure("down", _words(error))
        return None

    async def _handed_over(self, recipient: str, content: bytes) -> Failure | None:
        try:
            await self._envelope(wire_address(recipient), len(content))
            await self._data(content)
        except (SMTPException, OSError, ValueError) as error:
            await self._drop_envelope(error)
            return _failure(error)
        return None

    async def _envelope(self, recipient: str, size: int) -> None:
        options = [f"SIZE={size}"] if self._client.supports_extension("size") else []
        if not recipient.isascii():
            if not self._client.supports_extension("smtputf8"):
                raise SMTPNotSupported("the server takes no addresses beyond ASCII")
            options.append("SMTPUTF8")
        await self._client.mail(self.sender, options=options, timeout=ANSWER_SECONDS)
        await self._client.rcpt(recipient, encoding="utf-8", timeout=ANSWER_SECONDS)

    async def _data(self, content: bytes) -> None:
        """The client's own `data` looks for stray line ends by regular expressions, which costs as much as rendering.

        `mime.message_bytes` writes none. That leaves the dots (RFC 5321, 4.5.2).
        """
        ready = await self._client.execute_command(b"DATA", timeout=ANSWER_SECONDS)
        if ready.code != SMTPStatus.start_input:
            raise SMTPDataError(ready.code, ready.message)
        if self._client.protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        self._client.protocol.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        answer = await self._client.protocol.read_response(ANSWER_SECONDS)
        if answer.code != SMTPStatus.completed:
            raise SMTPDataError(answer.code, answer.message)

    async def _drop_envelope(self, error: Exception) -> None:
        """The next mail begins anew; on a connection of its own if it is unclear what this one still has to say."""
        if isinstance(error, OSError):
            self._client.close()
            return
        with contextlib.suppress(SMTPException, OSError):
            await self._client.rset(timeout=ANSWER_SECONDS)


def _failure(error: Exception) -> Failure:
    match error:
        case SMTPSenderRefused(code=code):
            return Failure(trouble_of(code, about_sender=True), _words(error))
        case SMTPRecipientRefused(code=code, message=message):
            return Failure(trouble_of(code), _words(error), is_bounce(code, message))
        case SMTPDataError(code=code):
            return Failure(trouble_of(code), _words(error))
        case SMTPServerDisconnected() | SMTPResponseException() | OSError():
            return Failure("cut", _words(error))
        case _:  # an address that can't be written on an SMTP line, or one that the server can't read (SMTPUTF8)
            return Failure("refused", _words(error))


def _words(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"
