from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from events_app.kit import db
from events_app.matchmaking import service
from events_app.matchmaking.service import runs
from tests.factories import auth, make_api_token, make_cluster
from tests.matchmaking.exchange import BRIKETT, SAALEBLICK, SAALEKREIS, join, make_exchange

START = "/api/v1/events/{slug}/matching-runs"
RUN = "/api/v1/matching-runs/{id}"


async def log_in(client: httpx.AsyncClient) -> None:
    client.headers.update(auth(await make_api_token("admin")))


async def start(client: httpx.AsyncClient, slug: str, **body: object) -> str:
    answer = await client.post(START.format(slug=slug), json={"weights": None, "keep": "published", **body})
    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"id", "status"}
    assert answer.json()["status"] == "queued"
    return str(answer.json()["id"])


async def test_run_answers_the_contract_shapes_from_start_to_publishing(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    company, partner, alone = [await join(event, who) for who in (SAALEBLICK, SAALEKREIS, BRIKETT)]
    id_ = await start(client, event.slug)
    waiting = (await client.get(RUN.format(id=id_))).json()
    assert (waiting["status"], waiting["stage"], waiting["progress"]) == ("queued", None, 0)
    assert (waiting["event"], waiting["summary"], waiting["matches"]) == (event.slug, None, [])

    await service.execute_run(UUID(id_))
    done = (await client.get(RUN.format(id=id_))).json()
    assert (done["status"], done["stage"], done["progress"]) == ("done", "selecting", 1)
    (match,) = done["matches"]
    assert match["company"] == {"id": str(company.id), "name": SAALEBLICK.name}
    assert match["partner"] == {"id": str(partner.id), "name": SAALEKREIS.name}
    assert match["score"] == 0.835
    assert match["components"] == {"occupation": 1, "region": 0.7, "cooperation": 1, "capacity": 1, "themes": 0}
    assert match["meeting"] is None
    assert {"code": "distance", "text": "18 km Luftlinie"} in match["reasons"]
    summary = done["summary"]
    assert summary.pop("seconds") >= 0
    assert summary.pop("unmatched") == [
        {
            "organisation": BRIKETT.name,
            "id": str(alone.id),
            "reasons": [
                {
                    "code": "no_partner_trains",
                    "text": "niemand bietet Verbundausbildung: Leitbetrieb mit Partnerbetrieb für "
                    "Fachinformatiker/-in \N{EN DASH} Fachrichtung Systemintegration",
                }
            ],
        }
    ]
    assert summary == {
        "companies": 2,
        "partners": 1,
        "candidates": 1,
        "matches": 1,
        "meetings": 0,
        "total_score": 0.835,
        "proved_optimal": True,
        "gaps": None,
        "fewest_gaps": None,
        "unplaced": [],
    }
    candidates = (await client.get(RUN.format(id=id_) + "/candidates")).json()
    assert candidates == {"items": [{key: value for key, value in match.items() if key != "meeting"}]}

    published = await client.post(RUN.format(id=id_) + "/publish")
    assert published.status_code == 200
    assert published.json()["published_at"] is not None
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = 'matches-published'") == 2


@pytest.mark.parametrize("sent", [{"json": {}}, {}])
async def test_start_needs_no_wishes_and_wakes_the_queue(client: httpx.AsyncClient, sent: dict[str, Any]) -> None:
    await log_in(client)
    event = await make_exchange()
    answer = await client.post(START.format(slug=event.slug), **sent)
    assert answer.status_code == 202


async def test_progress_is_streamed_until_the_run_has_ended(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "WATCH_SECONDS", 0.02)
    await log_in(client)
    event = await make_exchange()
    for who in (SAALEBLICK, SAALEKREIS):
        await join(event, who)
    id_ = await start(client, event.slug)
    streamed, _ = await asyncio.gather(client.get(RUN.format(id=id_) + "/live"), service.execute_run(UUID(id_)))
    assert streamed.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line.removeprefix("data: ")) for line in streamed.text.splitlines() if line.startswith("data: ")]
    assert told[0] == {"status": "queued", "stage": None, "progress": 0}
    assert (told[-1]["status"], told[-1]["progress"]) == ("done", 1)
    assert [one["status"] for one in told].count("done") == 1


async def test_second_start_is_refused_with_run_active(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    await start(client, event.slug)
    again = await client.post(START.format(slug=event.slug), json={})
    assert (again.status_code, again.json()["code"]) == (409, "run_active")


async def test_cancel_answers_the_run_and_frees_the_event(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    id_ = await start(client, event.slug)
    answer = await client.delete(RUN.format(id=id_))
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    await start(client, event.slug)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"weights": {"company": {"occupation": -1}}}, "/weights/company", "invalid_weights"),
        ({"weights": {"partner": {"salary": 1}}}, "/weights/partner/salary", "unknown_field"),
        ({"keep": "everything"}, "/keep", "invalid"),
        ({"speed": 3}, "/speed", "unknown_field"),
    ],
)
async def test_start_refuses_a_wrong_field_at_its_place(
    client: httpx.AsyncClient, body: dict[str, object], field: str, code: str
) -> None:
    await log_in(client)
    event = await make_exchange()
    answer = await client.post(START.format(slug=event.slug), json=body)
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


async def test_runs_are_for_their_agents_only(client: httpx.AsyncClient) -> None:
    cluster, other = await make_cluster(), await make_cluster("die-zukunftsmacher")
    event = await make_exchange(cluster=cluster.slug)
    assert (await client.post(START.format(slug=event.slug), json={})).status_code == 401
    client.headers.update(auth(await make_api_token("door")))
    assert (await client.post(START.format(slug=event.slug), json={})).status_code == 403
    client.headers.update(auth(await make_api_token("agent", cluster.id)))
    id_ = await start(client, event.slug)
    client.headers.update(auth(await make_api_token("agent", other.id)))
    for method, path in (("GET", ""), ("GET", "/candidates"), ("GET", "/live"), ("POST", "/publish"), ("DELETE", "")):
        answer = await client.request(method, RUN.format(id=id_) + path)
        assert (method, path, answer.status_code) == (method, path, 403)


async def test_unknown_runs_and_events_are_not_found(client: httpx.AsyncClient) -> None:
    await log_in(client)
    assert (await client.get(RUN.format(id=uuid4()))).json()["code"] == "not_found"
    assert (await client.post(START.format(slug="nowhere"), json={})).json()["code"] == "event_not_found"


async def test_reasons_follow_the_readers_language(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_exchange()
    await join(event, SAALEBLICK)
    await join(event, SAALEKREIS)
    id_ = await start(client, event.slug)
    await service.execute_run(UUID(id_))
    english = await client.get(RUN.format(id=id_), headers={"Accept-Language": "en"})
    texts = {reason["code"]: reason["text"] for reason in english.json()["matches"][0]["reasons"]}
    assert texts["same_form"] == "form of cooperation as asked for: exam preparation"
    assert texts["weakest"] == "weakest point: distance"
    assert not re.search(r"[äöüß]", texts["same_occupation"])
