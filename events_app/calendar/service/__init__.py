"""The entries in people's calendars: one UID per attendee and occasion for ever, a SEQUENCE that only rises."""

from events_app.calendar.service.entries import (
    Meeting,
    add_event_entries,
    cancel,
    confirm,
    entries_of,
    event_cancelled,
    event_changed,
    event_uid,
    sequences,
    set_meetings,
)
from events_app.calendar.service.feeds import end_feeds, feed_holder, feed_token, link_still_feeds, personal_feed
from events_app.calendar.service.public import event_place, organizer, public_entry
from events_app.calendar.service.sessions import Choice, choices_of, choose

__all__ = [
    "Choice",
    "Meeting",
    "add_event_entries",
    "cancel",
    "choices_of",
    "choose",
    "confirm",
    "end_feeds",
    "entries_of",
    "event_cancelled",
    "event_changed",
    "event_place",
    "event_uid",
    "feed_holder",
    "feed_token",
    "link_still_feeds",
    "organizer",
    "personal_feed",
    "public_entry",
    "sequences",
    "set_meetings",
]
