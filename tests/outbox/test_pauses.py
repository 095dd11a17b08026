from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from uuid import uuid4

import pytest

from events_app.kit import db, settings
from events_app.outbox import rules
from events_app.outbox.service import pauses
from events_app.outbox.service.delivery import Tally, deliver_due
from tests.outbox.notes import COMPOSERS, owe, statuses, until
from tests.outbox.sink import Sink

HERE, THERE = uuid4(), uuid4()


async def test_a_pause_everywhere_holds_all_but_log_in_links(sink: Sink) -> None:
    await owe(2)
    await owe(1, "login-link")
    await pauses.pause(None, "Frau Muster")
    assert await deliver_due(COMPOSERS) == Tally(sent=1)
    assert await statuses() == ["queued", "queued", "sent"]
    await pauses.resume(None)
    assert await deliver_due(COMPOSERS) == Tally(sent=2)


async def test_a_pause_of_an_event_holds_that_events_mail_alone(sink: Sink) -> None:
    await owe(2, event_id=HERE)
    await owe(1, event_id=THERE)
    await owe(1)
    await pauses.pause(HERE, "Frau Muster")
    assert await deliver_due(COMPOSERS) == Tally(sent=2)
    assert await statuses() == ["queued", "queued", "sent", "sent"]


async def test_a_running_batch_obeys_a_pause_after_the_mail_in_hand(sink: Sink) -> None:
    await owe(20)
    sink.delay = 0.05
    sending = asyncio.create_task(deliver_due(COMPOSERS))
    await until(3, sink.taken)
    await pauses.pause(None, "Frau Muster")
    before = len(sink.taken)
    tally = await sending
    assert tally.sent <= before + 2
    assert tally == Tally(sent=tally.sent)
    held = await db.fetch("SELECT status, attempts FROM outbox_mail WHERE status <> 'sent'")
    assert {(row["status"], row["attempts"]) for row in held} == {("queued", 0)}


async def test_a_pause_stands_once_and_says_who_wanted_it(database: None) -> None:
    await pauses.pause(None, "Frau Muster")
    await pauses.pause(None, "Herr Beispiel")
    await pauses.pause(HERE, "Herr Beispiel")
    found = await pauses.pauses()
    assert {event: pause.by for event, pause in found.items()} == {None: "Frau Muster", HERE: "Herr Beispiel"}


@pytest.mark.parametrize("lines", [1, 3])
async def test_mails_keep_to_the_rate_however_many_lines_there_are(sink: Sink, lines: int) -> None:
    settings.use(replace(settings.current(), mail_rate="20/second"))
    await owe(10)
    began = time.monotonic()
    assert await deliver_due(COMPOSERS, lines=lines) == Tally(sent=10)
    assert time.monotonic() - began >= 0.4


async def test_a_clock_set_back_leaves_no_mail_waiting_for_an_old_turn(sink: Sink) -> None:
    settings.use(replace(settings.current(), mail_rate="20/second"))
    await db.execute("INSERT INTO outbox_pace (id, next_at) VALUES (1, now() + interval '1 hour')")
    await owe(2)
    async with asyncio.timeout(30):
        assert await deliver_due(COMPOSERS) == Tally(sent=2)


async def test_a_worker_that_waits_for_its_turn_stops_at_once(sink: Sink) -> None:
    settings.use(replace(settings.current(), mail_rate="1/minute"))
    stopping = asyncio.Event()
    await owe(3)
    sending = asyncio.create_task(deliver_due(COMPOSERS, stopping))
    await until(1, sink.taken)
    stopping.set()
    async with asyncio.timeout(30):
        assert await sending == Tally(sent=1)
    assert await statuses() == ["sent", "queued", "queued"]


async def test_a_newsletter_of_thousands_does_not_hold_up_what_somebody_waits_for(sink: Sink) -> None:
    await owe(rules.BATCH + 5, "newsletter-issue")
    await owe(1)
    await deliver_due(COMPOSERS)
    assert sink.mails[0]["X-Clustertreff-Mail"] == "note"
    assert len(sink.taken) == rules.BATCH + 6
