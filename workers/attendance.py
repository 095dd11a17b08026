"""Reminders, the caterer's numbers and thank-yous go out when their moment has come."""

from __future__ import annotations

from typing import Any

from arq import cron

from events_app.attendance import service as attendance

AT_SECOND = 10


async def send_due(ctx: dict[Any, Any]) -> None:
    """Job, each minute."""
    if await attendance.send_due():
        ctx["postman"].ring()


CRON_JOBS = [cron(send_due, second=AT_SECOND, timeout=30)]
