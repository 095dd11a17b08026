from __future__ import annotations

import csv
from io import StringIO

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events_app.kit import db
from events_app.matchmaking import service
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.rules.supply import ALL, Balance, View, supply_and_demand
from events_app.matchmaking.rules.values import Need, Offer, Participant
from tests.factories import ADMIN, auth, make_api_token, make_cluster
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import BRIKETT, NEISSETAL, SAALEBLICK, SAALEKREIS, computed, join, make_exchange

FACTS = knowledge()
HALLE, SAALEKREIS_AGS, KIEL = "15002", "15088", "01002"


def seeker(district: str | None = HALLE, *needs: Need) -> Participant:
    return Participant("c", "company", district, needs=needs or (Need("mechatroniker", "grundlehrgang", 5),))


def offerer(district: str | None = HALLE, *offers: Offer) -> Participant:
    return Participant(
        "p", "training_provider", district, offers=offers or (Offer("mechatroniker", "grundlehrgang", 3),)
    )


def balances(*people: Participant, view: View = "both") -> list[Balance]:
    return supply_and_demand(people, FACTS, view)


def test_need_and_offer_of_one_group_and_district_stand_in_one_row() -> None:
    related = Offer("elektroniker-fuer-automatisierungstechnik", "grundlehrgang", 3)
    assert balances(seeker(), offerer(HALLE, related)) == [Balance("261", HALLE, 1, 5, 1, 3, 0)]
    assert balances(seeker(), offerer(HALLE, related))[0].missing == 2


@pytest.mark.parametrize(
    ("offer", "district", "near"),
    [
        (Offer("mechatroniker", "grundlehrgang", 3), SAALEKREIS_AGS, 3),
        (Offer("mechatroniker", "grundlehrgang", 3), KIEL, 0),
        (Offer("mechatroniker", "grundlehrgang", 3, remote=True), KIEL, 3),
        (Offer("*", "grundlehrgang", 3), HALLE, 3),
        (Offer("koch-koechin", "grundlehrgang", 3), HALLE, 0),
    ],
)
def test_what_could_help_besides_is_near(offer: Offer, district: str, near: int) -> None:
    (row,) = [one for one in balances(seeker(), offerer(district, offer)) if one.needs]
    assert (row.offered, row.near, row.missing) == (0, near, 5 - near)


def test_offer_counts_in_each_served_district_and_once_in_all() -> None:
    wide = Offer("mechatroniker", "grundlehrgang", 3, frozenset([SAALEKREIS_AGS, KIEL]))
    assert [one.offered for one in balances(offerer(HALLE, wide))] == [3, 3, 3]
    assert balances(offerer(HALLE, wide), view="occupation") == [Balance("261", ALL, 0, 0, 1, 3, 0)]


def test_gaps_stand_first() -> None:
    cook = Need("koch-koechin", "grundlehrgang", 9)
    found = balances(seeker(HALLE, Need("mechatroniker", "grundlehrgang", 2), cook), offerer())
    assert [one.missing for one in found] == [9, 0]
    assert found[0].group == FACTS.kldb["koch-koechin"][:3]


def test_districts_are_summed_over_all_occupations_and_unknown_ones_kept() -> None:
    cook = Need("koch-koechin", "grundlehrgang", 4)
    found = balances(seeker(HALLE, cook), offerer(), seeker(None), view="district")
    assert {(one.district, one.sought, one.offered) for one in found} == {(HALLE, 4, 3), ("?", 5, 0)}


def test_what_is_not_counted_in_places_is_counted_as_an_entry() -> None:
    (row,) = balances(offerer(HALLE, Offer("mechatroniker", "lernmodul", 7)))
    assert (row.offers, row.offered) == (1, 0)


def test_need_for_any_occupation_has_a_row_of_its_own_that_everything_near_helps() -> None:
    rows = {one.group: one for one in balances(seeker(HALLE, Need("*", "grundlehrgang", 5)), offerer())}
    assert (rows["*"].sought, rows["*"].near) == (5, 3)


PLACES = st.integers(1, 9)
OCCUPATIONS = st.sampled_from(["*", "mechatroniker", "koch-koechin"])
AREAS = st.sampled_from([HALLE, SAALEKREIS_AGS, KIEL])
SEEKERS = st.builds(seeker, st.none() | AREAS, st.builds(Need, OCCUPATIONS, st.just("grundlehrgang"), PLACES))
OFFERERS = st.builds(
    offerer,
    st.none() | AREAS,
    st.builds(Offer, OCCUPATIONS, st.just("grundlehrgang"), PLACES, st.frozensets(AREAS), st.booleans()),
)


@settings(max_examples=200)
@given(st.lists(SEEKERS | OFFERERS, max_size=6), st.sampled_from(["both", "occupation", "district"]))
def test_every_need_is_in_one_row_and_no_row_lacks_more_than_it_seeks(people: list[Participant], view: View) -> None:
    rows = balances(*people, view=view)
    assert sum(one.sought for one in rows) == sum(need.places for one in people for need in one.needs)
    assert sum(one.needs for one in rows) == sum(len(one.needs) for one in people)
    offered = sum(offer.places for one in people for offer in one.offers)
    for row in rows:
        assert 0 <= row.missing <= row.sought
        assert row.offered + row.near <= offered


# --- over the database, and the page


@pytest.mark.usefixtures("database")
async def test_only_those_that_agreed_count_and_each_organisation_once_over_all_events() -> None:
    first, second = await make_exchange(), await make_exchange()
    for event in (first, second):
        await join(event, SAALEBLICK)
    await join(first, SAALEKREIS)
    await join(first, BRIKETT, match=False)
    alone = await service.supply_of_event(first.slug, ADMIN)
    assert alone.organisations == 2
    both = await service.supply_to_come(ADMIN)
    assert (both.events, both.organisations) == (2, 2)
    assert sum(one.sought for one in both.rows) == sum(one.sought for one in alone.rows)


@pytest.mark.usefixtures("database")
async def test_past_and_cancelled_events_are_not_to_come() -> None:
    event = await make_exchange()
    await join(event, SAALEBLICK)
    await db.execute("UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'")
    assert (await service.supply_to_come(ADMIN)).rows == []


async def staff(client: httpx.AsyncClient) -> None:
    client.headers.update(auth(await make_api_token("admin")))


async def test_agent_sees_the_gaps_and_downloads_them(client: httpx.AsyncClient) -> None:
    await staff(client)
    event = await make_exchange()
    await join(event, SAALEBLICK)
    await join(event, NEISSETAL)
    page = (await client.get(f"/desk/events/{event.slug}/supply")).text
    assert "Mechatronik und Automatisierungstechnik" in page
    assert "Halle (Saale)" in page
    answer = await client.get(f"/desk/events/{event.slug}/supply.csv?view=both")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0][:3] == ["KldB 2010", "Berufsgruppe", "Kreis"]
    assert rows[1][0] == "261"
    assert rows[1][3:] == ["2", "4", "0", "0", "0", "4"]


@pytest.mark.parametrize(("view", "there"), [("occupation", True), ("district", False), ("nonsense", True)])
async def test_page_can_be_by_occupation_or_by_district(client: httpx.AsyncClient, view: str, there: bool) -> None:  # noqa: FBT001 - a parameter
    await staff(client)
    await join(await make_exchange(), SAALEBLICK)
    page = (await client.get(f"/desk/supply?view={view}")).text
    assert ("Mechatronik und Automatisierungstechnik" in page) is there
    assert ("Halle (Saale)" in page) is (view != "occupation")


async def test_empty_supply_says_what_comes_next(client: httpx.AsyncClient) -> None:
    await staff(client)
    event = await make_exchange()
    for path in (f"/desk/events/{event.slug}/supply", "/desk/supply"):
        assert "Noch nichts gesucht oder angeboten" in (await client.get(path)).text


async def test_supply_is_for_the_clusters_agent(client: httpx.AsyncClient) -> None:
    cluster, other = await make_cluster(), await make_cluster("lausitz-cares")
    event = await make_exchange(cluster=cluster.slug)
    await join(event, SAALEBLICK)
    assert (await client.get(f"/desk/events/{event.slug}/supply")).status_code in {303, 401}
    client.headers.update(auth(await make_api_token("agent", other.id)))
    for path in ("supply", "supply.csv"):
        assert (await client.get(f"/desk/events/{event.slug}/{path}")).status_code == 403
    assert "Mechatronik" not in (await client.get("/desk/supply")).text
    client.headers.update(auth(await make_api_token("agent", cluster.id)))
    assert "Mechatronik" in (await client.get("/desk/supply")).text


async def test_5000_organisations_are_summed_up(client: httpx.AsyncClient) -> None:
    await staff(client)
    event = await make_exchange(capacity=None)
    await make_crowd(event, 1, 5_000)
    found = await service.supply_of_event(event.slug, ADMIN)
    assert found.organisations == 5_001
    assert found.rows == [Balance("261", HALLE, 1, 2, 5_000, 60_000, 0)]


# --- the agent's page of the exchange


async def test_agent_reads_what_would_have_helped_and_what_was_said_afterwards(client: httpx.AsyncClient) -> None:
    await staff(client)
    event = await make_exchange()
    company, partner, _ = [await join(event, who) for who in (SAALEBLICK, SAALEKREIS, BRIKETT)]
    run = await computed(event)
    await service.state_opinion(company.id, partner.id, "rather_not")
    asked = (await client.get(f"/desk/events/{event.slug}/matching/{run.id}/publish")).text
    assert "Ein Vorschlag entfällt" in asked
    assert "0 Vorschläge werden" in asked
    await service.state_opinion(company.id, partner.id, None)
    await service.publish_run(run.id, ADMIN)
    await db.execute("UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'")
    await service.give_feedback(company.id, partner.id, "yes", "Sehr gut.")
    page = (await client.get(f"/desk/events/{event.slug}/matching")).text
    assert "auch verwandte oder alle Berufe nennen" in page
    assert "Sehr gut." in page
    assert "nicht nützlich" in page


async def test_agent_chooses_introductions(client: httpx.AsyncClient) -> None:
    await staff(client)
    event = await make_exchange()
    await client.post(f"/desk/events/{event.slug}/matching", data={"mode": "meetings"})
    assert await db.fetch_value("SELECT mode FROM matching_run") == "meetings"
    await db.execute("DELETE FROM matching_run")
    answer = await client.post(f"/api/v1/events/{event.slug}/matching-runs", json={"mode": "introductions"})
    assert answer.status_code == 202
    told = await client.get(f"/api/v1/matching-runs/{answer.json()['id']}")
    assert told.json()["mode"] == "introductions"
