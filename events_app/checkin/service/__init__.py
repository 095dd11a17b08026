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
from events_app.checkin.service.guests import counters, roster, search
from events_app.checkin.service.scans import admit, record_scans
from events_app.checkin.service.walk_ins import walk_in

__all__ = [
    "admit",
    "badge_people",
    "counters",
    "create_device",
    "device_of_event",
    "devices",
    "living_door",
    "pair_device",
    "preview_badges",
    "print_badges",
    "record_scans",
    "revoke_device",
    "roster",
    "search",
    "walk_in",
]
