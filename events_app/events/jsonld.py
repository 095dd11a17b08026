"""An event as schema.org/Event, for search engines and other machines that read pages."""

from __future__ import annotations

from typing import Any

import msgspec
from markupsafe import Markup

from events_app.events.rules import Window
from events_app.events.schemas import EventOut, Venue

SCHEMA = "https://schema.org"
_ATTENDANCE = {"onsite": "Offline", "online": "Online", "hybrid": "Mixed"}
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def event_json_ld(event: EventOut, window: Window, url: str) -> Markup:
    """The content of a `<script type="application/ld+json">`; nothing inside can end that element."""
    text = msgspec.json.encode(described(event, window, url)).decode()
    for character, escaped in _ESCAPED.items():
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704 - JSON without any character that means something to HTML


def described(event: EventOut, window: Window, url: str) -> dict[str, Any]:
    """`url` is the page's. The address of an online room is for the confirmed and never stands here."""
    facts = {
        "@context": SCHEMA,
        "@type": "Event",
        "@id": url,
        "url": url,
        "name": event.title,
        "description": event.summary,
        "inLanguage": event.language,
        "startDate": event.starts_at.isoformat(timespec="seconds"),
        "endDate": event.ends_at.isoformat(timespec="seconds"),
        "eventStatus": f"{SCHEMA}/{'EventCancelled' if event.status == 'cancelled' else 'EventScheduled'}",
        "eventAttendanceMode": f"{SCHEMA}/{_ATTENDANCE[event.mode]}EventAttendanceMode",
        "location": _locations(event, url),
        "organizer": _organiser(event),
        "maximumAttendeeCapacity": event.capacity,
        "remainingAttendeeCapacity": event.seats_left,
        "offers": _offer(event, window, url),
    }
    return {key: value for key, value in facts.items() if value not in (None, "", [])}


def _locations(event: EventOut, url: str) -> list[dict[str, Any]]:
    places = [] if event.mode == "online" else [_place(event.venue)]
    rooms = [] if event.mode == "onsite" else [{"@type": "VirtualLocation", "url": url}]
    return places + rooms


def _place(venue: Venue) -> dict[str, Any]:
    address = {
        "streetAddress": venue.street,
        "postalCode": venue.postcode,
        "addressLocality": venue.place,
        "addressCountry": "DE",
    }
    known = {key: value for key, value in address.items() if value}
    return {
        "@type": "Place",
        "name": venue.name or venue.place or "",
        "address": {"@type": "PostalAddress", **known},
    }


def _organiser(event: EventOut) -> dict[str, Any] | None:
    organiser = event.organiser
    known = {"name": organiser.name, "email": organiser.email, "telephone": organiser.phone}
    if not organiser.name:
        return None
    return {"@type": "Organization", **{key: value for key, value in known.items() if value}}


def _offer(event: EventOut, window: Window, url: str) -> dict[str, Any] | None:
    """How to get a seat, while that can be said: nothing once the event began or was cancelled."""
    if window not in {"open", "not_yet", "closed"}:
        return None
    full = event.seats_left == 0 or window == "closed"
    times = {"validFrom": event.registration.opens_at, "validThrough": event.registration.closes_at}
    return {
        "@type": "Offer",
        "url": f"{url}/register",
        "availability": f"{SCHEMA}/{'SoldOut' if full else 'InStock'}",
        **{key: value.isoformat(timespec="seconds") for key, value in times.items() if value is not None},
    }
