from __future__ import annotations

import re
from uuid import UUID

import httpx

from events_app.kit import db
from events_app.matchmaking import service
from tests.factories import ADMIN, auth, make_api_token, make_cluster
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import BRIKETT, SAALEBLICK, SAALEKREIS, computed, join, make_exchange, published, queued

PLAN = "/desk/events/{slug}/matching"


async def log_in(client: httpx.AsyncClient) -> None:
    client.headers.update(auth(await make_api_token("admin")))


async def test_agent_starts_watches_publishes_in_the_browser(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    plan = PLAN.format(slug=event.slug)
    for who in (SAALEBLICK, SAALEKREIS, BRIKETT):
        await join(event, who)
    assert "Noch keine Vorschläge" in (await client.get(plan)).text

    started = await client.post(plan, data={"company.occupation": "60"})
    assert (started.status_code, started.headers["location"]) == (303, plan)
    run_id: UUID = await db.fetch_value("SELECT id FROM matching_run")
    running = (await client.get(plan)).text
    assert "<progress" in running
    assert f'data-run-stream="/api/v1/matching-runs/{run_id}/live"' in running
    assert "Vorschläge berechnen" not in running

    await service.execute_run(run_id)
    done = (await client.get(plan)).text
    assert SAALEBLICK.name in done
    assert "84 %" in done
    assert "niemand bietet Verbundausbildung" in done
    assert "Noch nicht veröffentlicht" in done

    asked = (await client.get(f"{plan}/{run_id}/publish")).text
    assert "2 Kontaktpersonen erhalten eine E-Mail." in asked
    assert await db.fetch_value("SELECT published_at FROM matching_run") is None
    assert (await client.post(f"{plan}/{run_id}/publish")).status_code == 303
    assert "Noch nicht veröffentlicht" not in (await client.get(plan)).text
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = 'matches-published'") == 2


async def test_agent_cancels_a_run(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    plan, run_id = PLAN.format(slug=event.slug), await queued(event)
    assert (await client.post(f"{plan}/{run_id}/cancel")).status_code == 303
    assert "Die letzte Berechnung wurde abgebrochen" in (await client.get(plan)).text


async def test_second_start_says_that_a_run_is_under_way(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    await queued(event)
    answer = await client.post(PLAN.format(slug=event.slug), data={})
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/html")


async def test_wrong_weights_come_back_at_their_field_with_what_was_typed(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    answer = await client.post(PLAN.format(slug=event.slug), data={"company.region": "viel"})
    assert answer.status_code == 400
    assert 'value="viel"' in answer.text
    assert "Bitte geben Sie eine ganze Zahl ab 0 ein." in answer.text
    assert '<details class="more" open>' in answer.text
    assert await db.fetch_value("SELECT count(*) FROM matching_run") == 0


async def test_all_weights_zero_are_refused_at_their_side(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    zero = {"company.occupation": "0", "company.region": "0", "company.themes": "0"}
    answer = await client.post(PLAN.format(slug=event.slug), data=zero)
    assert answer.status_code == 400
    assert "mindestens eine davon über 0" in answer.text


async def test_typed_weights_reach_the_run_and_defaults_stay_unset(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    plan = PLAN.format(slug=event.slug)
    await client.post(plan, data={"partner.capacity": "50 %", "afresh": "yes"})
    row = await db.fetch_row("SELECT weights->'partner'->>'capacity' AS capacity, keep FROM matching_run")
    assert row is not None
    assert (row["capacity"], row["keep"]) == ("0.5", "none")
    await service.execute_run(await db.fetch_value("SELECT id FROM matching_run"))
    assert re.search(r'name="partner.capacity"[^>]* value="50"', (await client.get(plan)).text)
    await db.execute("DELETE FROM matching_run")
    await client.post(plan, data={})
    row = await db.fetch_row("SELECT weights, keep FROM matching_run")
    assert row is not None
    assert (row["weights"], row["keep"]) == (None, "published")


async def test_earlier_runs_stay_in_reach(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    first, second = await published(event), await computed(event)
    plan = PLAN.format(slug=event.slug)
    latest = (await client.get(plan)).text
    assert f"{plan}?run={first.id}" in latest
    assert f"{plan}/{second.id}/publish" in latest
    assert f"{plan}/{first.id}/publish" not in (await client.get(f"{plan}?run={first.id}")).text


async def test_many_matches_come_page_by_page(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange(per_company=2, per_partner=4)
    await make_crowd(event, 60, 30)
    await computed(event)
    plan = PLAN.format(slug=event.slug)
    pages = [(await client.get(plan, params={"page": number})).text for number in (1, 2, "none")]
    assert [page.count('class="match"') for page in pages] == [100, 20, 100]
    assert 'rel="next"' in pages[0]
    assert 'rel="next"' not in pages[1]


async def test_many_without_a_match_come_page_by_page(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange(per_company=1, per_partner=1)
    await make_crowd(event, 130, 1)
    await computed(event)
    plan = PLAN.format(slug=event.slug)
    pages = [(await client.get(plan, params={"missed": number})).text for number in (1, 2)]
    assert [page.count("passt, es war aber kein Treffen") for page in pages] == [100, 29]
    assert all("129" in page for page in pages)
    assert ["missed=2#missed" in page for page in pages] == [True, False]


async def test_failed_run_is_told_with_its_cause(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    run_id = await queued(event)
    await db.execute("UPDATE matching_run SET status = 'failed', error = 'SelectionError: x' WHERE id = $1", run_id)
    page = (await client.get(PLAN.format(slug=event.slug))).text
    assert "Die letzte Berechnung ist fehlgeschlagen" in page
    assert "SelectionError: x" in page


async def test_pages_are_for_the_clusters_agent_and_the_events_own_runs(client: httpx.AsyncClient) -> None:
    cluster, other = await make_cluster(), await make_cluster("lausitz-cares")
    event = await make_exchange(cluster=cluster.slug)
    plan, run_id = PLAN.format(slug=event.slug), await queued(event)
    assert (await client.get(plan)).status_code in {303, 401}
    client.headers.update(auth(await make_api_token("agent", other.id)))
    for method, path in (("GET", ""), ("POST", ""), ("POST", f"/{run_id}/cancel"), ("GET", f"/{run_id}/publish")):
        assert (await client.request(method, plan + path)).status_code == 403
    await log_in(client)
    elsewhere = PLAN.format(slug=(await make_exchange()).slug)
    assert (await client.get(f"{elsewhere}/{run_id}/publish")).status_code == 404
    assert (await service.get_run(run_id, ADMIN)).status == "queued"
