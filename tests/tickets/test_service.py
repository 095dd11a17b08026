from __future__ import annotations

import secrets
from collections.abc import Iterator

import asyncpg
import pytest

from events_app.kit import db
from events_app.registration import service
from events_app.registration.schemas import AttendeeIn, SwapIn
from events_app.tickets.service import Holder, planned, store
from tests.factories import ADMIN, make_event, make_registration

pytestmark = pytest.mark.usefixtures("database")
SAME = bytes(16)


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What chance brings next; after that, chance."""
    queue: list[bytes] = []
    drawn = secrets.token_bytes
    monkeypatch.setattr(secrets, "token_bytes", lambda many: queue.pop(0) if queue else drawn(many))
    yield queue
    assert not queue


async def codes() -> set[str]:
    return {row["short_code"] for row in await db.fetch("SELECT short_code FROM ticket")}


async def test_short_code_of_another_ticket_is_drawn_again_for_whoever_registers(draws: list[bytes]) -> None:
    event = await make_event()
    draws += [SAME, SAME]
    made = [await make_registration(event, 1) for _ in range(2)]

    assert {attendee.short_code for one in made for attendee in one.attendees} == await codes()
    assert len(await codes()) == 2


async def test_short_code_drawn_twice_for_one_registration_is_drawn_again(draws: list[bytes]) -> None:
    draws += [SAME, SAME]
    made = await make_registration(await make_event(), 2)

    assert len({attendee.short_code for attendee in made.attendees}) == 2


async def test_short_code_of_another_ticket_is_drawn_again_for_whoever_joins(draws: list[bytes]) -> None:
    draws += [SAME, SAME]
    made = await make_registration(await make_event(), 1)
    joined = await service.add_attendee(made.id, AttendeeIn("Noch", "Jemand"), ADMIN)

    assert len({attendee.short_code for attendee in joined.attendees}) == 2


async def test_short_code_of_another_ticket_is_drawn_again_for_a_substitute(draws: list[bytes]) -> None:
    draws += [SAME]
    made = await make_registration(await make_event(), 2)
    draws += [SAME]
    swapped = await service.swap_attendee(made.id, made.attendees[1].id, SwapIn("Karla", "Neu"), ADMIN)

    assert len({attendee.short_code for attendee in swapped.attendees}) == 2


async def test_same_short_code_may_stand_on_tickets_of_two_events(draws: list[bytes]) -> None:
    draws += [SAME, SAME]
    made = [await make_registration(await make_event(slug=slug), 1) for slug in ("first", "second")]

    assert len({attendee.short_code for one in made for attendee in one.attendees}) == 1


async def test_ticket_that_is_wrong_in_another_way_is_not_taken_for_bad_luck() -> None:
    made = await make_registration(await make_event(), 1)
    ticket = made.attendees[0]
    holder = Holder(ticket.id, made.id, "Karla", "Neu", "Werkstatt GmbH", "de", "confirmed")
    again = planned((await make_event(slug="second")).id, [holder])

    with pytest.raises(asyncpg.UniqueViolationError):
        await store(again)
