"""From chosen pairs to the planner's problem and back, and who of an organisation goes to which meeting."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from events_app.matchmaking.rules.constants import THOUSANDTHS
from events_app.matchmaking.rules.schedule.values import Attendance, Meeting, Placed, Problem

PLAN_VERSION = "plan-1"
FAIR_GAPS = 2
"""No two organisations' gaps differ by more, where that is possible at all."""
PARTICIPATES, REST = 1, "rest"


class Pair(NamedTuple):
    """A chosen pair, by registration ids; `score` in thousandths."""

    company: str
    partner: str
    score: int

    @property
    def key(self) -> str:
        return pair_key(self.company, self.partner)


class Seat(NamedTuple):
    """Where a meeting stands: slot and table count from 1."""

    slot: int
    table: int


@dataclass(frozen=True)
class Round:
    """An event's meeting round. `starts`: each slot's distance from the event's beginning, ascending.

    `away`: the slots that an organisation can't; `parallel`: how many meetings it holds at once, where not one.
    `standing`: where the meetings that participants know stand, by pair key; `fixed`: those that may not move.
    `open_from`: the first slot that meetings may still get; fixed ones stand before it all the same.
    """

    starts: tuple[timedelta, ...]
    lasts: timedelta
    tables: int
    away: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    parallel: Mapping[str, int] = field(default_factory=dict)
    standing: Mapping[str, Seat] = field(default_factory=dict)
    fixed: Mapping[str, Seat] = field(default_factory=dict)
    open_from: int = 1


def pair_key(one: str, other: str) -> str:
    """The same for both orders."""
    return ":".join(sorted((one, other)))


def meeting_id(event_id: UUID, one: UUID, other: UUID) -> UUID:
    """A pair's meeting at an event, whichever run brought it about: calendars know it by this for ever."""
    return uuid5(event_id, pair_key(str(one), str(other)))


def usable_slots(starts: Iterable[datetime], lasts: timedelta) -> list[datetime]:
    """The slots in order, without those that begin before the one ahead has ended: nobody can be in both."""
    kept: list[datetime] = []
    for moment in sorted(set(starts)):
        if not kept or moment >= kept[-1] + lasts:
            kept.append(moment)
    return kept


def away_in(unavailable: Iterable[datetime], slots: Sequence[datetime], lasts: timedelta) -> tuple[int, ...]:
    """The slots (from 1) that hold one of these moments."""
    moments = list(unavailable)
    held = (any(slot <= moment < slot + lasts for moment in moments) for slot in slots)
    return tuple(number for number, is_held in enumerate(held, 1) if is_held)


def problem(round_: Round, pairs: Sequence[Pair], *, required: bool, fair: bool) -> Problem:
    """The chosen pairs as meetings to be planned; only those who have one take part."""
    people = sorted({id_ for pair in pairs for id_ in (pair.company, pair.partner)})
    slots = len(round_.starts)
    met = {id_ for pair in pairs if pair.key in round_.fixed for id_ in (pair.company, pair.partner)}
    return Problem(
        slots=slots,
        tables=round_.tables,
        participants=tuple(_attendance(round_, id_, has_fixed=id_ in met) for id_ in people),
        meetings=tuple(_meeting(round_, pair, required=required) for pair in pairs),
        sessions={REST: frozenset(range(round_.open_from, slots + 1))},
        max_gap_difference=FAIR_GAPS if fair else None,
    )


def before(round_: Round, pairs: Iterable[Pair]) -> list[Placed]:
    """Where those of the pairs stand that participants know, or that are fixed."""
    known = {**round_.standing, **round_.fixed}
    return [Placed(pair.key, *known[pair.key]) for pair in pairs if pair.key in known]


def at_fixed_tables(round_: Round, placed: Iterable[Placed]) -> list[Placed]:
    """Fixed meetings at their tables; whoever sits there takes the table that becomes free."""
    table = {(one.slot, one.table): one for one in placed}
    for key, (slot, wanted) in round_.fixed.items():
        mine = next((one for one in table.values() if one.meeting == key and one.slot == slot), None)
        if mine is None or mine.table == wanted:
            continue
        other = table.pop((slot, wanted), None)
        table[slot, wanted] = mine._replace(table=wanted)
        del table[slot, mine.table]
        if other is not None:
            table[slot, mine.table] = other._replace(table=mine.table)
    return sorted(table.values())


def staffed(
    meetings: Iterable[tuple[str, datetime]], delegates: Sequence[str], chosen: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Who of one organisation goes to each of its meetings (id, start): the chosen ones, else a delegate.

    Of the delegates the first who is in no other meeting at that time.
    """
    who: dict[str, tuple[str, ...]] = {}
    busy: set[tuple[datetime, str]] = set()
    in_order = sorted(meetings, key=lambda one: (one[0] not in chosen, one[1], one[0]))
    for id_, starts_at in in_order:
        free = [one for one in delegates if (starts_at, one) not in busy]
        who[id_] = tuple(chosen.get(id_, ())) or tuple((free or delegates)[:1])
        busy.update((starts_at, one) for one in who[id_])
    return who


def double_booked(who: Mapping[str, Collection[str]], starts: Mapping[str, datetime]) -> tuple[str, datetime] | None:
    """Somebody (id) who is in two meetings that begin at the same time, and when; None if nobody is."""
    seen: set[tuple[str, datetime]] = set()
    for id_, people in who.items():
        for one in people:
            if (one, starts[id_]) in seen:
                return one, starts[id_]
            seen.add((one, starts[id_]))
    return None


def _attendance(round_: Round, id_: str, *, has_fixed: bool) -> Attendance:
    """Fixed meetings stand although somebody said to be away: the agent has talked to them."""
    away = round_.away.get(id_, ())
    fixed = {seat.slot for key, seat in round_.fixed.items() if id_ in key.split(":")} if has_fixed and away else set()
    return Attendance(id_, frozenset(away) - fixed, max(PARTICIPATES, round_.parallel.get(id_, PARTICIPATES)))


def _meeting(round_: Round, pair: Pair, *, required: bool) -> Meeting:
    fixed = round_.fixed.get(pair.key)
    return Meeting(
        id=pair.key,
        between=(pair.company, pair.partner),
        session=REST if fixed is None and round_.open_from > 1 else None,
        slot=None if fixed is None else fixed.slot,
        required=required,
        score=pair.score / THOUSANDTHS,
    )
