"""Words for what the door says, as the desk reads them."""

from __future__ import annotations

from typing import Final

RESULTS: Final = {
    "admitted": "admitted",
    "already_inside": "already inside",
    "left": "left",
    "refused": "refused",
}

REASONS: Final = {
    "unknown_ticket": "unknown code",
    "bad_signature": "forged or damaged code",
    "wrong_event": "ticket of another event",
    "cancelled": "cancelled",
    "waiting": "on the waiting list",
    "pending": "not approved yet",
    "replaced": "old ticket, somebody else has taken over",
    "expired": "event long over",
    "not_inside": "was not inside",
}

PRESENT_COLUMNS: Final = {
    "family_name": "Family name",
    "given_name": "Given name",
    "organisation": "Organisation",
    "admitted_at": "First entry",
    "left_at": "Last exit",
    "stayed": "Time of stay",
}
"""The sheet's headings; the last two are only there if people are scanned when they leave."""
