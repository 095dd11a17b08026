"""An event as anybody may put it into a calendar."""

from __future__ import annotations

from email.utils import parseaddr
from functools import lru_cache

from events_app import reference
from events_app.calendar import rules
from events_app.calendar.queries import PublicEvent
from events_app.calendar.rules import Entry, Person
from events_app.events import rules as event_rules
from events_app.events.queries import EventRow
from events_app.kit import settings


def public_entry(event: PublicEvent) -> Entry:
    """No way into its online room stands here, and no reminder of ours."""
    cancelled = event.status == "cancelled"
    return Entry(
        uid=rules.event_uid(event.id, settings.current().mail_host),
        sequence=event.sequence,
        status="cancelled" if cancelled else "confirmed",
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        all_day=event_rules.takes_whole_days(event.starts_at, event.ends_at, event.timezone),
        updated_at=event.updated_at,
        summary=event.title,
        organizer=organizer(),
        description="\n\n".join(filter(None, (event.cancel_reason if cancelled else "", event.summary))),
        location="Online" if event.mode == "online" else ", ".join(place_lines(event)),
        position=position(event),
        url=event_url(event.slug),
        categories=(event.cluster_name,) if event.cluster_name else (),
    )


def place_lines(event: PublicEvent) -> tuple[str, ...]:
    """The venue's lines as on an envelope; none for an event that is online only."""
    town = " ".join(filter(None, (event.venue_postcode, event.venue_place)))
    lines = (event.venue_name, event.venue_street, town) if event.mode != "online" else ()
    return tuple(filter(None, lines))


def event_place(event: EventRow) -> tuple[str, ...]:
    """The same of a whole event."""
    return place_lines(PublicEvent.of(event))


def position(event: PublicEvent) -> tuple[float, float] | None:
    """(latitude, longitude) of the venue's town: venues have an address, but no position of their own."""
    return None if event.mode == "online" else _town(event.venue_postcode, event.venue_district)


def event_url(slug: str) -> str:
    return f"{settings.current().root_url}/events/{slug}"


def organizer() -> Person:
    """Who invites: the sender of our mails, because calendars act on a change from the same address only."""
    return _person(settings.current().mail_from)


@lru_cache(maxsize=1024)
def _town(postcode: str, district: str) -> tuple[float, float] | None:
    return reference.location(postcode, district)


@lru_cache(maxsize=8)
def _person(mail_from: str) -> Person:
    return Person(*parseaddr(mail_from))
