from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from events_app.events.queries import EventRow
from events_app.events.queries import by_id as event_by_id
from events_app.events.schemas import EventPatch, Group
from events_app.kit import db
from events_app.kit.errors import EventFull, Invalid
from events_app.registration import service
from events_app.registration.schemas import AttendeeIn, RegistrationOut
from tests.factories import ADMIN, make_event, make_registration

FIRMS, PRESS, ONLINE = (
    Group("firms", "Betriebe", "Companies", 2),
    Group("press", "Presse", "Press", 1),
    Group("online", "Online", "", None),
)


async def event_with(*groups: Group, capacity: int | None = 4, **fields: Any) -> EventRow:
    return await make_event(capacity=capacity, groups=list(groups), **fields)


async def again(event: EventRow) -> EventRow:
    found = await event_by_id(event.id)
    assert found is not None
    return found


def statuses(registration: RegistrationOut) -> list[str]:
    return [person.status for person in registration.attendees]


async def test_a_group_never_takes_more_than_its_quota_and_all_no_more_than_the_event(database: None) -> None:
    event = await event_with(FIRMS, ONLINE)
    assert statuses(await make_registration(event, 3, group="firms")) == ["confirmed", "confirmed", "waiting"]
    assert statuses(await make_registration(event, 3, group="online")) == ["confirmed", "confirmed", "waiting"]
    after = await again(event)
    assert [(group.key, group.taken) for group in after.groups] == [("firms", 2), ("online", 2)]
    assert (after.taken, after.seats_left) == (4, 0)


async def test_group_left_out_is_the_first_that_is_open_to_all(database: None) -> None:
    event = await event_with(Group("guests", "Gäste", invitation_only=True), FIRMS, PRESS)
    await make_registration(event, 1)
    assert [group.taken for group in (await again(event)).groups] == [0, 1, 0]


async def test_an_unknown_group_is_refused_at_its_field(database: None) -> None:
    event = await event_with(FIRMS)
    with pytest.raises(Invalid) as refusal:
        await make_registration(event, 1, group="nobody")
    assert [(error.field, error.code) for error in refusal.value.errors] == [("/group", "unknown_group")]


async def test_seats_left_of_an_event_are_those_of_its_open_groups(database: None) -> None:
    event = await event_with(FIRMS, PRESS, capacity=100)
    assert event.seats_left == 3
    assert [group.seats_left for group in event.public.groups] == [2, 1]
    await make_registration(event, 2, group="firms")
    assert [group.seats_left for group in (await again(event)).public.groups] == [0, 1]


async def test_a_seat_given_back_goes_to_the_first_in_line_whose_group_has_room(database: None) -> None:
    event = await event_with(FIRMS, PRESS, capacity=3)
    firms = await make_registration(event, 2, group="firms")
    press = await make_registration(event, 1, group="press")
    first = await make_registration(event, 1, group="firms")
    second = await make_registration(event, 1, group="press")
    await service.cancel_registration(press.id, ADMIN)
    waiting = [(await service.get_registration(one.id)).attendees[0] for one in (first, second)]
    assert [(one.waiting_position, one.offer is not None) for one in waiting] == [(1, False), (2, True)]
    await service.cancel_attendees(firms.id, [firms.attendees[0].id], ADMIN)
    assert (await service.get_registration(first.id)).attendees[0].offer is not None


async def test_a_raised_quota_offers_seats_and_a_lowered_one_throws_nobody_out(database: None) -> None:
    event = await event_with(FIRMS, capacity=10)
    made = await make_registration(event, 4, group="firms")
    raised = Group("firms", "Betriebe", "Companies", 3)
    await service.change_event(event.slug, EventPatch(groups=[raised]), ADMIN)
    people = (await service.get_registration(made.id)).attendees
    assert [person.offer is not None for person in people] == [False, False, True, False]
    await service.change_event(event.slug, EventPatch(groups=[Group("firms", "Betriebe", quota=1)]), ADMIN)
    assert [g.taken for g in (await again(event)).groups] == [3]
    await service.cancel_attendees(made.id, [made.attendees[0].id], ADMIN)
    assert [person.offer is not None for person in (await service.get_registration(made.id)).attendees].count(True) == 1


async def test_somebody_added_to_a_registration_belongs_to_its_group(database: None) -> None:
    event = await event_with(PRESS, ONLINE)
    made = await make_registration(event, 1, group="press")
    added = await service.add_attendee(made.id, AttendeeIn("Noch", "Jemand"), ADMIN)
    assert statuses(added) == ["confirmed", "waiting"]


async def test_without_a_waiting_list_a_full_group_is_refused_while_others_go_on(database: None) -> None:
    event = await event_with(PRESS, ONLINE, waiting_list=False)
    await make_registration(event, 1, group="press")
    with pytest.raises(EventFull):
        await make_registration(event, 1, group="press")
    assert statuses(await make_registration(event, 1, group="online")) == ["confirmed"]


async def test_a_group_with_people_in_it_cannot_be_removed_but_an_empty_one_can(database: None) -> None:
    event = await event_with(FIRMS, PRESS)
    made = await make_registration(event, 1, group="press")
    with pytest.raises(Invalid):
        await service.change_event(event.slug, EventPatch(groups=[FIRMS]), ADMIN)
    await service.cancel_registration(made.id, ADMIN)
    after = await service.change_event(event.slug, EventPatch(groups=[FIRMS]), ADMIN)
    assert [group.key for group in after.groups] == ["firms"]


async def test_a_registration_moved_to_another_group_frees_its_seats_there(database: None) -> None:
    event = await event_with(FIRMS, PRESS, capacity=10)
    made = await make_registration(event, 2, group="firms")
    next_ = await make_registration(event, 1, group="firms")
    await service.move_to_group(made.id, "press", ADMIN)
    assert [group.taken for group in (await again(event)).groups] == [1, 2]
    assert (await service.get_registration(next_.id)).attendees[0].offer is not None


async def test_the_database_itself_refuses_more_than_a_quota(database: None) -> None:
    event = await event_with(PRESS)
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE ticket_group SET taken = 2 WHERE event = $1", event.id)


async def test_a_hundred_at_once_for_twenty_places_of_a_group(database: None) -> None:
    event = await event_with(Group("firms", "Betriebe", quota=20), Group("press", "Presse"), capacity=60)
    made = await asyncio.gather(*(make_registration(event, 1, group="firms") for _ in range(100)))
    found = [person for one in made for person in (await service.get_registration(one.id)).attendees]
    assert sum(person.status == "confirmed" for person in found) == 20
    line = sorted(person.waiting_position for person in found if person.waiting_position is not None)
    assert line == list(range(1, 81))
    after = await again(event)
    assert (after.taken, [group.taken for group in after.groups]) == (20, [20, 0])
    assert await db.fetch_value("SELECT excess FROM ticket_group WHERE key = 'firms'") == 0


@asynccontextmanager
async def logged() -> AsyncIterator[list[str]]:
    """Every statement that the pool's connections send, BEGIN and COMMIT too."""
    sent: list[str] = []
    pool = db.DB.pool
    assert pool is not None
    held = [await pool.acquire() for _ in range(pool.get_size())]
    for connection in held:
        connection.add_query_logger(lambda query: sent.append(query.query))
        await pool.release(connection)
    yield sent


async def test_a_plain_registration_asks_no_more_of_the_database_than_before(database: None) -> None:
    event = await event_with(capacity=100)
    await make_registration(event, 2)
    async with logged() as sent:
        await make_registration(event, 2)
        await asyncio.sleep(0)
    assert 0 < len(sent) <= 9, sent
