"""Publishing meetings: entries in the calendars of those who go, and mail only for those for whom something changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from icalendar import Calendar, Component

from events_app.events.schemas import EventPatch
from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.matchmaking.service import calendars
from events_app.outbox.service.delivery import deliver_due
from events_app.registration import service as registrations
from events_app.registration.service import change_event
from tests.factories import ADMIN
from tests.matchmaking.exchange import GEISELTAL, SAALEBLICK, SAALEKREIS, chosen, join, published
from tests.matchmaking.test_meetings import make_round
from tests.outbox.sink import Sink, open_sink
from workers.outbox import COMPOSERS

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    del database
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


def told(mail: EmailMessage) -> list[tuple[str, Component]]:
    """(METHOD, entry) that the mail asks a calendar to act upon."""
    texts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "text/calendar"]
    parsed = [Calendar.from_ical(text) for text in texts if isinstance(text, bytes)]
    return [(str(calendar["METHOD"]), entry) for calendar in parsed for entry in calendar.walk("VEVENT")]


Entries = dict[tuple[UUID, str], tuple[str, int, str]]


async def entries() -> Entries:
    """(whose, counterpart's words) → (UID, SEQUENCE, status)."""
    rows = await db.fetch("SELECT * FROM calendar_entry WHERE kind = 'meeting'")
    return {(row["attendee_id"], row["summary"]): (row["uid"], row["sequence"], row["status"]) for row in rows}


async def owed() -> Counter[str]:
    rows = await db.fetch("SELECT kind FROM outbox_mail WHERE kind IN ('matches-published', 'meeting-changed')")
    await db.execute("DELETE FROM outbox_mail")
    return Counter(row["kind"] for row in rows)


async def test_published_meetings_stand_in_the_first_person_s_calendar_on_both_sides() -> None:
    event = await make_round()
    company = await join(event, SAALEBLICK, people=2)
    partner = await join(event, SAALEKREIS)
    run = await published(event)
    [pair] = await chosen(run)
    assert pair.meeting is not None
    found = await entries()
    assert set(found) == {
        (company.attendees[0].id, f"Gespräch mit {SAALEKREIS.name}"),
        (partner.attendees[0].id, f"Gespräch mit {SAALEBLICK.name}"),
    }
    row = await db.fetch_row("SELECT * FROM calendar_entry WHERE kind = 'meeting' LIMIT 1")
    assert row is not None
    assert (row["starts_at"], row["ends_at"]) == (pair.meeting.starts_at, pair.meeting.ends_at)
    assert row["location"].startswith(f"Tisch {pair.meeting.table}, Werkhalle")
    assert await owed() == {"matches-published": 4}  # both contacts, both who go


async def test_publishing_the_same_again_tells_nobody_and_changes_no_calendar() -> None:
    event = await make_round()
    for who in (SAALEBLICK, GEISELTAL, SAALEKREIS):
        await join(event, who)
    await published(event)
    before = await entries()
    await owed()
    await published(event)
    assert await entries() == before
    assert await owed() == {}


async def test_pair_that_meets_again_keeps_its_uid_and_the_rest_is_told_once() -> None:
    event = await make_round()
    await join(event, SAALEBLICK)
    other = await join(event, GEISELTAL)
    partner = await join(event, SAALEKREIS)
    await published(event)
    before = await entries()
    await owed()
    await db.execute("UPDATE registration SET match_consent = false WHERE id = $1", other.id)
    await published(event)
    gone = (
        (other.attendees[0].id, f"Gespräch mit {SAALEKREIS.name}"),
        (
            partner.attendees[0].id,
            f"Gespräch mit {GEISELTAL.name}",
        ),
    )
    after = await entries()
    for whose, (uid, sequence, status) in after.items():
        assert (uid, sequence) == (before[whose][0], before[whose][1] + (whose in gone))
        assert status == ("cancelled" if whose in gone else "confirmed")
    told = await owed()
    assert told["meeting-changed"] == 2
    await db.execute("UPDATE registration SET match_consent = true WHERE id = $1", other.id)
    await published(event)
    again = await entries()
    assert {whose: uid for whose, (uid, _, _) in again.items()} == {whose: uid for whose, (uid, _, _) in before.items()}
    assert {again[whose][1:] for whose in gone} == {(2, "confirmed")}


async def test_moved_event_moves_published_meetings_with_the_next_sequence(sink: Sink) -> None:
    event = await make_round()
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    run = await published(event)
    before = await entries()
    moved = await change_event(event.slug, EventPatch(starts_at=event.public.starts_at + timedelta(days=1)), ADMIN)
    [pair] = await chosen(run)
    assert pair.meeting is not None
    rows = await db.fetch("SELECT starts_at, sequence FROM calendar_entry WHERE kind = 'meeting'")
    assert {(row["starts_at"], row["sequence"]) for row in rows} == {(pair.meeting.starts_at, 1)}
    assert pair.meeting.starts_at in moved.public.matchmaking.slots
    await db.execute("DELETE FROM outbox_mail")
    assert await calendars.follow_event(event.id) == 2
    assert await calendars.follow_event(event.id) == 0
    await deliver_due(COMPOSERS)
    told = [mail for mail in sink.mails if mail["X-Clustertreff-Mail"] == "meeting-changed"]
    assert len(told) == 2
    assert all("METHOD:REQUEST" in str(mail) or "method=REQUEST" in str(mail) for mail in told)
    assert {uid for uid, _, _ in before.values()} == {uid for uid, _, _ in (await entries()).values()}


async def test_colleague_who_replaces_somebody_takes_the_meetings_over() -> None:
    event = await make_round()
    company = await join(event, SAALEBLICK, people=2)
    await join(event, SAALEKREIS)
    await published(event)
    await owed()
    await registrations.cancel_attendees(company.id, [company.attendees[0].id], ADMIN)
    assert await calendars.follow_people() == 2  # an invitation to one, a CANCEL to the other
    found = await entries()
    assert found[company.attendees[1].id, f"Gespräch mit {SAALEKREIS.name}"][2] == "confirmed"
    assert found[company.attendees[0].id, f"Gespräch mit {SAALEKREIS.name}"][2] == "cancelled"
    assert await calendars.follow_people() == 0


async def test_withdrawn_organisation_s_counterpart_gets_a_cancel(sink: Sink) -> None:
    event = await make_round()
    company = await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    await published(event)
    await db.execute("DELETE FROM outbox_mail")
    await registrations.cancel_registration(company.id, ADMIN)
    assert await calendars.follow_people() == 1
    await deliver_due(COMPOSERS)
    [mail] = [mail for mail in sink.mails if mail["X-Clustertreff-Mail"] == "meeting-changed"]
    assert str(mail["Subject"]) == f"Entfällt: Gespräch mit {SAALEBLICK.name}"
    [(method, entry)] = told(mail)
    assert method == "CANCEL"
    assert entry["UID"] in {uid for uid, _, _ in (await entries()).values()}


async def test_meetings_leave_the_calendars_with_their_event_or_their_person(sink: Sink) -> None:
    event = await make_round()
    leaving, _ = await join(event, SAALEBLICK), await join(event, SAALEKREIS)
    await join(event, GEISELTAL)
    await published(event)
    await deliver_due(COMPOSERS)
    invited = {uid for uid, _, _ in (await entries()).values()}
    cancelled: list[tuple[str, str, int]] = []
    for change in (
        registrations.cancel_registration(leaving.id, ADMIN),
        registrations.cancel_event(event.slug, "Hochwasser", ADMIN),
    ):
        before = len(sink.mails)
        await change
        await calendars.follow_people()
        assert await calendars.follow_people() == 0
        await deliver_due(COMPOSERS)
        for mail in sink.mails[before:]:
            if mail["X-Clustertreff-Mail"] == "meeting-changed":
                [(method, entry)] = told(mail)
                cancelled.append((method, str(entry["UID"]), entry["SEQUENCE"]))
                own = mail["To"] == leaving.attendees[0].email or change.__name__ == "cancel_event"
                assert ("Platz bei der Veranstaltung" in str(mail.get_body(("plain",)))) is not own
    assert sorted(cancelled) == sorted(("CANCEL", uid, 1) for uid in invited)


async def test_other_time_is_told_as_an_update_of_the_same_entry(sink: Sink) -> None:
    event = await make_round()
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    run = await published(event)
    await deliver_due(COMPOSERS)
    first = [mail for mail in sink.mails if mail["X-Clustertreff-Mail"] == "matches-published"]
    invited = {(str(mail["To"]), method, str(entry["UID"])) for mail in first for method, entry in told(mail)}
    uids = {row[0] for row in (await entries()).values()}
    assert {(method, uid) for _, method, uid in invited} == {("REQUEST", uid) for uid in uids}
    assert len({address for address, _, _ in invited}) == 2
    await db.execute("UPDATE match SET starts_after = starts_after + interval '20 minutes' WHERE run = $1", run.id)
    assert await calendars.follow_event(event.id) == 2
    await deliver_due(COMPOSERS)
    changed = [mail for mail in sink.mails if mail["X-Clustertreff-Mail"] == "meeting-changed"]
    for mail in changed:
        [(method, entry)] = told(mail)
        assert (method, entry["SEQUENCE"]) == ("REQUEST", 1)
    assert len(changed) == 2
    assert not await calendars.follow_event(event.id)
