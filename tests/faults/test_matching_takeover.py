"""Matching runs whose worker stops, falls silent or is not alone: the run is done once and whole, or not at all."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.matchmaking import service
from events_app.matchmaking.service import claims
from tests.factories import ADMIN
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import make_exchange, queued

pytestmark = pytest.mark.usefixtures("database", "quick_beats")

MANY = (160, 100)


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress and cancellation are looked at twenty times a second instead of once."""
    monkeypatch.setattr(claims, "BEAT_SECONDS", 0.05)


async def crowded() -> tuple[EventRow, int]:
    """An event with so many candidates that saving them takes a second or two."""
    event = await make_exchange(per_company=2, per_partner=4)
    return event, await make_crowd(event, *MANY)


async def at_work(run_id: UUID) -> asyncio.Task[bool]:
    """A worker that has claimed the run and is in the middle of saving."""
    working = asyncio.create_task(service.execute_run(run_id))
    async with asyncio.timeout(60):
        while await db.fetch_value("SELECT progress FROM matching_run WHERE id = $1", run_id) < 0.5:  # noqa: ASYNC110 - looks at a table
            await asyncio.sleep(0.02)
    return working


async def fall_silent(run_id: UUID, seconds: int = 31) -> None:
    await db.execute(
        "UPDATE matching_run SET heartbeat_at = clock_timestamp() - make_interval(secs => $2) WHERE id = $1",
        run_id,
        seconds,
    )


async def state(run_id: UUID) -> tuple[str, int, int]:
    """Status, candidates, matches."""
    row = await db.fetch_row(
        """SELECT status, (SELECT count(*) FROM candidate WHERE run = $1) AS candidates,
             (SELECT count(*) FROM match WHERE run = $1) AS matches FROM matching_run WHERE id = $1""",
        run_id,
    )
    assert row is not None
    return row["status"], row["candidates"], row["matches"]


async def test_five_workers_at_once_do_a_run_once() -> None:
    event = await make_exchange(per_company=2, per_partner=4)
    count = await make_crowd(event, 40, 20)
    run_id = await queued(event)
    answers = await asyncio.gather(*(service.execute_run(run_id) for _ in range(5)))
    assert sorted(answers) == [False, False, False, False, True]
    assert await state(run_id) == ("done", count, 80)
    assert not await service.execute_run(run_id)


async def test_silent_run_is_taken_up_and_its_first_worker_saves_nothing_more() -> None:
    event, count = await crowded()
    run_id = await queued(event)
    first = await at_work(run_id)
    await fall_silent(run_id)
    assert await service.execute_run(run_id)
    assert not await first
    assert await state(run_id) == ("done", count, MANY[0] * 2)
    assert await db.fetch_value("SELECT attempts FROM matching_run") == 2


async def test_run_cancelled_in_the_middle_leaves_nothing_behind() -> None:
    event, _ = await crowded()
    run_id = await queued(event)
    working = await at_work(run_id)
    assert (await service.cancel_run(run_id, ADMIN)).status == "cancelled"
    async with asyncio.timeout(60):
        assert not await working
    assert await state(run_id) == ("cancelled", 0, 0)


async def test_stopped_worker_gives_the_run_back_and_the_next_one_does_it() -> None:
    event, count = await crowded()
    run_id = await queued(event)
    working = await at_work(run_id)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert await state(run_id) == ("queued", 0, 0)
    assert await db.fetch_value("SELECT attempts FROM matching_run") == 0
    assert await service.execute_run(run_id)
    assert await state(run_id) == ("done", count, MANY[0] * 2)


async def test_organisation_that_withdraws_during_the_run_is_in_no_match() -> None:
    event, count = await crowded()
    run_id = await queued(event)
    working = await at_work(run_id)
    gone = await db.fetch_value(
        """UPDATE registration SET match_consent = false
           WHERE id = (SELECT id FROM registration WHERE organisation_kind = 'company' ORDER BY id LIMIT 1)
           RETURNING id"""
    )
    assert await working
    assert await state(run_id) == ("done", count - MANY[1], (MANY[0] - 1) * 2)
    found = await db.fetch_value("SELECT count(*) FROM candidate WHERE $1 IN (company, partner)", gone)
    assert found == 0


async def test_what_breaks_marks_the_run_failed_and_frees_the_event() -> None:
    event = await make_exchange()
    run_id = await queued(event)
    await db.execute("""UPDATE matching_run SET weights = '{"company": {"occupation": -1}, "partner": {}}'""")
    with pytest.raises(ValueError, match="weights"):
        await service.execute_run(run_id)
    run = await service.get_run(run_id, ADMIN)
    assert run.status == "failed"
    assert run.error is not None
    assert run.error.startswith("ValueError: ")
    await queued(event)


async def test_sweep_finds_lost_wake_ups_and_dead_workers_and_leaves_the_rest() -> None:
    waiting, lost, working, dead = [await queued(await make_exchange()) for _ in range(4)]
    await db.execute("UPDATE matching_run SET status = 'running', attempts = 1 WHERE id = ANY($1)", [working, dead])
    await fall_silent(lost, 11)
    await fall_silent(working, 29)
    await fall_silent(dead, 31)
    assert set(await service.take_up_stale_runs()) == {lost, dead}
    assert waiting not in await service.take_up_stale_runs()


async def test_run_that_loses_its_worker_again_and_again_fails_for_good() -> None:
    event = await make_exchange()
    run_id = await queued(event)
    await db.execute("UPDATE matching_run SET status = 'running', attempts = 3")
    await fall_silent(run_id)
    assert await service.take_up_stale_runs() == []
    assert (await service.get_run(run_id, ADMIN)).status == "failed"
    await queued(event)
