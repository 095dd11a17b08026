"""How the list of events is cut: by time, and page by page."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from events_app.events.rules import YEARS
from events_app.kit.errors import FieldError, Invalid

DAYS_OF = ZoneInfo("Europe/Berlin")


def make_cursor(starts_at: datetime, event_id: UUID) -> str:
    """An opaque mark after the last event of a page."""
    return urlsafe_b64encode(f"{starts_at.isoformat()} {event_id}".encode()).rstrip(b"=").decode()


def read_cursor(text: str | None) -> tuple[datetime, UUID] | None:
    """(start, id) of the last event of the page before. Raises `Invalid`."""
    if not text:
        return None
    try:
        moment, _, event_id = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        return _sane(datetime.fromisoformat(moment)), UUID(event_id)
    except ValueError:
        raise Invalid(errors=[FieldError("/cursor", "invalid_cursor", "This cursor is not one of ours.")]) from None


def read_bound(name: str, text: str | None) -> datetime | None:
    """`from` or `to`: a moment with its offset, or a day in Germany, which counts whole. Raises `Invalid`."""
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = datetime.fromisoformat(text).replace(tzinfo=DAYS_OF)
            return _sane(day) + timedelta(days=name == "to")
        return _sane(datetime.fromisoformat(text.replace(" ", "+")))  # a plus that was not escaped comes as a blank
    except ValueError:
        message = "Please give a day, as 2026-11-05, or a time with its offset."
        raise Invalid(errors=[FieldError(f"/{name}", "invalid_time", message)]) from None


def _sane(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.year not in YEARS:
        raise ValueError(moment)
    return moment
