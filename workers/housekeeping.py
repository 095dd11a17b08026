"""What has run out is dropped, or offered to the next; a personal detail is kept no longer than somebody was told."""

from __future__ import annotations

from typing import Any

from arq import cron

from events_app.accounts import service as accounts
from events_app.directory import service as directory
from events_app.privacy import service as privacy
from events_app.registration import service as registrations
from events_app.registration.service.hold import forget_expired

AT_SECOND = 30


async def housekeeping(ctx: dict[Any, Any]) -> None:
    """Job, each minute: expired offers of seats, log-in links, sessions, unconfirmed forms, Idempotency-Keys.

    New registrations are filed under their organisations; those whose time is over are erased.
    """
    if await registrations.expire_offers():
        ctx["postman"].ring()
    await accounts.forget_expired()
    await forget_expired()
    await directory.file_registrations()
    await privacy.let_run_out()


CRON_JOBS = [cron(housekeeping, second=AT_SECOND, timeout=30)]
