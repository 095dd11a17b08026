from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from events_app.calendar import rules

EVENT = UUID("7f3a2f0e-0f5b-4a52-9f0f-3f7f8f0c1d2e")
ATTENDEE = UUID("2f0c9a52-8f0e-4c44-9a5c-5d2b6f0f4a11")
ENTRY = rules.Entry(
    uid="entry@example.org",
    sequence=0,
    status="confirmed",
    starts_at=datetime(2026, 11, 5, 9, tzinfo=UTC),
    ends_at=datetime(2026, 11, 5, 14, tzinfo=UTC),
    timezone="Europe/Berlin",
    updated_at=datetime(2026, 10, 1, tzinfo=UTC),
    summary="Auftakt",
    organizer=rules.Person("Clustertreff", "events@example.org"),
    location="SaltLabs",
)


def test_uids_tell_event_attendee_and_session_apart() -> None:
    uids = {
        rules.event_uid(EVENT, "example.org"),
        rules.attendee_uid(ATTENDEE, "example.org"),
        rules.attendee_uid(ATTENDEE, "example.org", EVENT),
    }
    assert len(uids) == 3
    assert all(uid.endswith("@example.org") for uid in uids)


def test_uid_of_a_session_fits_its_column() -> None:
    assert len(rules.attendee_uid(ATTENDEE, "clustertreff.strukturwandel.example.org", EVENT)) <= 120


def test_reminder_leaves_time_to_get_there() -> None:
    assert rules.reminder("event", online=False) == timedelta(hours=2)
    assert rules.reminder("event", online=True) == timedelta(minutes=15)
    assert rules.reminder("meeting", online=False) == timedelta(minutes=5)
