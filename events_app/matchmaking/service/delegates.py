"""Who of an organisation goes to which of its meetings, as its contact says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.errors import FieldError, Invalid, NotFound
from events_app.matchmaking import queries
from events_app.matchmaking.rules.meetings import double_booked
from events_app.matchmaking.service import calendars
from events_app.matchmaking.service.timetable import Party, Person, Talk, staff_of, talks_of
from events_app.registration import queries as registrations
from events_app.registration.queries import RegistrationRow


@dataclass(frozen=True)
class OwnMeetings:
    """A registration's published meetings by time (with its own side and the other), and the people it can send.

    `delegates`: those who go to meetings in general; `chosen`: those named for the one with a certain counterpart.
    """

    registration: RegistrationRow
    event: EventRow
    talks: Sequence[tuple[Talk, Party, Party]]
    people: Sequence[Person]
    delegates: Sequence[Person]
    chosen: Mapping[UUID, Sequence[UUID]]


async def own_meetings(registration_id: UUID) -> OwnMeetings:
    """Raises `NotFound`."""
    registration = await registrations.registration(registration_id)
    event = None if registration is None else await events.by_id(registration.event)
    if registration is None or event is None:
        raise NotFound
    run, staff = await queries.current_run(event.id), await staff_of(event)
    talks = [] if run is None else await talks_of(event, run)
    mine = [
        (talk, *talk.side(registration_id)) for talk in talks if registration_id in (talk.company.id, talk.partner.id)
    ]
    chosen = {other: ids for (one, other), ids in staff.chosen.items() if one == registration_id}
    people = staff.people.get(registration_id, ())
    return OwnMeetings(registration, event, mine, people, staff.of(registration_id), chosen)


async def assign(registration_id: UUID, delegates: Sequence[UUID], chosen: Mapping[UUID, Sequence[UUID]]) -> int:
    """Say who goes to meetings in general, and who to the one with a certain counterpart; calendars follow at once.

    Nobody named means the registration's first person; naming who goes anyway leaves it open for later. Returns how
    many mails are owed. Raises `NotFound`, `Invalid` if somebody would be in two meetings at once.
    """
    found = await own_meetings(registration_id)
    known, kept = {person.id for person in found.people}, _named(found, chosen)
    _refuse_double(found, kept)
    general = [(None, one) for one in dict.fromkeys(delegates) if one in known]
    async with db.transaction():
        await _store(registration_id, [*general, *_each(kept)])
        return await calendars.follow_event(found.event.id)


async def _store(registration_id: UUID, rows: Sequence[tuple[UUID | None, UUID]]) -> None:
    await db.execute("DELETE FROM meeting_delegate WHERE registration = $1", registration_id)
    await db.execute(
        """INSERT INTO meeting_delegate (id, registration, counterpart, attendee)
           SELECT id, $1, counterpart, attendee FROM unnest($2::uuid[], $3::uuid[], $4::uuid[])
             AS d(id, counterpart, attendee)""",
        registration_id,
        [uuid4() for _ in rows],
        [counterpart for counterpart, _ in rows],
        [attendee for _, attendee in rows],
    )


def _named(found: OwnMeetings, chosen: Mapping[UUID, Sequence[UUID]]) -> dict[UUID, list[UUID]]:
    """The choices that say something: other people than go now, or the same as was said before."""
    known = {person.id for person in found.people}
    now = {other.id: {person.id for person in own.people} for _, own, other in found.talks}
    kept = {other: [one for one in ids if one in known] for other, ids in chosen.items() if other in now}
    return {other: ids for other, ids in kept.items() if other in found.chosen or set(ids) != now[other]}


def _each(chosen: Mapping[UUID, Sequence[UUID]]) -> list[tuple[UUID, UUID]]:
    return [(other, one) for other, ids in chosen.items() for one in dict.fromkeys(ids)]


def _refuse_double(found: OwnMeetings, chosen: Mapping[UUID, Sequence[UUID]]) -> None:
    starts = {str(other.id): talk.starts_at for talk, _, other in found.talks}
    clash = double_booked({str(other): [str(one) for one in ids] for other, ids in chosen.items()}, starts)
    if clash is not None:
        name = next(person.name for person in found.people if str(person.id) == clash[0])
        text = "%(name)s would be in two meetings at the same time."
        raise Invalid(errors=[FieldError("/people", "double_booked", text, {"name": name})])
