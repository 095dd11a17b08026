"""What has run out is dropped, or offered to the next; a personal detail is kept no longer than somebody was told."""

from __future__ import annotations

from typing import Any

from arq import cron

from events_app.accounts import service as accounts
from events_app.registration import service as registrations
from events_app.registration.service.hold import forget_expired

AT_SECOND = 30


async def housekeeping(ctx: dict[Any, Any]) -> None:
    """Job, each minute: expired offers of seats, log-in links, sessions, unconfirmed forms, Idempotency-Keys."""
    if await registrations.expire_offers():
        ctx["postman"].ring()
    await accounts.forget_expired()
    await forget_expired()


CRON_JOBS = [cron(housekeeping, second=AT_SECOND, timeout=30)]
