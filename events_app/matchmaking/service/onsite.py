"""On the day: meetings fixed by the agent, who is missing, and what another plan would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple
from uuid import UUID, uuid4

import msgspec

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, EventCancelled, FieldError, Invalid, NotFound, RunActive
from events_app.matchmaking import queries
from events_app.matchmaking.queries import RunRow
from events_app.matchmaking.rules.meetings import meeting_id
from events_app.matchmaking.service.rounds import after_start, slots_of
from events_app.matchmaking.service.runs import note, queue_run, reread
from events_app.matchmaking.service.timetable import Party, Talk, talks_of

LOOK_AHEAD = timedelta(minutes=15)
"""So long before the first meeting the agent is told who is missing."""
What = Literal["new", "moved", "gone"]


class Change(NamedTuple):
    """What becomes of a meeting: `before` is None for a new one, `after` for one that is gone."""

    what: What
    before: Talk | None
    after: Talk | None

    @property
    def talk(self) -> Talk:
        found = self.after or self.before
        assert found is not None  # noqa: S101 - one of them is there
        return found


@dataclass(frozen=True)
class Timetable:
    """A run's meetings in their event; `slots` are those that the event offers, in order."""

    event: EventRow
    run: RunRow
    talks: Sequence[Talk]

    @property
    def lasts(self) -> timedelta:
        return timedelta(minutes=self.event.public.matchmaking.slot_minutes)


@dataclass(frozen=True)
class Day:
    """The published round as it goes on: who has meetings ahead (how many), but nobody here.

    `told`: it is time to look; `first_open`: the first slot that has not begun, from 1.
    """

    timetable: Timetable
    missing: Sequence[tuple[Party, int]]
    told: bool
    first_open: int


async def timetable(slug: str, actor: Actor, run_id: UUID | None = None) -> Timetable | None:
    """The meetings of the run, or of the published one; None without any. Raises `NotFound`, `Forbidden`."""
    event = await events.managed_event(slug, actor)
    run = await queries.current_run(event.id) if run_id is None else await reread(run_id)
    if run is None:
        return None
    if run.event_id != event.id:
        raise NotFound
    return Timetable(event, run, await talks_of(event, run))


async def changes(event: EventRow, run: RunRow) -> list[Change]:
    """How the run's meetings differ from the published ones, by time; where nothing is published all are new."""
    current = await queries.current_run(event.id)
    before = {} if current is None else {talk.id: talk for talk in await talks_of(event, current)}
    after = {talk.id: talk for talk in await talks_of(event, run)}
    found = [
        *(Change("new", None, talk) for id_, talk in after.items() if id_ not in before),
        *(
            Change("moved", before[id_], talk)
            for id_, talk in after.items()
            if id_ in before and _moved(before[id_], talk)
        ),
        *(Change("gone", talk, None) for id_, talk in before.items() if id_ not in after),
    ]
    return sorted(found, key=lambda change: (change.talk.starts_at, change.talk.table))


async def day(slug: str, actor: Actor) -> Day | None:
    """Who of those with meetings ahead is not here; None if nothing is published. Raises `NotFound`, `Forbidden`."""
    found = await timetable(slug, actor)
    if found is None:
        return None
    now = clock.now()
    ahead = [talk for talk in found.talks if talk.starts_at > now]
    count: dict[UUID, tuple[Party, int]] = {}
    for party, _ in (side for talk in ahead for side in talk.sides):
        _, before = count.get(party.id, (party, 0))
        count[party.id] = (party, before + 1)
    here = await _present(found.event.id)
    missing = [one for id_, one in count.items() if id_ not in here]
    first = min((talk.starts_at for talk in found.talks), default=None)
    slots = slots_of(found.event)
    return Day(
        timetable=found,
        missing=sorted(missing, key=lambda one: one[0].name.casefold()),
        told=first is not None and now >= first - LOOK_AHEAD,
        first_open=sum(slot < now for slot in slots) + 1,
    )


async def replan_without(slug: str, absent: Sequence[UUID], actor: Actor) -> RunRow:
    """Queue a run for the rest of the day without these registrations; what has begun stays as it is.

    The others keep their meetings as far as they can, and what counts in a pair stays as it was. Raises `Conflict` if
    nothing is published, `RunActive`.
    """
    event = await events.managed_event(slug, actor)
    if event.public.status == "cancelled":
        raise EventCancelled
    current = await queries.current_run(event.id)
    if current is None:
        raise Conflict("Only published meetings can be planned anew without somebody.")
    run_id, left_out = uuid4(), msgspec.json.encode(sorted(map(str, absent))).decode()
    async with db.transaction():
        if not await queue_run(run_id, event.id, current.weights, "published", "meetings"):
            raise RunActive
        await db.execute(
            "UPDATE matching_run SET absent = $2, settled_before = $3 WHERE id = $1", run_id, left_out, clock.now()
        )
        await note(actor, "matching-run-started", run_id, event.id)
    return await reread(run_id)


async def pin(slug: str, talk_id: UUID, slot: int, table: int, actor: Actor) -> None:
    """Fix a published meeting to a slot (from 1) and a table, from the next run on.

    Raises `NotFound`, `Invalid` for a slot or table that isn't there or where another meeting is fixed.
    """
    found = await timetable(slug, actor)
    talk = None if found is None else next((one for one in found.talks if one.id == talk_id), None)
    if found is None or talk is None:
        raise NotFound
    settings = found.event.public.matchmaking
    slots = slots_of(found.event)
    if not (1 <= slot <= len(slots) and 1 <= table <= settings.tables):
        raise Invalid(errors=[FieldError("/table", "out_of_range", "There is no such time or table.")])
    starts_after = after_start(found.event, slots[slot - 1])
    async with db.transaction():
        await _refuse_double(found.event.id, talk, starts_after, table)
        await db.execute(
            """INSERT INTO meeting_pin (id, event, registration, counterpart, starts_after, meeting_table)
               VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (id) DO UPDATE
                 SET starts_after = excluded.starts_after, meeting_table = excluded.meeting_table""",
            meeting_id(found.event.id, talk.company.id, talk.partner.id),
            found.event.id,
            talk.company.id,
            talk.partner.id,
            starts_after,
            table,
        )
        await _note(actor, "meeting-pinned", talk_id, found.event.id)


async def unpin(slug: str, talk_id: UUID, actor: Actor) -> None:
    """Let the meeting be moved again. Twice is harmless."""
    event = await events.managed_event(slug, actor)
    async with db.transaction():
        if await db.execute("DELETE FROM meeting_pin WHERE id = $1 AND event = $2", talk_id, event.id):
            await _note(actor, "meeting-unpinned", talk_id, event.id)


def _moved(before: Talk, after: Talk) -> bool:
    return (before.starts_at, before.table) != (after.starts_at, after.table)


async def _present(event_id: UUID) -> set[UUID]:
    """The registrations of which somebody was admitted."""
    rows = await db.fetch(
        "SELECT DISTINCT registration_id FROM ticket WHERE event = $1 AND admitted_at IS NOT NULL", event_id
    )
    return {row["registration_id"] for row in rows}


async def _refuse_double(event_id: UUID, talk: Talk, starts_after: timedelta, table: int) -> None:
    taken = await db.fetch_value(
        """SELECT count(*) FROM meeting_pin
           WHERE event = $1 AND id <> $2 AND starts_after = $3 AND meeting_table = $4""",
        event_id,
        talk.id,
        starts_after,
        table,
    )
    if taken:
        raise Invalid(errors=[FieldError("/table", "table_taken", "Another meeting is fixed to this time and table.")])


async def _note(actor: Actor, action: str, talk_id: UUID, event_id: UUID) -> None:
    await audit.record((actor.kind, actor.id), action, "meeting", talk_id, event_id=event_id)
