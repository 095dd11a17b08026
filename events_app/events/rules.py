"""Decisions about one event: is registration open, how many seats, what moves with it, what is wrong with an entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from msgspec.structs import replace

from events_app import reference
from events_app.accounts.rules import is_email, normal_email
from events_app.events import groups, limits, questions
from events_app.events.schemas import AgendaItem, EventIn, GoodToKnow, Medium, Organiser, Venue
from events_app.kit.errors import FieldError
from events_app.kit.text import many_lines, one_line, search_key

CODES_ACCEPTED_AFTER_END = timedelta(days=7)
MAX_TITLE = 200
MAX_SLUG_WORDS = 80
MAX_TEXT = 20_000
MAX_NOTE = 2_000
MAX_ITEMS = 500
MAX_SESSION_SEATS = 10_000
MAX_ADDRESS = 500
YEARS = range(2000, 2100)
"""Outside of these a year is a slip of the pen, and clocks of other time zones leave the calendar."""
WITH_OFFSET = "Please state the time with its offset, as +01:00."

Window = Literal["open", "not_yet", "closed", "started", "cancelled", "draft"]


@dataclass(frozen=True)
class WindowFacts:
    """What decides whether new seats are given."""

    status: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None


def window(facts: WindowFacts, now: datetime) -> Window:
    """Whether registration takes new people now; without `closes_at` it ends with the start, at last with the end."""
    if facts.status != "published":
        return "cancelled" if facts.status == "cancelled" else "draft"
    if facts.opens_at is not None and now < facts.opens_at:
        return "not_yet"
    if facts.closes_at is not None and now >= facts.closes_at:
        return "closed"
    last = facts.starts_at if facts.closes_at is None else facts.ends_at
    return "started" if now >= last else "open"


def is_over(ends_at: datetime, now: datetime) -> bool:
    return now >= ends_at


def seats_left(capacity: int | None, taken: int) -> int | None:
    """Null: no limit. Never below 0, also when walk-ins went over the capacity."""
    return None if capacity is None else max(0, capacity - taken)


def slugify(title: str, starts_at: datetime) -> str:
    """`Kick-off TAB_MINT`, 2026 → `kick-off-tab-mint-2026`; a long title is cut between words."""
    words = re.sub(r"[^a-z0-9]+", "-", search_key(title)).strip("-")
    if len(words) > MAX_SLUG_WORDS:
        words = words[:MAX_SLUG_WORDS].rpartition("-")[0] or words[:MAX_SLUG_WORDS]
    return f"{words or 'event'}-{starts_at.year}"


def is_slug(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) is not None and len(text) <= 100  # noqa: PLR2004 - column


def in_zone(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def takes_whole_days(starts_at: datetime, ends_at: datetime, zone: str) -> bool:
    """Whether an event has no time of day: from 00:00 to 23:59, or to 00:00 of a later day."""
    starts = in_zone(starts_at, zone)
    if starts.hour or starts.minute:
        return False
    ends = in_zone(ends_at, zone)
    return (ends.hour, ends.minute) == (23, 59) or (ends.time() == time.min and ends > starts)


def gaps(event: EventIn, now: datetime) -> list[str]:
    """What somebody should know before publishing, as codes (`texts.GAPS`); none of it forbids anything."""
    talks = event.matchmaking
    found = {
        "past": event.ends_at <= now,
        "no_place": event.mode != "online" and not (event.venue.place or event.venue.name),
        "no_online_url": event.mode != "onsite" and not event.online_url,
        "no_organiser": not event.organiser.email,
        "no_text": not event.summary and not event.description,
        "no_slots": talks.enabled and not talks.slots,
        "slots_outside": talks.enabled and any(not event.starts_at <= slot < event.ends_at for slot in talks.slots),
    }
    return [code for code, missing in found.items() if missing]


def calendar_changes(before: EventIn, after: EventIn) -> bool:
    """Whether calendars must hear of it: time, place, mode or title."""

    def shown(event: EventIn) -> tuple[object, ...]:
        return (
            event.title,
            event.starts_at,
            event.ends_at,
            event.timezone,
            event.mode,
            None if event.mode == "online" else replace(event.venue, district=None),  # which nobody is shown
            None if event.mode == "onsite" else event.online_url,
        )

    return shown(before) != shown(after)


def with_what_moves_along(before: EventIn, after: EventIn) -> EventIn:
    """Slots and agenda keep their places in the day when the event moves, unless they were changed themselves."""
    old, new = before.matchmaking, after.matchmaking
    if (before.starts_at, before.timezone) == (after.starts_at, after.timezone):
        return after
    if new.slots == old.slots:
        new = replace(new, slots=[moved(slot, before, after) for slot in old.slots])
    agenda = after.agenda
    if agenda == before.agenda:
        agenda = [_moved_item(item, before, after) for item in agenda]
    return replace(after, matchmaking=new, agenda=agenda)


def with_end_behind(before: EventIn, after: EventIn) -> EventIn:
    """An event whose new start lies behind its old end keeps its length: nobody means an end before the start."""
    if after.starts_at < before.ends_at or before.starts_at == before.ends_at:
        return after
    return replace(after, ends_at=moved(before.ends_at, before, after))


def moved(moment: datetime, before: EventIn, after: EventIn) -> datetime:
    """A moment of the event after it moved, by the clock on the wall: 13:00 stays 13:00 into summer time."""
    by = _wall(after.starts_at, after.timezone) - _wall(before.starts_at, before.timezone)
    return (_wall(moment, before.timezone) + by).replace(tzinfo=ZoneInfo(after.timezone))


def _wall(moment: datetime, zone: str) -> datetime:
    return in_zone(moment, zone).replace(tzinfo=None)


def _moved_item(item: AgendaItem, before: EventIn, after: EventIn) -> AgendaItem:
    ends_at = None if item.ends_at is None else moved(item.ends_at, before, after)
    return replace(item, starts_at=moved(item.starts_at, before, after), ends_at=ends_at)


def with_ids(items: Sequence[AgendaItem], before: Sequence[AgendaItem], new_id: Callable[[], UUID]) -> list[AgendaItem]:
    """The agenda with an id for each item: its own, else that of the item of the same title before, else a new one."""
    named = {item.id for item in items}
    free = [item for item in before if item.id not in named]
    made = []
    for item in items:
        same = next((old for old in free if item.id is None and old.title == item.title), None)
        if same is not None:
            free.remove(same)
        made.append(replace(item, id=item.id or (new_id() if same is None else same.id)))
    return made


def tidied(event: EventIn) -> EventIn:
    """The entry as it is kept: one normal form of text, null for what is empty, the district of a clear postcode."""
    return replace(
        event,
        title=one_line(event.title),
        venue=_tidied_venue(event.venue),
        online_url=_line(event.online_url),
        summary=many_lines(event.summary),
        description=many_lines(event.description),
        organiser=_tidied_organiser(event.organiser),
        good_to_know=_tidied_good_to_know(event.good_to_know),
        questions=[questions.tidied(question) for question in event.questions],
        agenda=sorted(map(_tidied_item, event.agenda), key=_by_start),
        groups=[groups.tidied(group) for group in event.groups],
        media=[Medium(one_line(medium.title), one_line(medium.url)) for medium in event.media],
    )


def _line(text: str | None) -> str | None:
    return one_line(text or "") or None


def _tidied_venue(venue: Venue) -> Venue:
    plz = _line(venue.postcode)
    found = {place.ags for place in reference.postcode(plz)} if plz else set()
    district = _line(venue.district) or (found.pop() if len(found) == 1 else None)
    return Venue(_line(venue.name), _line(venue.street), plz, _line(venue.place), district)


def _tidied_organiser(organiser: Organiser) -> Organiser:
    return Organiser(_line(organiser.name), normal_email(organiser.email or "") or None, _line(organiser.phone))


def _tidied_good_to_know(notes: GoodToKnow) -> GoodToKnow:
    texts = {name: many_lines(getattr(notes, name) or "") or None for name in NOTES}
    return replace(notes, **texts)


def _tidied_item(item: AgendaItem) -> AgendaItem:
    return replace(item, title=one_line(item.title), speaker=_line(item.speaker), room=_line(item.room))


def _by_start(item: AgendaItem) -> float:
    """Times without an offset are refused later; here they must only be comparable."""
    return item.starts_at.replace(tzinfo=item.starts_at.tzinfo or ZoneInfo("UTC")).timestamp()


NOTES = ("directions", "parking", "catering", "costs")


def problems(event: EventIn) -> list[FieldError]:
    """What is wrong with a tidied entry, in the order of the form; times are checked first as others build on them."""
    wrong_times = list(_readable_times(event))
    return [
        *_basics(event),
        *(wrong_times or _times(event)),
        *_place(event),
        *_numbers(event),
        *groups.problems(event.groups),
        *questions.problems(event.questions),
        *_contents(event),
    ]


def _basics(event: EventIn) -> Iterator[FieldError]:
    if not event.title:
        yield FieldError("/title", "required", "Please give the event a title.")
    yield from limits.long("/title", event.title, MAX_TITLE)
    yield from limits.long("/summary", event.summary, MAX_TEXT)
    yield from limits.long("/description", event.description, MAX_TEXT)
    if event.slug is not None and not is_slug(event.slug):
        yield FieldError("/slug", "invalid_slug", "Please use lower-case letters, digits and hyphens.")
    if event.timezone not in _zones():
        yield FieldError("/timezone", "invalid_timezone", "There is no such time zone.")


@cache
def _zones() -> frozenset[str]:
    """Read once: it lists a folder of 600 files."""
    return frozenset(available_timezones())


def _readable_times(event: EventIn) -> Iterator[FieldError]:
    for at, moment in _moments(event):
        if moment is not None and moment.tzinfo is None:
            yield FieldError(at, "invalid_time", WITH_OFFSET)
        elif moment is not None and moment.year not in YEARS:
            yield FieldError(at, "out_of_range", "Please check the year.")


def _moments(event: EventIn) -> Iterator[tuple[str, datetime | None]]:
    yield "/starts_at", event.starts_at
    yield "/ends_at", event.ends_at
    yield "/registration/opens_at", event.registration.opens_at
    yield "/registration/closes_at", event.registration.closes_at
    yield "/matchmaking/profile_closes_at", event.matchmaking.profile_closes_at
    for index, slot in enumerate(event.matchmaking.slots):
        yield f"/matchmaking/slots/{index}", slot
    for index, item in enumerate(event.agenda):
        yield f"/agenda/{index}/starts_at", item.starts_at
        yield f"/agenda/{index}/ends_at", item.ends_at


def _times(event: EventIn) -> Iterator[FieldError]:
    if event.ends_at.timestamp() < event.starts_at.timestamp():  # of one zone, `<` would compare the wall alone
        yield FieldError("/ends_at", "ends_before_start", "The end must not lie before the start.")
    opens, closes = event.registration.opens_at, event.registration.closes_at
    if opens is not None and closes is not None and closes <= opens:
        yield FieldError("/registration/closes_at", "closes_before_opening", "Registration must close after it opens.")
    for index, item in enumerate(event.agenda):
        if item.ends_at is not None and item.ends_at < item.starts_at:
            at = f"/agenda/{index}/ends_at"
            yield FieldError(at, "ends_before_start", "The end must not lie before the start.")


def _place(event: EventIn) -> Iterator[FieldError]:
    venue, organiser = event.venue, event.organiser
    yield from limits.long("/venue/name", venue.name, limits.MAX_LINE)
    yield from limits.long("/venue/street", venue.street, limits.MAX_LINE)
    yield from limits.long("/venue/place", venue.place, 120)
    if venue.postcode and not reference.postcode(venue.postcode):
        yield FieldError("/venue/postcode", "unknown_postcode", "We don't know this postcode.")
    if venue.district and reference.district(venue.district) is None:
        yield FieldError("/venue/district", "unknown_district", "There is no such district.")
    if event.online_url is not None and not is_web_address(event.online_url):
        yield FieldError("/online_url", "invalid_url", "Please enter an address that starts with https://.")
    yield from limits.long("/organiser/name", organiser.name, limits.MAX_LINE)
    yield from limits.long("/organiser/phone", organiser.phone, 60)
    if organiser.email and not is_email(organiser.email):
        yield FieldError("/organiser/email", "invalid_email", "Please enter a valid e-mail address.")


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = text.isprintable() and " " not in text and len(text) <= MAX_ADDRESS
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _numbers(event: EventIn) -> Iterator[FieldError]:
    if event.capacity is not None and not 0 <= event.capacity <= 1_000_000:  # noqa: PLR2004 - a sane bound
        yield FieldError("/capacity", "out_of_range", "Please enter a number from 0 to 1,000,000, or nothing.")
    for name, most in MATCHING_BOUNDS.items():
        if not 1 <= getattr(event.matchmaking, name) <= most:
            yield FieldError(
                f"/matchmaking/{name}", "out_of_range", "Please enter a number from 1 to %(most)s.", {"most": most}
            )


MATCHING_BOUNDS = {
    "slot_minutes": 480,
    "tables": 10_000,
    "max_meetings_per_company": 1000,
    "max_meetings_per_partner": 1000,
}


def _contents(event: EventIn) -> Iterator[FieldError]:
    for name in NOTES:
        yield from limits.long(f"/good_to_know/{name}", getattr(event.good_to_know, name), MAX_NOTE)
    yield from limits.many("/matchmaking/slots", event.matchmaking.slots, MAX_ITEMS)
    yield from limits.many("/agenda", event.agenda, MAX_ITEMS)
    for index, item in enumerate(event.agenda):
        yield from limits.named(f"/agenda/{index}/title", item.title)
        if item.id is not None and any(item.id == other.id for other in event.agenda[:index]):
            yield FieldError(f"/agenda/{index}/id", "duplicate", "Each item needs an id of its own.")
        if item.seats is not None and not 1 <= item.seats <= MAX_SESSION_SEATS:
            yield FieldError(f"/agenda/{index}/seats", "out_of_range", "Please enter a number from 1 to 10,000.")
        yield from limits.long(f"/agenda/{index}/speaker", item.speaker, limits.MAX_LINE)
        yield from limits.long(f"/agenda/{index}/room", item.room, limits.MAX_LINE)
    yield from limits.many("/media", event.media, MAX_ITEMS)
    for index, medium in enumerate(event.media):
        yield from limits.named(f"/media/{index}/title", medium.title)
        if not is_web_address(medium.url):
            at = f"/media/{index}/url"
            yield FieldError(at, "invalid_url", "Please enter an address that starts with https://.")
