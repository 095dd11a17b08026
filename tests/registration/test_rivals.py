"""What goes wrong elsewhere (docs/rivals.md) and had no test of its own here yet."""

from __future__ import annotations

from collections import Counter

from events_app.accounts.rules import Actor
from events_app.kit import db
from events_app.registration import service
from events_app.registration.schemas import RegistrationOut
from tests.factories import ADMIN, make_event, make_registration


async def mailed(kind: str) -> list[tuple[str, str]]:
    """(recipient, attendee's id) of the mails of a kind."""
    rows = await db.fetch("SELECT recipient, attendee_id FROM outbox_mail WHERE kind = $1 ORDER BY id", kind)
    return [(row["recipient"], str(row["attendee_id"])) for row in rows]


async def offered(made: RegistrationOut) -> list[bool]:
    return [person.offer is not None for person in (await service.get_registration(made.id)).attendees]


async def test_seven_people_with_one_address_get_seven_tickets(database: None) -> None:
    """Hi.Events #883: only the first of seven tickets ordered with one address was mailed."""
    people = [{"given_name": f"Gast{n}", "family_name": "Muster", "email": "alle@example.org"} for n in range(7)]
    made = await make_registration(await make_event(), attendees=people)
    tickets = await mailed("ticket")
    assert Counter(recipient for recipient, _ in tickets) == {"alle@example.org": 7}
    assert {person for _, person in tickets} == {str(person.id) for person in made.attendees}
    assert len({person.code for person in made.attendees}) == 7


async def test_whoever_cancels_after_taking_a_free_seat_leaves_the_line_and_blocks_nothing(database: None) -> None:
    """Pretix #1163: they stayed on the waiting list, and their voucher came to life again and held the seat."""
    event = await make_event(capacity=1)
    first, second, third = [await make_registration(event, 1) for _ in range(3)]
    await service.cancel_registration(first.id, ADMIN)
    contact = Actor("registration", second.id)
    await service.take_offers(second.id, [second.attendees[0].id], contact)
    await service.cancel_registration(second.id, contact)
    assert await offered(second) == [False]
    assert await offered(third) == [True]
    assert (await service.get_registration(second.id)).status == "cancelled"
    assert [recipient for recipient, _ in await mailed("seat-available")].count(await _contact(second)) == 1


async def _contact(made: RegistrationOut) -> str:
    return str(await db.fetch_value("SELECT contact_email FROM registration WHERE id = $1", made.id))
