"""One round of sending: claim, compose, hand over, settle, until nothing is due."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import jinja2
import structlog

from events_app.kit import clock, settings
from events_app.kit.settings import SettingsError
from events_app.outbox import rules
from events_app.outbox.dkim import signed
from events_app.outbox.mime import Envelope, Letter, message_bytes
from events_app.outbox.service import bounces, claims, notes, pace
from events_app.outbox.service.claims import DATABASE_AWAY, Claim, OwedMail, surely
from events_app.outbox.service.notes import SentNotes
from events_app.outbox.service.pauses import holds
from events_app.outbox.smtp import Courier, Failure

Composer = Callable[[OwedMail], Awaitable[Letter]]
"""Writes one mail from what the database says now. Raises `Obsolete` if nobody is left to write to."""
Composed = bytes | Failure

_log = structlog.get_logger(__name__)


class Obsolete(Exception):  # noqa: N818 - a finding, not a fault
    """What the mail is about is gone: it is parked with this text."""


@dataclass
class Tally:
    """What a round came to. `failed` are owed again, `parked` are not."""

    sent: int = 0
    failed: int = 0
    parked: int = 0


async def deliver_due(
    composers: Mapping[str, Composer], stopping: asyncio.Event | None = None, *, lines: int = 1
) -> Tally:
    """Send what is due, batch by batch, until nothing is left, the server is down or `stopping` is set.

    `lines` connections work side by side, because a mail to a distant server is mostly waiting. Safe to run in many
    processes at once. What the database raises when it goes away comes in an `ExceptionGroup`; nothing is lost then.
    """
    current = _Round(composers, stopping or asyncio.Event())
    async with asyncio.TaskGroup() as group:
        for _ in range(lines):
            group.create_task(current.work())
    return current.tally


def _courier() -> Courier:
    now = settings.current()
    return Courier(now.smtp_url, now.mail_from)


@dataclass
class _Round:
    composers: Mapping[str, Composer]
    stopping: asyncio.Event
    tally: Tally = field(default_factory=Tally)
    unlucky: int = 0
    notes: SentNotes = field(default_factory=SentNotes)

    @property
    def going(self) -> bool:
        return not self.stopping.is_set() and self.unlucky < rules.UNLUCKY_IN_A_ROW

    async def work(self) -> None:
        """One line: one connection, and one batch after the other over it."""
        await claims.park_exhausted()
        most = rules.batch(settings.current().mail_gap)
        async with _courier() as courier:
            while self.going and (mine := await claims.claim(most)).mails:
                async with claims.held(mine):
                    await self._send(mine, courier)

    async def _send(self, mine: Claim, courier: Courier) -> None:
        async with contextlib.aclosing(_ahead(self._composed, mine.mails)) as composed:
            async for mail, content in composed:
                if holds(self.notes.pauses, mail.kind, mail.event_id):
                    continue
                await pace.turn(self.stopping)
                if not self.going:
                    return
                await self._deliver(mine, courier, mail, content)

    async def _deliver(self, mine: Claim, courier: Courier, mail: OwedMail, content: Composed) -> None:
        failure = content if isinstance(content, Failure) else await courier.send(mail.recipient, content)
        if failure is None:
            await surely(self.notes.sent(mail))
            mine.settled(mail)
            self.tally.sent += 1
            self.unlucky = 0
        else:
            await self._note(mine, mail, failure)

    async def _note(self, mine: Claim, mail: OwedMail, failure: Failure) -> None:
        delay = rules.next_delay(failure.trouble, mail.tries, clock.now() - mail.created_at)
        await surely(_written(mail, failure, delay))
        mine.settled(mail)
        _log.warning("mail_failed", mail=mail.id, kind=mail.kind, trouble=failure.trouble, parked=delay is None)
        if delay is None:
            self.tally.parked += 1
        else:
            self.tally.failed += 1
        if failure.trouble != "refused":
            self.unlucky += rules.UNLUCKY_IN_A_ROW if failure.trouble == "down" else 1

    async def _composed(self, mail: OwedMail) -> Composed:
        return await content_of(self.composers, mail)


async def content_of(composers: Mapping[str, Composer], mail: OwedMail) -> Composed:
    """The mail as it goes over the wire, or why it can't be written."""
    try:
        letter = await composers[mail.kind](mail)
        return signed(message_bytes(letter, envelope(mail)))
    except Obsolete as finding:
        return Failure("refused", f"{rules.NOT_NEEDED}{finding}")
    except DATABASE_AWAY:
        raise
    except SettingsError as error:  # the DKIM key: whatever the mail
        return Failure("down", f"not signed: {error}")
    except Exception as error:  # noqa: BLE001 - a composer's bug parks its own mail and holds up no other
        _log.exception("mail_not_composed", mail=mail.id, kind=mail.kind)
        passing = isinstance(error, OSError | TimeoutError) and not isinstance(error, jinja2.TemplateError)
        return Failure("deferred" if passing else "refused", f"not composed: {error!r}")


def envelope(mail: OwedMail) -> Envelope:
    """What goes around the mail's letter."""
    return Envelope(
        sender=settings.current().mail_from,
        recipient=mail.recipient,
        message_id=mail.message_id,
        date=clock.now(),
        kind=mail.kind,
        language=mail.language,
        unsubscribe_url=mail.unsubscribe_url,
    )


async def _written(mail: OwedMail, failure: Failure, delay: timedelta | None) -> None:
    await notes.failed(mail, failure.trouble, failure.text, delay)
    if failure.bounce:
        await bounces.mark(mail.recipient, failure.text)


async def _ahead(
    compose: Callable[[OwedMail], Awaitable[Composed]], mails: Sequence[OwedMail]
) -> AsyncGenerator[tuple[OwedMail, Composed]]:
    """Each mail with its content; while one is being sent, the next is composed."""
    coming = asyncio.ensure_future(compose(mails[0]))
    try:
        for mail, following in zip(mails, [*mails[1:], None], strict=True):
            content = await coming
            if following is not None:
                coming = asyncio.ensure_future(compose(following))
            yield mail, content
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
