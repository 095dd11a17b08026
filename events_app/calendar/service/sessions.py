"""Sessions that people choose among, as workshops side by side: each has its places, and nobody is in two at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.calendar import rules
from events_app.calendar.service.entries import as_session, put
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.events.schemas import AgendaItem
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, EventCancelled, NotFound


@dataclass(frozen=True)
class Choice:
    """A session that people choose; `left` is how many places it has for this person, None: no limit."""

    id: UUID
    item: AgendaItem
    ends_at: datetime
    chosen: bool
    left: int | None
    begun: bool

    @property
    def day(self) -> date:
        """In the event's zone."""
        return self.item.starts_at.date()

    @property
    def line(self) -> dict[str, object]:
        """As the macro `agenda` takes it."""
        note = " · ".join(filter(None, (self.item.speaker, self.item.room)))
        return {"starts_at": self.item.starts_at, "ends_at": self.ends_at, "title": self.item.title, "note": note}

    @property
    def open(self) -> bool:
        """Whether this person may still change their mind about it."""
        return not self.begun and (self.chosen or self.left != 0)


async def choices_of(event: EventRow, attendee_id: UUID) -> list[Choice]:
    """The sessions of an event that are chosen, by time, as they stand for this person."""
    rows = await db.fetch(
        """SELECT session_id, count(*) AS taken, bool_or(attendee_id = $2) AS chosen FROM calendar_entry
           WHERE event = $1 AND kind = 'session' AND status = 'confirmed' GROUP BY session_id""",
        event.id,
        attendee_id,
    )
    stands = {row["session_id"]: (row["taken"], row["chosen"]) for row in rows}
    return [_choice(event, item, *stands.get(item.id, (0, False))) for item in event.agenda if item.choosable]


async def choose(event_id: UUID, attendee_id: UUID, session_ids: Sequence[UUID], actor: Actor) -> None:
    """Make these the sessions of a confirmed person; those that have begun stay as they are.

    Raises `NotFound` (no such session), `EventCancelled`, `Conflict` (no place of their own, two at the same time,
    none left).
    """
    async with db.transaction():
        await events.lock_seats(event_id)  # whoever changes the agenda or somebody's place holds it as well
        event = await events.event_by_id(event_id)
        await _refuse_without_place(event, attendee_id)
        known = await choices_of(event, attendee_id)
        wanted = _wanted(known, set(session_ids))
        _refuse_if_impossible(wanted)
        if {one.id for one in wanted} == {one.id for one in known if one.chosen}:
            return
        await put(event_id, "session", [as_session(event, one.item, attendee_id) for one in wanted])
        await _drop(attendee_id, [one.id for one in known if one.chosen and one not in wanted])
        await audit.record(
            (actor.kind, actor.id),
            "sessions-chosen",
            "attendee",
            attendee_id,
            event_id=event_id,
            details={"sessions": [str(one.id) for one in wanted]},
        )


def _choice(event: EventRow, item: AgendaItem, taken: int, chosen: bool) -> Choice:  # noqa: FBT001 - a row's values
    assert item.id is not None  # noqa: S101 - stored items have one
    left = None if item.seats is None else max(0, item.seats - taken)
    ends_at = rules.session_end(item, event.agenda, event.public.ends_at)
    return Choice(item.id, item, ends_at, chosen, left, begun=clock.now() >= item.starts_at)


def _wanted(known: Sequence[Choice], session_ids: set[UUID]) -> list[Choice]:
    if not session_ids <= {one.id for one in known}:
        raise NotFound("The programme has changed in the meantime. Please choose again.")
    return [one for one in known if (one.chosen if one.begun else one.id in session_ids)]


def _refuse_if_impossible(wanted: Sequence[Choice]) -> None:
    for one in wanted:
        if one.left == 0 and not one.chosen:
            raise Conflict("“%(title)s” has no places left.", values={"title": one.item.title})
    both = rules.clash([(one.item.starts_at, one.ends_at, one.item.title) for one in wanted])
    if both is not None:
        raise Conflict("“%(one)s” and “%(other)s” are at the same time.", values={"one": both[0], "other": both[1]})


async def _refuse_without_place(event: EventRow, attendee_id: UUID) -> None:
    if event.public.status == "cancelled":
        raise EventCancelled
    status = await db.fetch_value(
        "SELECT status FROM calendar_entry WHERE event = $1 AND attendee_id = $2 AND kind = 'event'",
        event.id,
        attendee_id,
    )
    if status != "confirmed":
        raise Conflict("Sessions can be chosen once the place is confirmed.")


async def _drop(attendee_id: UUID, session_ids: Sequence[UUID]) -> None:
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = 'cancelled', updated_at = $3
           WHERE attendee_id = $1 AND session_id = ANY($2::uuid[]) AND status <> 'cancelled'""",
        attendee_id,
        list(session_ids),
        clock.now(),
    )
