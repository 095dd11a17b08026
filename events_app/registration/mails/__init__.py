"""What a registration's mails say. Each is composed when it leaves, from what the database says then."""

from collections.abc import Mapping

from events_app.outbox.service.delivery import Composer
from events_app.registration.mails import compose

COMPOSERS: Mapping[str, Composer] = {
    "registration-confirmed": compose.to_contact,
    "registration-waiting": compose.to_contact,
    "registration-pending": compose.pending,
    "registration-changed": compose.changed,
    "registration-cancelled": compose.cancelled,
    "seat-available": compose.seat_available,
    "ticket": compose.ticket,
    "attendee-swapped": compose.swapped,
    "event-changed": compose.event_changed,
    "event-cancelled": compose.event_cancelled,
}
