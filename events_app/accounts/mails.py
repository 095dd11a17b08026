"""The mail that logs somebody in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil

from events_app.kit import clock
from events_app.outbox.letters import letter
from events_app.outbox.mime import Letter
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Composer, Obsolete


async def login_link(mail: OwedMail) -> Letter:
    """Link and code, with the minutes they have left. A link that has died in the queue is not worth a mail."""
    expires_at = datetime.fromisoformat(mail.payload["expires_at"])
    left = (expires_at - clock.now()).total_seconds()
    if left <= 0:
        raise Obsolete("the log-in link expired before it could be sent")
    return letter(
        "accounts",
        "login-link",
        mail.language,
        url=mail.payload["url"],
        code=mail.payload["code"],
        minutes=ceil(left / 60),
        expires_at=expires_at,
    )


COMPOSERS: Mapping[str, Composer] = {"login-link": login_link}
