"""The newsletter: issues become mails in portions, and boxes ticked in registrations become questions by mail."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from arq import cron, func

from events_app.newsletter.service import consents, sending, signup

EACH_SECONDS = 5
ROUND_SECONDS = 4.0
"""A round ends before the next one begins; two at once do no harm, but keep each other waiting."""
PAUSE_SECONDS = 0.3
TIDIED_AT_MINUTE = 7


async def send_newsletters(ctx: dict[Any, Any]) -> None:
    """Job, every few seconds and whenever an issue is sent: feed the outbox for as long as something moves."""
    end = time.monotonic() + ROUND_SECONDS
    while await sending.feed() and time.monotonic() < end:
        ctx["postman"].ring()
        await asyncio.sleep(PAUSE_SECONDS)


async def follow_consents(ctx: dict[Any, Any]) -> None:
    """Job: ask who has ticked the newsletter's box in a registration."""
    if await consents.follow():
        ctx["postman"].ring()


async def forget_unconfirmed(ctx: dict[Any, Any]) -> None:
    """Job, each hour: sign-ups that nobody confirmed, and proofs that nobody needs any more."""
    del ctx
    await signup.forget_expired()


FUNCTIONS = [func(send_newsletters, timeout=60)]
CRON_JOBS = [
    cron(send_newsletters, second=set(range(0, 60, EACH_SECONDS)), timeout=60),
    cron(follow_consents, second=set(range(3, 60, EACH_SECONDS)), timeout=30),
    cron(forget_unconfirmed, minute=TIDIED_AT_MINUTE, second=41, timeout=60),
]
