from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.events.queries import EventRow
from events_app.events.queries import by_id as event_by_id
from events_app.events.schemas import EventPatch, Group, RegistrationWindow
from events_app.kit import clock, db
from events_app.kit import settings as app
from events_app.kit.errors import EventFull, Invalid, InvitationRequired
from events_app.registration import invitation_queries, service
from events_app.registration.rules import invitations as rules
from events_app.registration.rules.invitations import InvitationRow
from events_app.registration.schemas import AttendeeIn, InvitationIn, InvitationPatch, RegistrationOut
from events_app.registration.service.erase import erase_registration
from events_app.registration.service.invitations import forget_invited
from tests.factories import (
    ADMIN,
    auth,
    make_api_token,
    make_cluster,
    make_event,
    make_registration,
    registration_body,
)

ONLY = RegistrationWindow(invitation_only=True)
ENGLISH = {"Accept-Language": "en"}
Later = Callable[[timedelta], None]


@pytest.fixture
def later(database: None) -> Later:
    """Moves the clock on."""
    base = app.current()
    return lambda by: app.use(replace(base, fixed_now=datetime.now(UTC) + by))


async def invited(event: EventRow, **fields: Any) -> InvitationRow:
    [made] = await service.invite(event, [InvitationIn(**fields)], ADMIN)
    return made


async def reason(event: EventRow, people: int = 1, **fields: Any) -> str:
    with pytest.raises(InvitationRequired) as refusal:
        await make_registration(event, people, **fields)
    [error] = refusal.value.errors
    assert error.field == "/invitation"
    return error.code


async def left(event: EventRow) -> tuple[int | None, int]:
    """(seats left to the public, seats held)"""
    found = await event_by_id(event.id)
    assert found is not None
    return found.seats_left, found.held


def statuses(registration: RegistrationOut) -> list[str]:
    return [person.status for person in registration.attendees]


async def test_an_event_by_invitation_lets_in_whoever_has_a_code_however_it_is_typed(database: None) -> None:
    event = await make_event(registration=ONLY)
    code = (await invited(event, seats=3)).code
    assert await reason(event) == "required"
    for typed in (code, code.lower(), f" {code[:4]}-{code[4:]} "):
        assert statuses(await make_registration(event, 1, invitation=typed)) == ["confirmed"]


async def test_codes_have_no_signs_that_are_taken_for_others(database: None) -> None:
    event = await make_event()
    made = await service.invite(event, [InvitationIn() for _ in range(50)], ADMIN)
    assert len({one.code for one in made}) == 50
    assert not set("".join(one.code for one in made)) & set("01ILOU")
    assert all(len(one.code) == 8 for one in made)


async def test_each_refusal_says_why(database: None, later: Later) -> None:
    event, other = await make_event(), await make_event()
    foreign = await invited(other)
    own = await invited(event, email="lena.gast@example.org", seats=2)
    revoked = await service.revoke_invitation((await invited(event)).id, ADMIN)
    short = await invited(event, expires_at=clock.now() + timedelta(hours=1))
    shared = await invited(event, seats=2)
    assert await reason(event, invitation="NIEMAND1") == "unknown_invitation"
    assert await reason(event, invitation=foreign.code) == "unknown_invitation"
    assert await reason(event, invitation=own.code) == "invitation_foreign"
    assert await reason(event, invitation=revoked.code) == "invitation_revoked"
    assert await reason(event, 3, invitation=shared.code) == "invitation_too_small"
    await make_registration(event, 2, invitation=shared.code)
    assert await reason(event, invitation=shared.code) == "invitation_used"
    later(timedelta(hours=2))
    assert await reason(event, invitation=short.code) == "invitation_expired"


async def test_a_personal_invitation_is_for_one_registration_of_that_address(database: None) -> None:
    event = await make_event(registration=ONLY)
    own = await invited(event, email="Lena.Gast@example.org", seats=2)
    contact = {"given_name": "Lena", "family_name": "Gast", "email": "lena.gast@example.org"}
    made = await make_registration(event, 1, invitation=own.code, contact=contact)
    assert await reason(event, invitation=own.code, contact=contact) == "invitation_used"
    added = await service.add_attendee(made.id, AttendeeIn("Noch", "Jemand"), ADMIN)
    assert statuses(added) == ["confirmed", "confirmed"]
    with pytest.raises(InvitationRequired):
        await service.add_attendee(made.id, AttendeeIn("Zuviel", "Jemand"), ADMIN)


async def test_seats_held_back_are_kept_from_the_public_and_taken_by_the_code(database: None) -> None:
    event = await make_event(capacity=5)
    held = await invited(event, seats=3, holds_back=True)
    assert await left(event) == (2, 3)
    public = await make_registration(event, 3)
    assert statuses(public) == ["confirmed", "confirmed", "waiting"]
    assert statuses(await make_registration(event, 2, invitation=held.code)) == ["confirmed", "confirmed"]
    assert await left(event) == (0, 1)


async def test_more_than_is_free_cannot_be_held_back(database: None) -> None:
    event = await make_event(capacity=5)
    with pytest.raises(Invalid) as refusal:
        await invited(event, seats=6, holds_back=True)
    assert [(e.field, e.code, e.values["left"]) for e in refusal.value.errors] == [("/seats", "too_few_free", 5)]
    made = await invited(event, seats=5, holds_back=True)
    with pytest.raises(Invalid):
        await service.change_invitation(made.id, InvitationPatch(seats=6), ADMIN)


@pytest.mark.parametrize("way", ["revoked", "expired, by the worker", "expired, by somebody who needs a seat"])
async def test_held_seats_go_to_the_line_when_the_invitation_ends(database: None, later: Later, way: str) -> None:
    event = await make_event(capacity=2)
    held = await invited(event, seats=2, holds_back=True, expires_at=clock.now() + timedelta(hours=1))
    first = await make_registration(event, 1)
    assert statuses(first) == ["waiting"]
    if way == "revoked":
        await service.revoke_invitation(held.id, ADMIN)
    else:
        later(timedelta(hours=2))
    if way == "expired, by the worker":
        assert await service.expire_offers() == 1
        assert await service.expire_offers() == 0
    if way == "expired, by somebody who needs a seat":
        assert statuses(await make_registration(event, 1)) == ["confirmed"]
    assert (await service.get_registration(first.id)).attendees[0].offer is not None
    assert (await left(event))[1] == 0


async def test_a_seat_given_back_returns_to_the_hold_and_the_use_to_the_code(database: None) -> None:
    event = await make_event(capacity=2)
    held = await invited(event, seats=1, holds_back=True)
    made = await make_registration(event, 1, invitation=held.code)
    await make_registration(event, 1)
    line = await make_registration(event, 1)
    await service.cancel_registration(made.id, ADMIN)
    after = await service.get_invitation(held.id)
    assert (after.used, after.held) == (0, 1)
    assert (await service.get_registration(line.id)).attendees[0].offer is None
    assert statuses(await make_registration(event, 1, invitation=held.code)) == ["confirmed"]


async def test_a_seat_given_back_after_the_invitation_ended_goes_to_the_line(database: None) -> None:
    event = await make_event(capacity=1)
    held = await invited(event, seats=1, holds_back=True)
    made = await make_registration(event, 1, invitation=held.code)
    line = await make_registration(event, 1)
    await service.revoke_invitation(held.id, ADMIN)
    await service.cancel_registration(made.id, ADMIN)
    assert (await service.get_registration(line.id)).attendees[0].offer is not None


async def test_the_last_use_of_a_code_is_won_by_one(database: None) -> None:
    event = await make_event()
    code = (await invited(event, seats=1, holds_back=True)).code
    answers = await asyncio.gather(
        *(make_registration(event, 1, invitation=code) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(answer, RegistrationOut) for answer in answers) == 1
    assert sum(isinstance(answer, InvitationRequired) for answer in answers) == 9
    assert await db.fetch_value("SELECT count(*) FROM registration") == 1


async def test_an_invitation_opens_its_group_with_the_seats_held_there(database: None) -> None:
    event = await make_event(
        groups=[Group("all", "Alle", quota=5), Group("press", "Presse", "", 2, invitation_only=True)]
    )
    assert await reason(event, group="press") == "required"
    press = await invited(event, group="press", seats=2, holds_back=True)
    with pytest.raises(Invalid) as refusal:
        await make_registration(event, 1, invitation=press.code, group="all")
    assert [(e.field, e.code) for e in refusal.value.errors] == [("/group", "other_group")]
    assert statuses(await make_registration(event, 2, invitation=press.code)) == ["confirmed", "confirmed"]
    after = await event_by_id(event.id)
    assert after is not None
    assert [(group.taken, group.held) for group in after.groups] == [(0, 0), (2, 0)]


async def test_an_invitation_may_spare_the_approval(database: None) -> None:
    event = await make_event(capacity=1, registration=RegistrationWindow(approval=True))
    vip = await invited(event, seats=1, holds_back=True, skips_approval=True)
    slow = await invited(event, seats=2)
    pending = await make_registration(event, 1, invitation=slow.code)
    assert statuses(pending) == ["pending"]
    assert statuses(await service.approve_registration(pending.id, ADMIN)) == ["waiting"]
    assert statuses(await make_registration(event, 1, invitation=vip.code)) == ["confirmed"]
    assert (await service.get_invitation(slow.id)).used == 1


async def test_an_approved_person_gets_the_seat_that_is_held_for_their_invitation(database: None) -> None:
    event = await make_event(capacity=1, registration=RegistrationWindow(approval=True))
    held = await invited(event, seats=1, holds_back=True)
    made = await make_registration(event, 1, invitation=held.code)
    assert statuses(await service.approve_registration(made.id, ADMIN)) == ["confirmed"]
    assert await left(event) == (0, 0)


async def test_a_lowered_capacity_leaves_invitations_what_there_is(database: None) -> None:
    event = await make_event(capacity=5, waiting_list=False)
    held = await invited(event, seats=4, holds_back=True)
    await service.change_event(event.slug, EventPatch(capacity=2), ADMIN)
    with pytest.raises(EventFull):
        await make_registration(event, 1)
    assert statuses(await make_registration(event, 2, invitation=held.code)) == ["confirmed", "confirmed"]
    with pytest.raises(EventFull):
        await make_registration(event, 1, invitation=held.code)


async def test_fewer_places_than_people_is_refused_and_holding_can_be_given_up(database: None) -> None:
    event = await make_event(capacity=5)
    made = await invited(event, seats=4, holds_back=True)
    await make_registration(event, 2, invitation=made.code)
    with pytest.raises(Invalid) as refusal:
        await service.change_invitation(made.id, InvitationPatch(seats=1), ADMIN)
    assert [error.code for error in refusal.value.errors] == ["too_few"]
    after = await service.change_invitation(made.id, InvitationPatch(holds_back=False), ADMIN)
    assert (after.held, await left(event)) == (0, (3, 0))


async def test_erasing_a_guest_erases_whose_invitation_it_was(database: None) -> None:
    event = await make_event(capacity=1)
    own = await invited(event, email="lena.gast@example.org", label="Lena Gast", holds_back=True)
    contact = {"given_name": "Lena", "family_name": "Gast", "email": "lena.gast@example.org"}
    made = await make_registration(event, 1, invitation=own.code, contact=contact)
    await erase_registration(made.id, ADMIN)
    after = await service.get_invitation(own.id)
    assert (after.email, after.label, after.held) == ("", "", 0)
    assert await left(event) == (1, 0)


def test_a_code_is_one_code_however_it_is_typed() -> None:
    assert {rules.normal_code(typed) for typed in ("ABCD-EFGH", "abcd efgh", "\tabcdefgh ", "A.B.C.D-EFGH")} == {
        "ABCDEFGH"
    }
    assert rules.written("ABCDEFGH") == "ABCD-EFGH"


@pytest.fixture
async def desk(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser in which an admin who reads English is logged in."""
    account = await accounts.create_account("admin@example.org", "admin")
    client.cookies.set("session", await accounts.log_in_by_link((await accounts.new_login(account)).token, "test"))
    client.headers["Accept-Language"] = "en"
    return client


async def test_the_desk_makes_a_code_shows_its_use_and_withdraws_it(desk: httpx.AsyncClient) -> None:
    event = await make_event(capacity=10)
    page_at = f"/desk/events/{event.slug}/invitations"
    assert "No invitations yet" in (await desk.get(page_at)).text
    typed = {"label": "Elektroinnung", "seats": "4", "holds_back": "yes", "expires_at": "2099-01-01T10:00"}
    assert (await desk.post(page_at, data=typed)).status_code == 303
    [made] = await invitation_queries.of_event(event.id)
    assert (made.label, made.seats, made.held, made.email) == ("Elektroinnung", 4, 4, None)
    await make_registration(event, 3, invitation=made.code)
    shown = (await desk.get(page_at)).text
    assert "3 of 4 places used" in shown
    assert made.written in shown
    assert (await desk.post(f"{page_at}/{made.id}/revoke")).status_code == 303
    assert (await left(event)) == (7, 0)


async def test_the_desk_makes_a_personal_code_for_each_pasted_address(desk: httpx.AsyncClient) -> None:
    event = await make_event()
    pasted = {"seats": "1", "people": "Lena Gast <lena@example.org>; Müller, Jan <jan@example.org>"}
    page_at = f"/desk/events/{event.slug}/invitations"
    await desk.post(page_at, data=pasted)
    made = await invitation_queries.of_event(event.id)
    assert [(one.email, one.label) for one in made] == [
        ("jan@example.org", "Jan Müller"),
        ("lena@example.org", "Lena Gast"),
    ]
    sheet = await desk.get(f"{page_at}.csv")
    assert made[0].written in sheet.text
    refused = await desk.post(page_at, data={"seats": "1", "people": "Nur Name"})
    assert refused.status_code == 400
    assert "needs an e-mail address" in refused.text


async def test_the_desk_turns_over_many_invitations_and_comes_back_to_the_same_page(desk: httpx.AsyncClient) -> None:
    event = await make_event()
    page_at = f"/desk/events/{event.slug}/invitations"
    pasted = "; ".join(f"Gast {number:02} <g{number:02}@example.org>" for number in range(51))
    await desk.post(page_at, data={"seats": "1", "people": pasted})
    first, last = (await desk.get(page_at)).text, (await desk.get(f"{page_at}?page=2")).text
    assert ("Gast 49" in first, "Gast 50" in first, f"{page_at}?page=2" in first) == (True, False, True)
    assert ("Gast 49" in last, "Gast 50" in last, f"{page_at}?page=1" in last, "page=3" in last) == (
        False,
        True,
        True,
        False,
    )
    [*_, one] = await invitation_queries.of_event(event.id)
    wrong = await desk.post(f"{page_at}/{one.id}?page=2", data={"seats": "viele"})
    assert (wrong.status_code, "whole number" in wrong.text) == (400, True)
    gone = await desk.post(f"{page_at}/{one.id}/revoke?page=2")
    assert gone.headers["location"] == f"{page_at}?page=2&done=saved"
    assert (await desk.get(f"{page_at}.csv")).text.count("@example.org") == 51
    assert "No more invitations" in (await desk.get(f"{page_at}?page=9")).text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"seats": "99", "holds_back": "yes"}, "Only 5 seats are free"),
        ({"seats": "viele"}, "whole number"),
        ({"seats": "1", "expires_at": "2027-03-28T02:30"}, "There is no such day and time"),
    ],
)
async def test_the_desk_says_at_the_field_what_is_wrong(
    desk: httpx.AsyncClient, typed: dict[str, str], message: str
) -> None:
    event = await make_event(capacity=5)
    answer = await desk.post(f"/desk/events/{event.slug}/invitations", data=typed)
    assert answer.status_code == 400
    assert message in answer.text
    assert await invitation_queries.of_event(event.id) == []


async def test_the_api_lists_makes_and_withdraws_invitations(client: httpx.AsyncClient) -> None:
    event, agent = await make_event(), auth(await make_api_token("admin"))
    at = f"/api/v1/events/{event.slug}/invitations"
    made = (await client.post(at, json={"label": "Presse", "seats": 2}, headers=agent)).json()
    assert (made["state"], made["used"], made["seats"]) == ("open", 0, 2)
    assert made["url"].endswith(f"/events/{event.slug}/register?invitation={made['code']}")
    assert [one["id"] for one in (await client.get(at, headers=agent)).json()["items"]] == [made["id"]]
    gone = await client.delete(f"/api/v1/invitations/{made['id']}", headers=agent)
    assert (gone.status_code, gone.json()["state"]) == (200, "revoked")
    assert (await client.get(at)).status_code == 401
    stranger = auth(await make_api_token("agent", (await make_cluster()).id))
    assert (await client.delete(f"/api/v1/invitations/{made['id']}", headers=stranger)).status_code == 403


async def test_the_api_refuses_a_wrong_code_with_the_reason_at_its_field(client: httpx.AsyncClient) -> None:
    event = await make_event(registration=ONLY)
    at = f"/api/v1/events/{event.slug}/registrations"
    for body in (registration_body(), registration_body(invitation="NIEMAND1")):
        answer = await client.post(at, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "invitation_required")
        assert [error["field"] for error in answer.json()["errors"]] == ["/invitation"]


async def test_the_link_of_an_invitation_fills_in_code_and_group(client: httpx.AsyncClient) -> None:
    groups = [Group("all", "Alle"), Group("press", "Presse", invitation_only=True)]
    event = await make_event(groups=groups)
    at = f"/events/{event.slug}/register"
    assert "I have an invitation code" not in (await client.get(at, headers=ENGLISH)).text
    press = await invited(event, group="press")
    form = (await client.get(f"{at}?invitation={press.code.lower()}", headers=ENGLISH)).text
    assert f'value="{press.written}"' in form
    assert re.search(r'value="press"[^>]* checked', form)
    assert "By invitation only" in form


async def test_a_wrong_code_is_shown_at_its_field_of_the_form(client: httpx.AsyncClient) -> None:
    event = await make_event(registration=ONLY)
    person = {"contact.given_name": "Lena", "contact.family_name": "Gast", "contact.email": "lena@example.org"}
    rest = {"organisation.name": "Werk", "organisation.kind": "company", "consents.privacy": "yes"}
    typed = {**person, **rest, "contact_attends": "yes", "invitation": "FALSCH22"}
    answer = await client.post(f"/events/{event.slug}/register", data=typed, headers=ENGLISH)
    assert answer.status_code == 403
    assert "We don&#39;t know this code" in answer.text
    assert 'href="#f-invitation"' in answer.text


async def test_invited_people_are_forgotten_when_contact_data_is(later: Later) -> None:
    event = await make_event()
    invited = [InvitationIn(label="Jonas Beck", email="j.beck@example.org"), InvitationIn(label="Presse", seats=3)]
    await service.invite(event, invited, ADMIN)
    days = app.current().retention_days
    until_end = event.public.ends_at - datetime.now(UTC)
    later(until_end + timedelta(days=days, minutes=-1))
    await forget_invited()
    assert {row.label for row in await invitation_queries.of_event(event.id)} == {"Jonas Beck", "Presse"}
    later(until_end + timedelta(days=days, minutes=1))
    await forget_invited()
    rows = await invitation_queries.of_event(event.id)
    assert [(row.label, row.email or "") for row in rows] == [("", ""), ("", "")]
