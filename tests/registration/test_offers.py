from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from events_app.accounts.rules import Actor
from events_app.events.queries import EventRow
from events_app.events.schemas import EventPatch
from events_app.kit import clock, db, settings
from events_app.kit.errors import Conflict, EventFull, NotFound
from events_app.kit.settings import Settings
from events_app.registration import queries, service
from events_app.registration.schemas import AttendeeOut, RegistrationOut, SwapIn
from tests.conftest import empty_database
from tests.factories import ADMIN, make_event, make_registration

Clock = Callable[[timedelta], datetime]


@pytest.fixture
def later(app_settings: Settings) -> Clock:
    """Move the clock on from the test's beginning."""
    began = clock.now()

    def move(by: timedelta) -> datetime:
        settings.use(replace(app_settings, fixed_now=began + by))
        return began + by

    return move


def contact(made: RegistrationOut) -> Actor:
    return Actor("registration", made.id)


async def people(made: RegistrationOut) -> list[AttendeeOut]:
    return (await service.get_registration(made.id)).attendees


async def states(made: RegistrationOut) -> list[str]:
    return ["offered" if person.offer else person.status for person in await people(made)]


async def seats() -> tuple[int, int]:
    row = await db.fetch_row("SELECT taken, excess FROM event_seats")
    assert row is not None
    return row["taken"], row["excess"]


async def owed() -> Counter[str]:
    """Mails owed since it was last asked."""
    rows = await db.fetch("DELETE FROM outbox_mail RETURNING kind")
    return Counter(row["kind"] for row in rows)


async def ended() -> Counter[str]:
    return Counter(row["state"] for row in await db.fetch("SELECT state FROM seat_offer"))


async def full_event(*waiting: int, capacity: int = 2, **fields: Any) -> tuple[EventRow, list[RegistrationOut]]:
    """An event whose seats are taken by its first registration, and registrations of so many people in line."""
    event = await make_event(capacity=capacity, **fields)
    made = [await make_registration(event, capacity)]
    made += [await make_registration(event, number) for number in waiting]
    await owed()
    return event, made


async def cancel(made: RegistrationOut, *places: int) -> None:
    await service.cancel_attendees(made.id, [made.attendees[place].id for place in places], ADMIN)


def ids(made: RegistrationOut) -> list[UUID]:
    return [person.id for person in made.attendees]


async def test_an_offered_seat_is_taken_with_ticket_and_code(database: None) -> None:
    _, [first, second] = await full_event(1)
    await cancel(first, 0)
    assert await owed() == {"registration-cancelled": 1, "registration-changed": 1, "seat-available": 1}
    for _ in range(2):  # once more is harmless
        after = await service.take_offers(second.id, ids(second), contact(second))
    assert [(p.status, p.offer, p.waiting_position, p.code is not None) for p in after.attendees] == [
        ("confirmed", None, None, True)
    ]
    assert await owed() == {"registration-confirmed": 1, "ticket": 1}
    assert await seats() == (2, 0)
    assert await ended() == {"taken": 1}


async def test_an_offered_seat_is_nobody_elses(database: None) -> None:
    event, [first, second] = await full_event(1)
    await cancel(first, 0)
    late = await make_registration(event, 1)
    assert (await states(second), await states(late)) == (["offered"], ["waiting"])
    assert late.attendees[0].waiting_position == 2


async def test_a_declined_seat_goes_to_the_next(database: None) -> None:
    _, [first, second, third] = await full_event(1, 1)
    await cancel(first, 0)
    await owed()
    for _ in range(2):
        await service.decline_offers(second.id, ids(second), contact(second))
    assert (await states(second), await states(third)) == (["cancelled"], ["offered"])
    assert await owed() == {"registration-cancelled": 1, "seat-available": 1}
    assert await seats() == (2, 0)
    assert await ended() == {"declined": 1, "open": 1}


async def test_an_expired_offer_goes_on_to_the_next_and_blocks_nothing(database: None, later: Clock) -> None:
    event, [first, second, third] = await full_event(1, 1)
    await cancel(first, 0)
    await owed()
    later(timedelta(hours=47, minutes=59))
    assert await service.expire_offers() == 0
    later(timedelta(hours=48, minutes=1))
    assert await service.expire_offers() == 1
    assert (await states(second), await states(third)) == (["cancelled"], ["offered"])
    assert await owed() == {"registration-cancelled": 1, "seat-available": 1}
    later(timedelta(hours=97))
    assert await service.expire_offers() == 1
    assert await seats() == (1, 0)
    assert (await make_registration(event, 1)).status == "confirmed"


async def test_an_offer_taken_after_its_deadline_is_refused_even_before_the_worker_noticed(
    database: None, later: Clock
) -> None:
    _, [first, second] = await full_event(1)
    await cancel(first, 0)
    later(timedelta(hours=49))
    assert await states(second) == ["waiting"]
    with pytest.raises(Conflict):
        await service.take_offers(second.id, ids(second), contact(second))
    await service.expire_offers()
    with pytest.raises(Conflict):
        await service.take_offers(second.id, ids(second), contact(second))
    with pytest.raises(NotFound):
        await service.take_offers(second.id, ids(first), contact(second))


async def test_a_dead_worker_keeps_no_seat(database: None, later: Clock) -> None:
    event, [first, second] = await full_event(1)
    await cancel(first, 0)
    later(timedelta(hours=49))
    assert (await make_registration(event, 1)).status == "confirmed"
    assert await states(second) == ["cancelled"]


async def test_taking_declining_and_expiring_at_once_ends_an_offer_once(database: None, later: Clock) -> None:
    _, [first, *line] = await full_event(1, 1, 1, capacity=3)
    await cancel(first, 0)
    mine = line[0]
    await asyncio.gather(
        *(service.take_offers(mine.id, ids(mine), contact(mine)) for _ in range(4)),
        *(service.decline_offers(mine.id, ids(mine), contact(mine)) for _ in range(4)),
        return_exceptions=True,
    )
    assert (await states(mine), await states(line[1])) in ((["confirmed"], ["waiting"]), (["cancelled"], ["offered"]))
    assert await seats() == (3, 0)


async def test_people_of_one_registration_are_offered_in_order_with_one_mail(database: None) -> None:
    _, [first, second] = await full_event(3, capacity=3)
    await cancel(first, 0, 1)
    assert await states(second) == ["offered", "offered", "waiting"]
    assert (await owed())["seat-available"] == 1
    await service.take_offers(second.id, ids(second)[:1], contact(second))
    await service.decline_offers(second.id, ids(second)[1:2], contact(second))
    assert await states(second) == ["confirmed", "cancelled", "offered"]


async def test_people_get_their_numbers_in_their_order_though_the_planner_takes_the_table_for_empty(
    database: None,
) -> None:
    """It then looks for each row by running the other side anew, and that side drew the numbers."""
    await full_event(1)
    await empty_database()
    await db.execute("ANALYZE attendee")
    _, [_, waiting] = await full_event(3)
    first, second, third = ids(waiting)
    for attendee in (third, second, first):  # so they lie in the table in another order than theirs
        await db.execute("UPDATE attendee SET updated_at = updated_at WHERE id = $1", attendee)
    async with db.transaction():
        await queries.renumber_waiting(waiting.id)
    rows = await db.fetch("SELECT id FROM attendee WHERE waiting_number IS NOT NULL ORDER BY waiting_number")
    assert [row["id"] for row in rows] == [first, second, third]


async def test_a_group_is_offered_all_its_seats_or_passed_over(database: None) -> None:
    event, [first] = await full_event(capacity=3)
    group = await make_registration(event, 2, all_or_none=True)
    single = await make_registration(event, 1)
    await cancel(first, 0)
    assert (await states(group), await states(single)) == (["waiting", "waiting"], ["offered"])
    await cancel(first, 1, 2)
    assert await states(group) == ["offered", "offered"]
    await service.take_offers(group.id, ids(group)[:1], contact(group))
    assert await states(group) == ["confirmed", "confirmed"]
    assert await seats() == (3, 0)


async def test_cancelling_somebody_offered_frees_the_seat_for_the_next(database: None) -> None:
    _, [first, second, third] = await full_event(1, 1)
    await cancel(first, 0)
    await cancel(second, 0)
    assert await states(third) == ["offered"]
    assert await seats() == (2, 0)


async def test_a_swapped_person_takes_the_offer_along(database: None) -> None:
    _, [first, second] = await full_event(1)
    await cancel(first, 0)
    [before] = await people(second)
    await service.swap_attendee(second.id, before.id, SwapIn("Neu", "Dabei"), ADMIN)
    [after] = [p for p in await queries.attendees(second.id) if p.status == "waiting"]
    assert after.offered_until == (before.offer and before.offer.expires_at)
    assert await seats() == (2, 0)


async def test_close_to_the_event_seats_are_given_without_asking(database: None, later: Clock) -> None:
    event, [first, second] = await full_event(1)
    later(event.public.starts_at - clock.now() - timedelta(hours=5))
    await cancel(first, 0)
    assert await states(second) == ["confirmed"]
    assert (await owed())["ticket"] == 1


async def test_lowering_the_capacity_keeps_offers_and_makes_none_until_there_is_room(database: None) -> None:
    event, [first, second, third] = await full_event(1, 1, capacity=3)
    await cancel(first, 0)
    await service.change_event(event.slug, EventPatch(capacity=1), ADMIN)
    assert (await states(second), await seats()) == (["offered"], (3, 2))
    await cancel(first, 1, 2)
    assert (await states(third), await seats()) == (["waiting"], (1, 0))
    await service.change_event(event.slug, EventPatch(capacity=2), ADMIN)
    assert (await states(third), await seats()) == (["offered"], (2, 0))


async def test_an_event_moved_nearer_shortens_its_offers(database: None) -> None:
    event, [first, second] = await full_event(1)
    await cancel(first, 0)
    starts_at = clock.now() + timedelta(hours=30)
    moved = EventPatch(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    await service.change_event(event.slug, moved, ADMIN)
    [person] = await people(second)
    assert person.offer is not None
    assert timedelta(hours=27) < person.offer.expires_at - clock.now() <= timedelta(hours=28)
    starts_at = clock.now() + timedelta(hours=3)
    moved = EventPatch(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    await service.change_event(event.slug, moved, ADMIN)
    assert await states(second) == ["confirmed"]
    assert await seats() == (2, 0)


async def test_cancelling_the_event_ends_its_offers(database: None) -> None:
    event, [first, second] = await full_event(1)
    await cancel(first, 0)
    await service.cancel_event(event.slug, "Sturm", ADMIN)
    assert await ended() == {"expired": 1}
    assert await seats() == (1, 0)
    with pytest.raises(Conflict):
        await service.take_offers(second.id, ids(second), contact(second))


async def test_an_extended_offer_lasts_longer_and_its_contact_is_told(database: None, later: Clock) -> None:
    _, [first, second] = await full_event(1)
    await cancel(first, 0)
    await owed()
    await service.extend_offers(second.id, ADMIN)
    assert await owed() == {"seat-available": 1}
    later(timedelta(hours=95))
    assert await service.expire_offers() == 0
    assert await states(second) == ["offered"]
    later(timedelta(hours=97))
    await service.expire_offers()
    with pytest.raises(Conflict):
        await service.extend_offers(second.id, ADMIN)


async def test_promoting_passes_the_order_but_not_the_capacity_unless_said_so(database: None) -> None:
    _, [first, second, third] = await full_event(1, 2)
    with pytest.raises(EventFull):
        await service.promote(third.id, ids(third)[1], ADMIN)
    for _ in range(2):
        await service.promote(third.id, ids(third)[1], ADMIN, over_capacity=True)
    assert (await states(second), await states(third)) == (["waiting"], ["waiting", "confirmed"])
    assert await seats() == (3, 1)
    assert await owed() == {"seat-available": 1, "ticket": 1}
    await cancel(first, 0)
    assert (await states(second), await seats()) == (["waiting"], (2, 0))
    await cancel(first, 1)
    assert (await states(second), await seats()) == (["offered"], (2, 0))
    await service.promote(second.id, ids(second)[0], ADMIN)  # the seat is held already
    assert (await states(second), await seats()) == (["confirmed"], (2, 0))
    with pytest.raises(Conflict):
        await service.promote(first.id, ids(first)[0], ADMIN)


async def test_what_was_done_about_seats_is_in_the_audit_log(database: None) -> None:
    _, [first, second, third] = await full_event(1, 1)
    await cancel(first, 0)
    await service.extend_offers(second.id, ADMIN)
    await service.take_offers(second.id, ids(second), contact(second))
    await service.promote(third.id, ids(third)[0], ADMIN, over_capacity=True)
    rows = await db.fetch("SELECT action, actor_kind FROM audit_entry ORDER BY at DESC, id DESC LIMIT 4")
    assert [(row["action"], row["actor_kind"]) for row in reversed(rows)] == [
        ("seats-offered", "system"),
        ("offers-extended", "account"),
        ("attendees-took-seats", "registration"),
        ("attendees-promoted", "account"),
    ]
