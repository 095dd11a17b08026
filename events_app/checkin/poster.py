"""The poster at an event's entrance: when its form is open, and what stands on it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from events_app.tickets.rules import SHORT_LENGTH, UnreadableCode, new_short_code, normalise_short_code

OPENS_BEFORE = timedelta(hours=4)
CLOSES_AFTER = timedelta(hours=2)


@dataclass(frozen=True)
class PosterSheet:
    """`address` is what the QR code leads to; `typed` the same, short, without `https://`, for typing it in."""

    event: str
    occasion: str
    address: str
    typed: str


def new_key() -> str:
    """Eight characters to be typed, drawn from 378 thousand million."""
    return new_short_code(secrets.token_bytes(2 * SHORT_LENGTH))


def read_key(text: str) -> str | None:
    """The key somebody typed, with what short codes forgive; None if none can be meant."""
    try:
        return normalise_short_code(text)
    except UnreadableCode:
        return None


def is_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether visitors may register at the entrance: shortly before, while it runs, and shortly after."""
    return starts_at - OPENS_BEFORE <= now <= ends_at + CLOSES_AFTER
