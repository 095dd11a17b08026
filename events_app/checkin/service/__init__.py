"""Use cases of the door: devices, scans, guests without a code, walk-ins, roster and counters."""

from events_app.checkin.service.badges import badge_people, preview_badges, print_badges
from events_app.checkin.service.devices import (
    create_device,
    device_of_event,
    devices,
    living_door,
    pair_device,
    revoke_device,
)
from events_app.checkin.service.guests import asking, counters, roster, search
from events_app.checkin.service.posters import (
    Entrance,
    entrance,
    event_of_poster,
    make_poster,
    poster_file,
    remove_poster,
    seat_walk_in,
    turn_walk_in_away,
)
from events_app.checkin.service.rehearsal import record_scans, rehearsal, trial_badge, trial_code
from events_app.checkin.service.scans import admit
from events_app.checkin.service.visitors import Visitor, register_visitor
from events_app.checkin.service.walk_ins import let_in, turn_away, walk_in

__all__ = [
    "Entrance",
    "Visitor",
    "admit",
    "asking",
    "badge_people",
    "counters",
    "create_device",
    "device_of_event",
    "devices",
    "entrance",
    "event_of_poster",
    "let_in",
    "living_door",
    "make_poster",
    "pair_device",
    "poster_file",
    "preview_badges",
    "print_badges",
    "record_scans",
    "register_visitor",
    "rehearsal",
    "remove_poster",
    "revoke_device",
    "roster",
    "search",
    "seat_walk_in",
    "trial_badge",
    "trial_code",
    "turn_away",
    "turn_walk_in_away",
    "walk_in",
]
