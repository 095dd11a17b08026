from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.events import queries as event_queries
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.events.schemas import AgendaItem, EventPatch, Group, Matchmaking, RegistrationWindow
from events_app.kit import db
from events_app.kit.errors import EventCancelled, EventFull
from events_app.registration import desk_queries
from events_app.registration import service as registrations
from tests.factories import ADMIN, make_cluster, make_event, make_registration, soon
from tests.pagecheck import Page


@pytest.fixture
async def desk(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser in which the agent of the cluster `own` is logged in."""
    cluster = await make_cluster("own")
    account = await accounts.create_account("agentin@example.org", "agent", cluster_id=cluster.id)
    session = await accounts.log_in_by_link((await accounts.new_login(account)).token, "test")
    client.cookies.set("session", session)
    return client


def person(given: str, family: str, email: str | None = None) -> dict[str, str | None]:
    return {"given_name": given, "family_name": family, "email": email}


def form_of(html: str) -> dict[str, str]:
    """What a browser would send of the page's form if nothing was changed: texts, selections, ticks."""
    html = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    found = dict(re.findall(r'<input class="input[^>]*? name="([^"]+)" value="([^"]*)"', html))
    found |= dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    found |= dict(re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>\n([^<]*)</textarea>', html))
    found |= dict(re.findall(r'<input type="[cr][^>]*? name="([^"]+)" value="([^"]*)"[^>]*? checked', html))
    for name, options in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', html, flags=re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: unescape(text) for name, text in found.items()}


async def reread(event: EventRow) -> EventRow:
    again = await event_queries.by_id(event.id)
    assert again is not None
    return again


async def test_first_page_shows_what_comes_and_what_waits(desk: httpx.AsyncClient) -> None:
    event = await make_event(title="Auftakt in Halle", cluster="own", capacity=2)
    await make_registration(event, people=3)
    await make_event(title="Noch nicht fertig", cluster="own", published=False)
    await make_event(title="Lange her", cluster="own", starts_at=soon(days=-9))
    page = (await desk.get("/desk")).text
    assert "2 von 2 Plätzen belegt" in page
    assert "1 auf der Warteliste" in page
    assert "Noch nicht fertig" in page
    assert "Lange her" not in page


async def test_first_page_of_an_empty_house_says_what_to_do(desk: httpx.AsyncClient) -> None:
    page = (await desk.get("/desk")).text
    assert "Legen Sie eine an" in page
    assert "Zu erledigen" not in page


async def test_event_page_shows_its_numbers_and_gaps(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own", capacity=2)
    await make_registration(event, people=3)
    page = (await desk.get(f"/desk/events/{event.slug}")).text
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["2", "1", "1"]
    assert "E-Mail-Adresse des Veranstalters fehlt" in page


async def test_form_that_is_sent_unchanged_changes_nothing(desk: httpx.AsyncClient) -> None:
    start = soon().replace(hour=9)
    event = await make_event(
        cluster="own",
        starts_at=start,
        description="Lang & <breit>\n\n- a",
        matchmaking=Matchmaking(enabled=True, slots=[start]),
        agenda=[AgendaItem(start, "Beginn")],
    )
    await make_registration(event)
    before = (await reread(event)).public
    queued = await db.fetch_value("SELECT count(*) FROM outbox_mail")
    page = await desk.get(f"/desk/events/{event.slug}/edit")
    answer = await desk.post(f"/desk/events/{event.slug}/edit", data=form_of(page.text))
    assert answer.headers["location"] == f"/desk/events/{event.slug}?done=saved"
    assert (await reread(event)).public == before
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail") == queued


async def test_new_time_moves_slots_and_tells_the_people(desk: httpx.AsyncClient) -> None:
    start = soon().replace(hour=9)
    event = await make_event(cluster="own", starts_at=start, matchmaking=Matchmaking(enabled=True, slots=[start]))
    await make_registration(event, people=2)
    form = form_of((await desk.get(f"/desk/events/{event.slug}/edit")).text)
    form["starts_at"] = form["starts_at"][:11] + "08:15"
    await desk.post(f"/desk/events/{event.slug}/edit", data=form)
    after = (await reread(event)).public
    assert after.starts_at.strftime("%H:%M") == "08:15"
    assert after.matchmaking.slots == [after.starts_at]
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = 'event-changed'") == 2


async def test_wrong_change_keeps_what_was_typed_and_the_event(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own")
    form = form_of((await desk.get(f"/desk/events/{event.slug}/edit")).text) | {"title": "", "capacity": "12x"}
    answer = await desk.post(f"/desk/events/{event.slug}/edit", data=form)
    assert answer.status_code == 400
    assert 'value="12x"' in answer.text
    assert await reread(event) == event


async def test_cancelling_asks_first_and_tells_the_reason(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own", capacity=1)
    await make_registration(event, people=2)
    question = await desk.get(f"/desk/events/{event.slug}/cancel")
    assert "2 Personen werden sofort per E-Mail benachrichtigt" in question.text
    assert (await reread(event)).public.status == "published"
    await desk.post(f"/desk/events/{event.slug}/cancel", data={"reason": "Sturm"})
    after = await reread(event)
    assert (after.public.status, after.cancel_reason) == ("cancelled", "Sturm")
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = 'event-cancelled'") == 2
    assert "Sturm" in (await desk.get(f"/desk/events/{event.slug}")).text
    assert (await desk.get(f"/desk/events/{event.slug}/edit")).status_code == 409


async def test_people_are_found_by_parts_of_names_without_case_and_accents(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own")
    people = [person("Änne", "Müßig"), person("Renée", "O'Neil", "renee@example.org"), person("نور", "الدين")]
    await make_registration(event, attendees=people)
    await make_registration(event, attendees=[person("100%", "Snake_Case")])

    async def found(wanted: str) -> list[str]:
        return [one.given_name for one in (await desk_queries.people([event.id], wanted)).people]

    assert await found("muess") == ["Änne"]
    assert await found("MÜSSIG änne") == ["Änne"]
    assert await found("renee o'n") == ["Renée"]
    assert await found("RENEE@EXAMPLE") == ["Renée"]
    assert await found("نور") == ["نور"]
    assert await found("%") == ["100%"]
    assert await found("snake_c") == ["100%"]
    assert await found("snakexc") == []
    assert await found("\\") == []
    assert len(await found("werkstatt")) == 4
    assert len(await found("")) == 4


async def test_people_stand_in_the_order_of_german_names(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own")
    names = ["Zander", "Öhler", "Oertel", "Ohm", "Aßmann", "Assel", "Äbel"]
    await make_registration(event, attendees=[person("Test", name) for name in names])
    found = await desk_queries.people([event.id])
    assert [one.family_name for one in found.people] == ["Äbel", "Assel", "Aßmann", "Öhler", "Oertel", "Ohm", "Zander"]


async def test_list_of_people_shows_status_contact_and_no_secret(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own", capacity=1)
    made = await make_registration(
        event, attendees=[person("Anna", "Erste"), person("Bea", "Zweite", "bea@example.org")]
    )
    page = (await desk.get(f"/desk/events/{event.slug}/people")).text
    assert "Warteliste, Platz 1" in page
    assert "mailto:bea@example.org" in page
    assert "über Kontakt" in page
    assert made.manage_token not in page
    only = (await desk.get(f"/desk/events/{event.slug}/people", params={"status": "waiting"})).text
    assert "Zweite" in only
    assert "Erste" not in only


async def test_markup_in_names_stays_text(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own")
    await make_registration(event, attendees=[person("<script>alert(1)</script>", "x\u202ey")])
    page = (await desk.get(f"/desk/events/{event.slug}/people", params={"q": '"><script>'})).text
    assert "<script>alert" not in page
    assert '"><script>' not in page


async def test_many_people_come_page_by_page(desk: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_queries, "PAGE", 3)
    event = await make_event(cluster="own")
    await make_registration(event, attendees=[person("Test", f"Name{number}") for number in range(7)])
    at, seen = f"/desk/events/{event.slug}/people?q=test", []
    while at:
        page = (await desk.get(at)).text
        seen.append(re.findall(r'<th scope="row">.*?(Name\d)', page))
        forward = re.search(r'rel="next" href="([^"]+)"', page)
        at = forward[1].replace("&amp;", "&") if forward else ""
    assert seen == [["Name0", "Name1", "Name2"], ["Name3", "Name4", "Name5"], ["Name6"]]


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "\u0663"])
async def test_senseless_page_numbers_do_no_harm(desk: httpx.AsyncClient, page: str) -> None:
    event = await make_event(cluster="own")
    assert (await desk.get(f"/desk/events/{event.slug}/people", params={"page": page})).status_code == 200


async def test_search_over_all_events_stays_in_the_cluster(desk: httpx.AsyncClient) -> None:
    await make_cluster("other")
    mine, foreign = await make_event(cluster="own"), await make_event(cluster="other")
    await make_registration(mine, attendees=[person("Anna", "Gesucht")])
    await make_registration(foreign, attendees=[person("Fremde", "Gesucht")])
    page = (await desk.get("/desk/people", params={"q": "gesucht"})).text
    assert "Anna" in page
    assert "Fremde" not in page
    assert "mindestens zwei Buchstaben" in (await desk.get("/desk/people", params={"q": "g"})).text


@pytest.mark.parametrize("typed", ["müßig", "muessig", "mussig", "MÜSSIG Jose", "mus_ig", "%"])
async def test_search_finds_umlauts_however_they_are_typed(desk: httpx.AsyncClient, typed: str) -> None:
    event = await make_event(cluster="own")
    await make_registration(event, attendees=[person("José", "Müßig"), person("Anna", "Muster")])
    found = (await desk_queries.people([event.id], typed)).people
    assert [one.family_name for one in found] == ([] if typed in {"mus_ig", "%"} else ["Müßig"])


async def test_registration_opens_for_those_who_run_its_event(desk: httpx.AsyncClient) -> None:
    await make_cluster("other")
    mine = await make_registration(await make_event(cluster="own"))
    foreign = await make_registration(await make_event(cluster="other"))
    answer = await desk.get(f"/desk/registrations/{mine.id}")
    assert answer.headers["location"] == f"/registrations/{mine.manage_token}"
    assert (await desk.get(f"/desk/registrations/{foreign.id}")).status_code == 403
    assert (await desk.get(f"/desk/registrations/{uuid4()}")).status_code == 404


async def test_numbers_of_many_events_are_one_statement(desk: httpx.AsyncClient) -> None:
    made = [await make_event(cluster="own", capacity=3) for _ in range(3)]
    await asyncio.gather(*(make_registration(event, people=2) for event in made[:2] for _ in range(2)))
    numbers = await desk_queries.numbers([event.id for event in made])
    assert [(n.confirmed, n.waiting, n.registrations, n.all) for n in numbers.values()] == [
        (3, 1, 2, 4),
        (3, 1, 2, 4),
        (0, 0, 0, 0),
    ]
    assert await desk_queries.numbers([]) == {}
    assert (await desk_queries.numbers([UUID(int=9)]))[UUID(int=9)].all == 0


async def test_change_of_an_event_cancelled_meanwhile_is_refused(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own")
    form = form_of((await desk.get(f"/desk/events/{event.slug}/edit")).text)
    await events.store_cancellation(event, "", ADMIN)
    answer = await desk.post(f"/desk/events/{event.slug}/edit", data=form | {"title": "Doch noch"})
    assert answer.status_code == 409
    with pytest.raises(EventCancelled):
        await events.store_change(event, EventPatch(title="x"), ADMIN)


async def pending_event(**fields: object) -> EventRow:
    return await make_event(cluster="own", registration=RegistrationWindow(approval=True), **fields)


async def mails() -> dict[str, int]:
    rows = await db.fetch("SELECT kind, count(*) AS owed FROM outbox_mail GROUP BY kind")
    return {row["kind"]: row["owed"] for row in rows}


async def test_approving_gives_seats_tickets_and_places_in_line(desk: httpx.AsyncClient) -> None:
    event = await pending_event(capacity=2)
    made = await make_registration(event, people=3)
    page = await desk.get(f"/desk/events/{event.slug}/people")
    assert f'action="/desk/registrations/{made.id}/approve"' in page.text
    answer = await desk.post(f"/desk/registrations/{made.id}/approve")
    assert answer.headers["location"] == f"/desk/events/{event.slug}/people?done=approved"
    after = await registrations.get_registration(made.id)
    assert [person.status for person in after.attendees] == ["confirmed", "confirmed", "waiting"]
    assert (await reread(event)).taken == 2
    assert await mails() == {"registration-pending": 1, "registration-confirmed": 1, "ticket": 2}


async def test_approving_twice_at_once_takes_the_seats_once(desk: httpx.AsyncClient) -> None:
    event = await pending_event(capacity=10)
    made = await make_registration(event, people=3)
    await asyncio.gather(*(registrations.approve_registration(made.id, ADMIN) for _ in range(4)))
    assert (await reread(event)).taken == 3
    assert (await mails())["ticket"] == 3


async def test_approving_more_than_fit_never_oversells(desk: httpx.AsyncClient) -> None:
    event = await pending_event(capacity=5, waiting_list=False)
    made = [await make_registration(event, people=2) for _ in range(4)]
    tries = [registrations.approve_registration(one.id, ADMIN) for one in made]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, EventFull) for result in results) == 2
    assert (await reread(event)).taken == 4


async def test_declining_tells_the_contact(desk: httpx.AsyncClient) -> None:
    event = await pending_event()
    made = await make_registration(event, people=2)
    await desk.post(f"/desk/registrations/{made.id}/decline")
    assert (await registrations.get_registration(made.id)).status == "cancelled"
    assert await mails() == {"registration-pending": 1, "registration-cancelled": 1}


async def test_waiting_people_get_seats_by_hand_and_more_time(desk: httpx.AsyncClient) -> None:
    event = await make_event(cluster="own", capacity=1)
    first, second, third = [await make_registration(event, 1) for _ in range(3)]
    promote = f"/desk/registrations/{third.id}/people/{third.attendees[0].id}/promote"
    page = await desk.get(f"/desk/events/{event.slug}/people?status=waiting")
    Page(page.text)
    assert f'action="{promote}"' in page.text
    assert (await desk.post(promote)).status_code == 409
    answer = await desk.post(promote, data={"over_capacity": "yes"})
    assert "Der Platz ist vergeben" in (await desk.get(answer.headers["location"])).text
    assert (await registrations.get_registration(third.id)).status == "confirmed"
    assert (await reread(event)).taken == 2
    await registrations.cancel_registration(first.id, ADMIN)
    await registrations.cancel_registration(third.id, ADMIN)
    [before] = (await registrations.get_registration(second.id)).attendees
    offered = await desk.get(f"/desk/events/{event.slug}/people?status=waiting")
    assert "Platz angeboten bis" in offered.text
    await desk.post(f"/desk/registrations/{second.id}/extend")
    [after] = (await registrations.get_registration(second.id)).attendees
    assert before.offer is not None
    assert after.offer is not None
    assert after.offer.expires_at - before.offer.expires_at == timedelta(hours=48)


async def test_seats_are_given_by_those_who_run_the_event(desk: httpx.AsyncClient) -> None:
    event = await make_event(capacity=1)
    made = await make_registration(event, 2)
    for path in (f"people/{made.attendees[1].id}/promote", "extend"):
        answer = await desk.post(f"/desk/registrations/{made.id}/{path}", data={"over_capacity": "yes"})
        assert answer.status_code == 403
    assert (await registrations.get_registration(made.id)).attendees[1].status == "waiting"


async def test_deciding_is_for_those_who_run_the_event(desk: httpx.AsyncClient) -> None:
    await make_cluster("other")
    event = await make_event(cluster="other", registration=RegistrationWindow(approval=True))
    made = await make_registration(event)
    for deed in ("approve", "decline"):
        assert (await desk.post(f"/desk/registrations/{made.id}/{deed}")).status_code == 403
    assert (await registrations.get_registration(made.id)).status == "pending"


async def test_approving_after_the_event_was_cancelled_is_refused(desk: httpx.AsyncClient) -> None:
    event = await pending_event()
    made = await make_registration(event)
    await events.store_cancellation(event, "", ADMIN)
    with pytest.raises(EventCancelled):
        await registrations.approve_registration(made.id, ADMIN)


async def test_people_are_moved_to_another_group_from_the_list(desk: httpx.AsyncClient) -> None:
    groups = [Group("firms", "Betriebe"), Group("press", "Presse")]
    event = await make_event(cluster="own", groups=groups)
    made = await make_registration(event, 1, group="firms")
    assert "Betriebe" in (await desk.get(f"/desk/events/{event.slug}/people")).text
    answer = await desk.post(f"/desk/registrations/{made.id}/group", data={"group": "press"})
    assert answer.status_code == 303
    after = await event_queries.by_slug(event.slug)
    assert after is not None
    assert [group.taken for group in after.groups] == [0, 1]
