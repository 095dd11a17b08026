import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.demo import service
from events_app.events import queries as events
from events_app.events import service as event_service
from events_app.events.queries import EventRow
from events_app.kit import clock, db, settings
from events_app.kit.settings import Settings, SettingsError
from events_app.matchmaking import service as matchmaking
from events_app.organisations import queries as organisations
from events_app.registration import service as registrations
from tests.factories import ADMIN, make_event

COUNTED = ("cluster", "organisation", "event", "registration", "attendee", "ticket", "account", "matching_run", "match")


async def count(table: str, where: str = "true") -> int:
    return int(await db.fetch_value(f"SELECT count(*) FROM {table} WHERE {where}"))  # noqa: S608 - own names


async def counts() -> dict[str, int]:
    return {table: await count(table) for table in COUNTED}


async def demo_event(id_: str) -> EventRow:
    found = await events.by_id(await db.fetch_value("SELECT id FROM event WHERE demo_id = $1", id_))
    assert found is not None
    return found


async def statuses(id_: str) -> Sequence[str]:
    rows = await db.fetch(
        """SELECT a.status FROM attendee a JOIN event e ON e.id = a.event WHERE e.demo_id = $1
           ORDER BY a.created_at, a.waiting_number NULLS FIRST""",
        id_,
    )
    return [row["status"] for row in rows]


async def test_demo_holds_what_it_promises_and_sends_no_mail(database: None) -> None:
    assert not await service.is_loaded()
    assert await service.load()
    assert await service.is_loaded()
    assert (await count("cluster"), await count("organisation"), await count("event")) == (3, 55, 15)
    assert await count("event", "status = 'published'") == 15
    assert await count("event", "ends_at < now() AND closes_at < now()") == 8
    assert await count("event", "starts_at > now() AND closes_at < starts_at") == 7
    assert await count("outbox_mail") == 0


async def test_demo_loaded_twice_changes_nothing(database: None) -> None:
    await service.load()
    before = await counts()
    assert not await service.load()
    assert await counts() == before


async def test_two_loaders_at_once_load_one_demo(database: None) -> None:
    await asyncio.gather(service.load(), service.load())
    assert (await count("organisation"), await count("event"), await count("matching_run")) == (55, 15, 1)
    assert await service.is_loaded()


async def test_demo_never_overwrites_what_people_have_made_of_it(database: None) -> None:
    await service.load()
    changed = await demo_event("E10")
    await db.execute("UPDATE event SET title = 'Von Hand', slug = 'von-hand' WHERE id = $1", changed.id)
    await db.execute("UPDATE organisation SET name = 'Umbenannt GmbH' WHERE demo_id = 'D02'")
    await db.execute("UPDATE cluster SET tagline_de = 'Eigener Satz' WHERE slug = 'tab-mint'")
    await db.execute("UPDATE account SET role = 'admin', cluster_id = NULL WHERE email LIKE 'agent.tab-mint@%'")
    await db.execute("DELETE FROM organisation WHERE demo_id = 'D53'")
    assert await service.load()
    assert (await event_service.event_by_id(changed.id)).public.title == "Von Hand"
    assert await db.fetch_value("SELECT name FROM organisation WHERE demo_id = 'D02'") == "Umbenannt GmbH"
    cluster = await organisations.cluster_by_slug("tab-mint")
    assert cluster is not None
    assert cluster.tagline_de == "Eigener Satz"
    assert await db.fetch_value("SELECT role FROM account WHERE email LIKE 'agent.tab-mint@%'") == "admin"
    assert (await count("organisation"), await count("event"), await count("matching_run")) == (55, 15, 1)


async def test_demo_leaves_room_for_events_that_were_there_before(database: None) -> None:
    own = await make_event(title="Kooperationsbörse Mechatronik", slug="kooperationsboerse-mechatronik-2027")
    await service.load()
    assert (await demo_event("E09")).slug != own.slug
    assert await count("event") == 16


async def test_an_exchange_that_was_cancelled_before_its_proposals_is_let_be(database: None) -> None:
    await service.load()
    await db.execute("DELETE FROM matching_run")
    assert not await service.is_loaded()
    await registrations.cancel_event((await demo_event("E09")).slug, "Ausgefallen", ADMIN)
    assert not await service.load()
    assert await count("matching_run") == 0


async def test_events_that_have_passed_lie_ahead_of_the_clock(database: None, app_settings: Settings) -> None:
    settings.use(replace(app_settings, fixed_now=datetime(2029, 4, 2, tzinfo=UTC)))
    await service.load()
    assert await count("event", f"starts_at > '{clock.now().isoformat()}'") == 7
    workshop = (await demo_event("E13")).public
    assert (workshop.starts_at.isoformat(), workshop.ends_at.isoformat()) == (
        "2030-03-30T10:00:00+01:00",
        "2030-03-31T14:00:00+02:00",
    )


async def test_the_exchange_has_people_and_tickets(database: None) -> None:
    await service.load()
    exchange = await demo_event("E09")
    found = await statuses("E09")
    assert found.count("confirmed") == exchange.taken > 25
    assert found.count("cancelled") == 1
    where = f"event = '{exchange.id}' AND status = 'confirmed'"
    assert await count("ticket", where) == exchange.taken


async def test_the_exchange_has_published_proposals(database: None) -> None:
    await service.load()
    run = (await matchmaking.runs_of_event((await demo_event("E09")).slug, ADMIN)).published
    assert run is not None
    assert run.status == "done"
    assert run.summary is not None
    assert run.summary.proved_optimal
    assert len(await matchmaking.candidates(run.id, ADMIN)) >= run.summary.matches > 20
    missed = (await matchmaking.result(run)).missed
    assert [one.name for one in missed] == ["Erftaue Recyclingtechnik GmbH"]  # too far from everybody


async def test_the_visit_with_one_place_has_a_waiting_list(database: None) -> None:
    await service.load()
    assert await statuses("E14") == ["confirmed", "waiting", "waiting"]
    assert (await demo_event("E14")).seats_left == 0


async def test_a_person_of_the_demo_gets_mail_as_soon_as_something_really_happens(database: None) -> None:
    await service.load()
    exchange = await demo_event("E09")
    await registrations.cancel_event(exchange.slug, "Wasserschaden im Technikum", ADMIN)
    assert await count("outbox_mail", "kind = 'event-cancelled'") >= exchange.taken


async def test_log_in_links_open_each_role_s_desk(client: httpx.AsyncClient) -> None:
    await service.load()
    links = await service.login_links()
    assert [label for label, _ in links] == [
        "admin",
        "agent of TAB_MINT",
        "agent of Die Zukunftsmacher",
        "agent of Lausitz-Cares",
        "door of Kooperationsbörse Mechatronik",
    ]
    actors = []
    for _, url in links:
        token = await accounts.log_in_by_link(url.rpartition("/")[2], "test")
        actors.append(await accounts.actor_of_session(token))
    known = [actor for actor in actors if actor]
    assert [actor.role for actor in known] == ["admin", "agent", "agent", "agent", "door"]
    assert known[1].cluster_id == await organisations.cluster_id("tab-mint")
    assert known[4].event_id == (await demo_event("E09")).id
    page = await client.get((await service.login_links())[0][1])
    assert page.status_code == 200


async def test_a_disabled_account_gets_no_link(database: None) -> None:
    await service.load()
    await db.execute("UPDATE account SET disabled_at = now() WHERE email = 'admin@example.org'")
    assert next(label for label, _ in await service.login_links()) == "agent of TAB_MINT"


async def test_there_are_no_links_before_there_is_a_demo(database: None) -> None:
    assert await service.login_links() == []


async def test_production_has_no_demo(database: None, app_settings: Settings) -> None:
    settings.use(replace(app_settings, env="production"))
    with pytest.raises(SettingsError):
        await service.load()
    with pytest.raises(SettingsError):
        await service.login_links()
    assert await count("cluster") == 0
