"""A slow server, two workers, a clock set back, an emptied queue: nothing lost, nothing twice, nothing out of order."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from redis.asyncio import Redis

from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.outbox import rules
from events_app.outbox.service import NewMail, claims, queue
from events_app.outbox.service.delivery import Tally, deliver_due
from tests.outbox.notes import COMPOSERS, all_due, owe, statuses, until
from tests.outbox.sink import HANG_UP, TAKEN, Sink, open_sink
from workers import outbox
from workers.outbox import Postman

HOUR = "interval '1 hour'"


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


async def set_clock_back() -> None:
    """By an hour: whatever the database has written down now stands an hour ahead of it, and ours says the same."""
    await db.execute(
        f"UPDATE outbox_mail SET created_at = created_at + {HOUR}, next_try_at = next_try_at + {HOUR}, "  # noqa: S608 - own words
        f"claimed_until = claimed_until + {HOUR}, sent_at = sent_at + {HOUR}"
    )
    settings.use(replace(settings.current(), fixed_now=datetime.now(UTC) - timedelta(hours=1)))


async def test_a_slow_server_gets_each_mail_once_though_leases_run_out_meanwhile(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "LEASE", timedelta(seconds=0.6))
    sink.delay = 0.8
    await owe(3)
    first = asyncio.create_task(deliver_due(COMPOSERS))
    await until(1, sink.taken)  # it holds the others, and goes on holding them
    while not first.done():
        await deliver_due(COMPOSERS)
        await asyncio.sleep(0.1)
    assert sorted(Counter(sink.recipients).values()) == [1, 1, 1]
    assert await statuses() == ["sent"] * 3


async def test_two_workers_that_claim_in_the_same_moment_hold_different_mails(database: None) -> None:
    await owe(4)
    async with db.transaction():
        first = await claims.claim(2)
        elsewhere = asyncio.create_task(claims.claim(4), context=Context())  # beside the transaction
        async with asyncio.timeout(20):
            second = await elsewhere
    assert [len(first.mails), len(second.mails)] == [2, 2]
    assert not first.open & second.open


async def test_mail_written_before_the_clock_was_set_back_leaves_at_once_and_none_twice(sink: Sink) -> None:
    await owe(3)
    await deliver_due(COMPOSERS)
    await owe(3)
    await set_clock_back()
    assert await deliver_due(COMPOSERS) == Tally(sent=3)
    assert await deliver_due(COMPOSERS) == Tally()
    assert len({mail["Message-ID"] for mail in sink.mails}) == len(sink.taken) == 6


async def test_no_storm_of_repeats_after_the_clock_was_set_back(sink: Sink) -> None:
    sink.on_data = lambda _: "451 later"
    await owe(3)
    assert await deliver_due(COMPOSERS) == Tally(failed=3)
    await set_clock_back()
    tallies = [await deliver_due(COMPOSERS) for _ in range(5)]
    assert sum(tally.failed for tally in tallies) == 0
    await db.execute(f"UPDATE outbox_mail SET next_try_at = next_try_at - {HOUR} - interval '1 minute'")  # noqa: S608 - own words
    sink.on_data = lambda _: TAKEN
    assert await deliver_due(COMPOSERS) == Tally(sent=3)


async def test_the_lease_of_a_worker_that_lives_holds_when_the_clock_is_set_back(sink: Sink) -> None:
    await owe(2)
    await claims.claim(1)
    await set_clock_back()
    assert await deliver_due(COMPOSERS) == Tally(sent=1)
    assert await statuses() == ["sending", "sent"]


@pytest.mark.parametrize("seed", range(3))
async def test_no_newer_entry_is_followed_by_an_older_one_whatever_the_server_answers(sink: Sink, seed: int) -> None:
    dice, versions, people = Random(seed), 4, 4  # noqa: S311 - a test's dice
    answers = ["450 busy", "451 later", HANG_UP, "421 closing", "550 5.1.1 no", TAKEN, TAKEN, TAKEN]
    sink.on_data = lambda _: dice.choice(answers)
    for version in range(versions):
        await queue([_entry(person, version) for person in range(people)])
    for _ in range(60):
        await all_due()
        await asyncio.gather(deliver_due(COMPOSERS, lines=3), deliver_due(COMPOSERS, lines=2))
        if set(await statuses()) <= {"sent", "parked"}:
            break
    arrived = defaultdict(list)
    for recipient, mail in zip(sink.recipients, sink.mails, strict=True):
        arrived[recipient].append(int(str(mail["Subject"]).removeprefix("Note ")))
    assert set(await statuses()) <= {"sent", "parked"}
    assert all(versions_seen == sorted(versions_seen) for versions_seen in arrived.values())
    sent = await db.fetch("SELECT message_id FROM outbox_mail WHERE status = 'sent'")
    assert {row["message_id"] for row in sent} <= {mail["Message-ID"] for mail in sink.mails}


async def test_an_emptied_queue_holds_no_mail_up(
    sink: Sink, app_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SWEEP_SECONDS", 0.3)
    postman = Postman(COMPOSERS)
    work = asyncio.create_task(postman.work())
    await asyncio.sleep(0.1)
    await owe(5)  # and nobody rings: the jobs are gone
    valkey = Redis.from_url(app_settings.queue_url)
    await valkey.flushall()
    await valkey.aclose()
    await until(5, sink.taken)
    postman.close()
    await work
    assert sorted(Counter(sink.recipients).values()) == [1] * 5


def _entry(person: int, version: int) -> NewMail:
    uid = f"entry-{person}@clustertreff.test"
    return NewMail(
        "note",
        f"p{person}@example.org",
        "de",
        {"number": version},
        calendar_uid=uid,
        sequence=version,
    )
