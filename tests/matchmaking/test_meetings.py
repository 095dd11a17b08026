"""The meetings of a run: planned into the event's slots and tables, moved with the event, published once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from events_app.events.queries import EventRow
from events_app.events.schemas import EventPatch, Matchmaking
from events_app.kit import db
from events_app.matchmaking import service
from events_app.registration.service import change_event
from tests.factories import ADMIN, make_event, soon
from tests.matchmaking.exchange import (
    GEISELTAL,
    NEISSETAL,
    NORDKIPPE,
    SAALEBLICK,
    SAALEKREIS,
    chosen,
    computed,
    join,
)

pytestmark = pytest.mark.usefixtures("database")

SLOT = timedelta(minutes=20)


async def make_round(slots: int = 4, tables: int = 3, **fields: Any) -> EventRow:
    """An exchange whose meetings begin an hour after the event."""
    starts_at = soon()
    limits = Matchmaking(
        enabled=True,
        slot_minutes=20,
        slots=[starts_at + timedelta(hours=1) + SLOT * number for number in range(slots)],
        tables=tables,
    )
    return await make_event(title="Kooperationsbörse", starts_at=starts_at, matchmaking=limits, **fields)


async def test_chosen_pairs_become_meetings_without_clashes() -> None:
    event = await make_round()
    for who in (SAALEBLICK, GEISELTAL, SAALEKREIS, NORDKIPPE):
        await join(event, who)
    run = await computed(event)
    pairs = await chosen(run)
    assert run.summary is not None
    assert run.summary.meetings == len(pairs) > 2
    assert run.summary.proved_optimal
    assert run.summary.gaps == run.summary.fewest_gaps
    meetings = [(pair, pair.meeting) for pair in pairs if pair.meeting]
    slots = {slot.astimezone() for slot in event.public.matchmaking.slots}
    seen = set()
    for pair, meeting in meetings:
        assert meeting.starts_at.astimezone() in slots
        assert meeting.ends_at - meeting.starts_at == SLOT
        assert meeting.table in (1, 2, 3)
        for one in (pair.company.id, pair.partner.id, meeting.table):
            assert (one, meeting.starts_at) not in seen
            seen.add((one, meeting.starts_at))


async def test_nobody_meets_while_away_and_the_summary_says_why() -> None:
    event = await make_round(slots=1)
    away = [event.public.matchmaking.slots[0].isoformat()]
    needs = [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}]
    await join(event, SAALEBLICK, training={"needs": needs, "unavailable": away})
    await join(event, SAALEKREIS)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.matches, run.summary.meetings) == (1, 0)
    assert [one.reason.code for one in run.summary.unplaced] == ["no_common_slot"]
    assert [pair.meeting for pair in await chosen(run)] == [None]


async def test_too_few_slots_leave_out_the_lesser_scores() -> None:
    event = await make_round(slots=1, tables=5)
    for who in (SAALEBLICK, GEISELTAL, SAALEKREIS):
        await join(event, who)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.matches, run.summary.meetings) == (2, 1)
    assert [one.reason.code for one in run.summary.unplaced] == ["all_taken"]
    best, other = await chosen(run)
    assert best.meeting is not None
    assert other.meeting is None


async def test_event_without_slots_has_matches_only() -> None:
    event = await make_round(slots=0)
    for who in (SAALEBLICK, SAALEKREIS):
        await join(event, who)
    run = await computed(event)
    assert run.summary is not None
    assert (run.summary.matches, run.summary.meetings, run.summary.gaps) == (1, 0, None)


async def test_moved_event_takes_the_run_s_meetings_along() -> None:
    event = await make_round()
    for who in (SAALEBLICK, SAALEKREIS):
        await join(event, who)
    run = await computed(event)
    [before] = await chosen(run)
    await change_event(event.slug, EventPatch(starts_at=event.public.starts_at + timedelta(days=200)), ADMIN)
    [after] = await chosen(run)
    assert before.meeting is not None
    assert after.meeting is not None
    assert after.meeting.table == before.meeting.table
    moved = (await service.runs_of_event(event.slug, ADMIN)).event
    number = [slot.astimezone() for slot in event.public.matchmaking.slots].index(before.meeting.starts_at.astimezone())
    assert after.meeting.starts_at == moved.public.matchmaking.slots[number]


async def test_same_input_gives_the_same_plan() -> None:
    event = await make_round()
    for who in (SAALEBLICK, GEISELTAL, SAALEKREIS, NORDKIPPE, NEISSETAL):
        await join(event, who)
    first, second = await computed(event), await computed(event)
    assert [pair.meeting for pair in await chosen(first)] == [pair.meeting for pair in await chosen(second)]
    assert await db.fetch_value("SELECT count(DISTINCT input_hash) FROM matching_run") == 1
