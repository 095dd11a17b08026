from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from events_app.matchmaking.planning import Order, planned
from events_app.matchmaking.rules.meetings import (
    Pair,
    Round,
    Seat,
    at_fixed_tables,
    away_in,
    double_booked,
    meeting_id,
    staffed,
    usable_slots,
)
from events_app.matchmaking.rules.schedule.values import Placed

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
SLOT = timedelta(minutes=20)
EVENT = UUID(int=7)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@given(st.lists(st.integers(0, 300).map(at)), st.integers(1, 60))
def test_usable_slots_never_overlap_and_leave_out_only_what_would(starts: list[datetime], minutes: int) -> None:
    lasts = timedelta(minutes=minutes)
    kept = usable_slots(starts, lasts)
    assert all(later - earlier >= lasts for earlier, later in pairwise(kept))
    assert all(any(slot <= moment < slot + lasts for slot in kept) for moment in starts)


def test_moment_within_a_slot_takes_all_of_it() -> None:
    slots = [at(0), at(20), at(40)]
    assert away_in([at(0), at(39), at(60)], slots, SLOT) == (1, 2)


def test_meeting_has_one_id_for_ever_and_another_at_another_event() -> None:
    one, other = uuid4(), uuid4()
    assert meeting_id(EVENT, one, other) == meeting_id(EVENT, other, one) != meeting_id(uuid4(), one, other)


@given(st.lists(st.integers(0, 3), max_size=9), st.integers(3, 5))
def test_enough_delegates_are_never_in_two_meetings_at_once(slots: list[int], people: int) -> None:
    slots = [slot for place, slot in enumerate(slots) if slots[:place].count(slot) < people]
    starts = {f"m{number}": at(20 * slot) for number, slot in enumerate(slots)}
    who = staffed(starts.items(), [f"p{number}" for number in range(people)], {})
    assert who.keys() == starts.keys()
    assert double_booked(who, starts) is None


def test_chosen_person_goes_and_the_others_make_way() -> None:
    meetings = [("a", at(0)), ("b", at(0)), ("c", at(20))]
    who = staffed(meetings, ["x", "y"], {"b": ["x"]})
    assert who == {"b": ("x",), "a": ("y",), "c": ("x",)}
    assert double_booked({"a": ["x"], "b": ["x"]}, {"a": at(0), "b": at(0)}) == ("x", at(0))


@given(st.permutations(range(1, 6)), st.integers(1, 5))
def test_fixed_meeting_gets_its_table_and_all_keep_their_slot(tables: list[int], wanted: int) -> None:
    placed = [Placed(f"m{number}", 1, table) for number, table in enumerate(tables)] + [Placed("m9", 2, wanted)]
    round_ = Round((timedelta(), SLOT), SLOT, 5, fixed={"m0": Seat(1, wanted)})
    found = at_fixed_tables(round_, placed)
    assert Placed("m0", 1, wanted) in found
    assert {(one.meeting, one.slot) for one in found} == {(one.meeting, one.slot) for one in placed}
    assert len({(one.slot, one.table) for one in found}) == len(placed)


def test_newcomer_beside_a_published_plan_moves_one_meeting_at_most() -> None:
    """Both slots of `p` are taken where the newcomer can come: one old meeting makes way."""
    starts = (timedelta(), SLOT, 2 * SLOT)
    standing = {"c1:p": Seat(1, 1), "c2:p": Seat(2, 1)}
    round_ = Round(starts, SLOT, 2, away={"new": (3,)}, standing=standing)
    pairs = (Pair("c1", "p", 900), Pair("c2", "p", 800), Pair("new", "p", 500))
    found = planned(Order(round_, pairs, True, 5, 2_000, 1_000))
    slots = {one.meeting: one.slot for one in found.placed}
    assert slots.keys() == {pair.key for pair in pairs}
    assert sum(slots[key] != seat.slot for key, seat in standing.items()) == 1
    assert slots["new:p"] in (1, 2)


def test_pairs_that_nobody_can_make_are_named_with_the_reason() -> None:
    round_ = Round((timedelta(),), SLOT, 1, away={"c": (1,)})
    found = planned(Order(round_, (Pair("c", "p", 900), Pair("d", "p", 500)), False, 5, 2_000, 1_000))
    assert [one.meeting for one in found.placed] == ["d:p"]
    assert [(key, code) for key, code, _ in found.unplaced] == [("c:p", "no_common_slot")]
