"""Decisions about one event: is registration open, how many seats, may it be shown; and checks of what is entered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from events_app.kit.errors import FieldError
from events_app.kit.text import search_key

CODES_ACCEPTED_AFTER_END = timedelta(days=7)
MAX_TITLE = 200
MAX_TEXT = 20_000
MAX_QUESTIONS = 40

Window = Literal["open", "not_yet", "closed", "started", "cancelled", "draft"]


@dataclass(frozen=True)
class WindowFacts:
    """What decides whether new seats are given."""

    status: str
    starts_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None


def window(facts: WindowFacts, now: datetime) -> Window:
    """Whether registration takes new people now; without `closes_at` it ends with the start."""
    if facts.status != "published":
        return "cancelled" if facts.status == "cancelled" else "draft"
    if facts.opens_at is not None and now < facts.opens_at:
        return "not_yet"
    if facts.closes_at is not None and now >= facts.closes_at:
        return "closed"
    return "started" if now >= facts.starts_at else "open"


def seats_left(capacity: int | None, taken: int) -> int | None:
    """Null: no limit. Never below 0, also when walk-ins went over the capacity."""
    return None if capacity is None else max(0, capacity - taken)


def slugify(title: str, starts_at: datetime) -> str:
    """`Kick-off TAB_MINT`, 2026 → `kick-off-tab-mint-2026`."""
    words = re.sub(r"[^a-z0-9]+", "-", search_key(title)).strip("-")[:80].strip("-")
    return f"{words or 'event'}-{starts_at.year}"


def is_slug(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) is not None and len(text) <= 100  # noqa: PLR2004 - column


def in_zone(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def problems(event: Any) -> list[FieldError]:
    """What is wrong with an event as entered (`EventIn`, or the merged whole after a change)."""
    return [*_basics(event), *_times(event), *_numbers(event), *_questions(event), *_links(event)]


def _basics(event: Any) -> Iterator[FieldError]:
    if not event.title.strip():
        yield FieldError("/title", "required", "Please give the event a title.")
    if len(event.title) > MAX_TITLE:
        yield FieldError("/title", "too_long", "Please use at most %(most)s characters.", {"most": MAX_TITLE})
    for name in ("summary", "description"):
        if len(getattr(event, name)) > MAX_TEXT:
            yield FieldError(f"/{name}", "too_long", "Please use at most %(most)s characters.", {"most": MAX_TEXT})
    if event.slug is not None and not is_slug(event.slug):
        yield FieldError("/slug", "invalid_slug", "Please use lower-case letters, digits and hyphens.")
    if event.timezone not in available_timezones():
        yield FieldError("/timezone", "invalid_timezone", "There is no such time zone.")


def _times(event: Any) -> Iterator[FieldError]:
    for name in ("starts_at", "ends_at"):
        if getattr(event, name).tzinfo is None:
            yield FieldError(f"/{name}", "invalid_time", "Please state the time with its offset, as +01:00.")
            return
    if event.ends_at < event.starts_at:
        yield FieldError("/ends_at", "ends_before_start", "The end must not lie before the start.")
    window_ = event.registration
    moments = [m for m in (window_.opens_at, window_.closes_at) if m is not None]
    if any(m.tzinfo is None for m in moments):
        yield FieldError("/registration", "invalid_time", "Please state the time with its offset, as +01:00.")
    elif len(moments) == 2 and moments[1] <= moments[0]:  # noqa: PLR2004 - both are set
        yield FieldError("/registration/closes_at", "closes_before_opening", "Registration must close after it opens.")


def _numbers(event: Any) -> Iterator[FieldError]:
    if event.capacity is not None and not 0 <= event.capacity <= 1_000_000:  # noqa: PLR2004 - a sane bound
        yield FieldError("/capacity", "out_of_range", "Please enter a number from 0 to 1,000,000, or nothing.")
    for name, most in (
        ("slot_minutes", 480),
        ("tables", 10_000),
        ("max_meetings_per_company", 1000),
        ("max_meetings_per_partner", 1000),
    ):
        if not 1 <= getattr(event.matchmaking, name) <= most:
            yield FieldError(
                f"/matchmaking/{name}", "out_of_range", "Please enter a number from 1 to %(most)s.", {"most": most}
            )
    for index, slot in enumerate(event.matchmaking.slots):
        if slot.tzinfo is None:
            yield FieldError(
                f"/matchmaking/slots/{index}", "invalid_time", "Please state the time with its offset, as +01:00."
            )


def _questions(event: Any) -> Iterator[FieldError]:
    keys = [question.key for question in event.questions]
    if len(keys) > MAX_QUESTIONS:
        yield FieldError("/questions", "too_many", "Please ask at most %(most)s questions.", {"most": MAX_QUESTIONS})
    for index, question in enumerate(event.questions):
        at = f"/questions/{index}"
        if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", question.key) is None or keys.count(question.key) > 1:
            yield FieldError(f"{at}/key", "invalid_key", "Each question needs a key of its own: a-z, 0-9 and _.")
        if not question.label.strip():
            yield FieldError(f"{at}/label", "required", "Please fill this in.")
        if question.type in {"choice", "choices"} and not question.options:
            yield FieldError(f"{at}/options", "required", "Please give at least one option.")
        if question.show_if is not None and question.show_if.key not in keys[:index]:
            yield FieldError(f"{at}/show_if/key", "unknown_key", "Only an earlier question can be referred to.")


def _links(event: Any) -> Iterator[FieldError]:
    if event.online_url and urlsplit(event.online_url).scheme not in {"http", "https"}:
        yield FieldError("/online_url", "invalid_url", "Please enter an address that starts with https://.")
    email = event.organiser.email
    if email and "@" not in email:
        yield FieldError("/organiser/email", "invalid_email", "Please enter a valid e-mail address.")
