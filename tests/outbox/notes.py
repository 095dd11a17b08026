"""The simplest mails, and how they stand."""

from __future__ import annotations

import asyncio
from typing import Any

from events_app.kit import db
from events_app.outbox.mime import Letter
from events_app.outbox.service import NewMail, queue
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Composer


async def note(mail: OwedMail) -> Letter:
    return Letter(subject=f"Note {mail.payload.get('number', mail.id)}", text="Text\n", html="<p>Text</p>\n")


COMPOSERS: dict[str, Composer] = {"note": note, "login-link": note, "newsletter-issue": note}


async def owe(count: int = 1, kind: str = "note", **fields: Any) -> None:
    await queue([NewMail(kind, f"p{number}@example.org", "de", **fields) for number in range(count)])


async def all_due() -> None:
    """As if the back-off had passed."""
    await db.execute("UPDATE outbox_mail SET next_try_at = now()")


async def statuses() -> list[str]:
    return [row["status"] for row in await db.fetch("SELECT status FROM outbox_mail ORDER BY id")]


async def until(count: int, things: list[Any], seconds: float = 30) -> None:
    """Wait until there are so many."""
    async with asyncio.timeout(seconds):
        while len(things) < count:  # noqa: ASYNC110 - looks at what a server got
            await asyncio.sleep(0.01)
