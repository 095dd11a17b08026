"""What has run out is dropped; a personal detail is kept no longer than somebody was told."""

from __future__ import annotations

from typing import Any

from arq import cron

from events_app.accounts import service as accounts
from events_app.registration.service.hold import forget_expired

AT_SECOND = 30


async def housekeeping(ctx: dict[Any, Any]) -> None:
    """Job, each minute: expired log-in links, sessions, unconfirmed forms, Idempotency-Keys."""
    del ctx
    await accounts.forget_expired()
    await forget_expired()


CRON_JOBS = [cron(housekeeping, second=AT_SECOND, timeout=30)]
