from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from events_app.events.schemas import EventPatch
from events_app.kit import db
from events_app.kit.errors import EventFull
from events_app.registration import service
from events_app.registration.schemas import RegistrationOut
from tests.factories import ADMIN, make_event, make_registration


async def mails() -> Counter[str]:
    return Counter(row["kind"] for row in await db.fetch("SELECT kind FROM outbox_mail"))


async def statuses() -> Counter[str]:
    return Counter(row["status"] for row in await db.fetch("SELECT status FROM attendee"))


async def seats() -> tuple[int, int]:
    row = await db.fetch_row("SELECT taken, excess FROM event_seats")
    assert row is not None
    return row["taken"], row["excess"]


async def offered() -> int:
    found: int = await db.fetch_value("SELECT count(*) FROM seat_offer WHERE state = 'open'")
    return found


async def test_register_400_at_once_confirms_100_and_lets_300_wait_in_order(database: None) -> None:
    event = await make_event(capacity=100)
    made = await asyncio.gather(*(make_registration(event, 1) for _ in range(400)))
    positions = sorted(a.waiting_position or 0 for one in made for a in one.attendees if a.status == "waiting")
    assert await statuses() == {"confirmed": 100, "waiting": 300}
    assert await seats() == (100, 0)
    assert positions == list(range(1, 301))


async def test_register_400_at_once_refuses_300_without_waiting_list(database: None) -> None:
    event = await make_event(capacity=100, waiting_list=False)

    async def attempt() -> RegistrationOut | None:
        try:
            return await make_registration(event, 1)
        except EventFull:
            return None

    made = await asyncio.gather(*(attempt() for _ in range(400)))
    assert sum(one is not None for one in made) == 100
    assert await statuses() == {"confirmed": 100}


async def test_seats_agree_with_people_after_registering_and_cancelling_at_once(database: None) -> None:
    event = await make_event(capacity=20)
    first = await asyncio.gather(*(make_registration(event, 2) for _ in range(20)))
    await asyncio.gather(
        *(service.cancel_registration(one.id, ADMIN) for one in first[::2]),
        *(make_registration(event, 1) for _ in range(20)),
    )
    counted = await statuses()
    assert counted["confirmed"] + await offered() == 20
    assert await seats() == (20, 0)


async def test_register_owes_one_mail_to_the_contact_and_one_ticket_to_each_person(database: None) -> None:
    event = await make_event(capacity=2)
    await make_registration(event, 3)
    assert await mails() == {"registration-confirmed": 1, "ticket": 2}


async def test_cancel_offers_in_order_and_passes_over_groups_that_do_not_fit(database: None) -> None:
    event = await make_event(capacity=2)
    first = await make_registration(event, 2)
    group = await make_registration(event, 3, all_or_none=True)
    single = await make_registration(event, 1)
    await service.cancel_attendees(first.id, [first.attendees[0].id], ADMIN)
    assert [a.offer for a in (await service.get_registration(group.id)).attendees] == [None] * 3
    [first_that_fits] = (await service.get_registration(single.id)).attendees
    assert first_that_fits.status == "waiting"
    assert first_that_fits.offer is not None
    assert await seats() == (2, 0)


async def test_raising_the_capacity_offers_the_new_seats(database: None) -> None:
    event = await make_event(capacity=1)
    await make_registration(event, 1)
    waiting = await make_registration(event, 2)
    await service.change_event(event.slug, EventPatch(capacity=3), ADMIN)
    made = await service.get_registration(waiting.id)
    assert [(a.status, a.offer is not None) for a in made.attendees] == [("waiting", True)] * 2
    assert await seats() == (3, 0)
    assert (await mails())["seat-available"] == 1


async def test_lowering_the_capacity_takes_no_seat_away(database: None) -> None:
    event = await make_event(capacity=3)
    await make_registration(event, 3)
    await service.change_event(event.slug, EventPatch(capacity=1), ADMIN)
    late = await make_registration(event, 1)
    assert await seats() == (3, 2)
    assert late.status == "waiting"


async def test_moving_an_event_mails_people_with_the_next_sequence_and_the_contact_of_those_in_line(
    database: None,
) -> None:
    event = await make_event(capacity=1)
    await make_registration(event, 1)
    waiting = await make_registration(event, 2)
    later = event.public.starts_at.replace(hour=(event.public.starts_at.hour + 1) % 24)
    await service.change_event(event.slug, EventPatch(starts_at=later, ends_at=later.replace(minute=30)), ADMIN)
    rows = await db.fetch(
        "SELECT sequence, registration_id FROM outbox_mail WHERE kind = 'event-changed' ORDER BY sequence"
    )
    assert [row["sequence"] for row in rows] == [1, None]
    assert rows[1]["registration_id"] == waiting.id


async def test_a_typo_in_the_description_mails_nobody(database: None) -> None:
    event = await make_event()
    await make_registration(event, 1)
    before = await mails()
    await service.change_event(event.slug, EventPatch(description="Neu"), ADMIN)
    assert await mails() == before


async def test_cancelling_an_event_tells_everybody_once(database: None) -> None:
    event = await make_event(capacity=1)
    await make_registration(event, 2)
    await service.cancel_event(event.slug, "Sturm", ADMIN)
    await service.cancel_event(event.slug, "Sturm", ADMIN)
    assert (await mails())["event-cancelled"] == 2


async def test_registering_while_the_event_is_cancelled_leaves_nobody_with_a_seat_unnoticed(database: None) -> None:
    event = await make_event()
    made = await asyncio.gather(
        service.cancel_event(event.slug, "", ADMIN),
        *(make_registration(event, 1) for _ in range(20)),
        return_exceptions=True,
    )
    registered = sum(isinstance(one, RegistrationOut) for one in made)
    assert (await mails())["event-cancelled"] == registered


async def test_walk_in_over_capacity_is_counted_as_excess(database: None) -> None:
    event = await make_event(capacity=1)
    await make_registration(event, 1)
    with pytest.raises(EventFull):
        await make_registration(event, 1, source="walk_in")
    assert await seats() == (1, 0)
