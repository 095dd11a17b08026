from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from events_app.events.schemas import Matchmaking, RegistrationWindow
from events_app.kit import db
from tests.factories import auth, make_api_token, make_cluster, make_event, make_registration, soon

EVENTS = "/api/v1/events"
BERLIN_OFFSETS = {"+01:00", "+02:00"}


def body(**fields: Any) -> dict[str, Any]:
    start = soon()
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    return {"title": "Werkstattgespräch", "kind": "workshop", "mode": "onsite", **times, **fields}


async def admin() -> dict[str, str]:
    return auth(await make_api_token("admin"))


async def slugs(client: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await client.get(EVENTS, params=params)
    assert answer.status_code == 200, answer.text
    return [event["slug"] for event in answer.json()["items"]]


def wrong_fields(answer: httpx.Response) -> set[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


async def test_created_event_comes_back_in_the_contracts_shape(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint")
    sent = body(
        cluster="tab-mint",
        venue={"name": "SaltLabs", "street": "Weg 1", "postcode": "06112", "place": "Halle (Saale)"},
        online_url="https://example.org/raum",
        capacity=120,
        questions=[{"key": "diet", "label": "Kost?", "type": "choice", "options": ["vegan"]}],
        matchmaking={"enabled": True, "slots": [soon().isoformat()]},
    )
    answer = await client.post(EVENTS, json=sent, headers=await admin())
    assert answer.status_code == 201, answer.text
    event = answer.json()
    assert event.keys() >= {
        *("slug", "title", "kind", "cluster", "status", "starts_at", "ends_at", "timezone", "mode", "venue"),
        *("online_url", "summary", "description", "language", "organiser", "good_to_know", "capacity", "seats_left"),
        *("waiting_list", "registration", "questions", "matchmaking"),
    }
    assert (event["status"], event["seats_left"], event["online_url"]) == ("draft", 120, "https://example.org/raum")
    assert event["venue"]["district"] == "15002"
    assert event["starts_at"][-6:] in BERLIN_OFFSETS
    assert datetime.fromisoformat(event["starts_at"]) == datetime.fromisoformat(sent["starts_at"])
    assert event["questions"][0]["show_if"] is None


async def test_draft_is_not_found_by_the_public_and_other_agents(client: httpx.AsyncClient) -> None:
    own, other = await make_cluster("own"), await make_cluster("other")
    event = await make_event(published=False, cluster="own")
    path = f"{EVENTS}/{event.slug}"
    assert (await client.get(path, headers=auth(await make_api_token("agent", own.id)))).status_code == 200
    for headers in ({}, auth(await make_api_token("agent", other.id)), auth("cta_forged"), auth("")):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "event_not_found")
    assert await slugs(client) == []


async def test_online_url_is_shown_to_the_desk_only(client: httpx.AsyncClient) -> None:
    event = await make_event(mode="online", online_url="https://example.org/geheim")
    path = f"{EVENTS}/{event.slug}"
    assert (await client.get(path)).json()["online_url"] is None
    assert "geheim" not in (await client.get(EVENTS)).text
    assert (await client.get(path, headers=await admin())).json()["online_url"] == "https://example.org/geheim"


async def test_published_event_takes_registrations(client: httpx.AsyncClient) -> None:
    headers = await admin()
    slug = (await client.post(EVENTS, json=body(), headers=headers)).json()["slug"]
    published = await client.post(f"{EVENTS}/{slug}/publish", headers=headers)
    assert (published.status_code, published.json()["status"]) == (200, "published")
    assert (await client.post(f"{EVENTS}/{slug}/publish", headers=headers)).status_code == 200
    assert await slugs(client) == [slug]


async def test_change_answers_with_the_whole_event_and_tells_the_people(client: httpx.AsyncClient) -> None:
    event = await make_event()
    await make_registration(event, people=2)
    answer = await client.patch(f"{EVENTS}/{event.slug}", json={"title": "Neuer Titel"}, headers=await admin())
    assert (answer.status_code, answer.json()["title"]) == (200, "Neuer Titel")
    assert answer.json()["seats_left"] == 98
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = 'event-changed'") == 2


async def test_cancelled_event_stays_visible_and_tells_the_people(client: httpx.AsyncClient) -> None:
    event = await make_event()
    await make_registration(event, people=2)
    path = f"{EVENTS}/{event.slug}"
    answer = await client.post(f"{path}/cancel", json={"reason": "Sturm"}, headers=await admin())
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert (await client.get(path)).json()["status"] == "cancelled"
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = 'event-cancelled'") == 2
    refused = await client.patch(path, json={"title": "Doch"}, headers=await admin())
    assert (refused.status_code, refused.json()["code"]) == (409, "event_cancelled")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", ""), ("PATCH", "/{slug}"), ("POST", "/{slug}/publish"), ("POST", "/{slug}/cancel")],
)
async def test_changing_needs_the_agent_of_the_cluster(client: httpx.AsyncClient, method: str, path: str) -> None:
    await make_cluster("own")
    other = await make_cluster("other")
    event = await make_event(cluster="own")
    url = EVENTS + path.format(slug=event.slug)
    sent = body(cluster="own") if not path else {}
    nobody = await client.request(method, url, json=sent)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthorised")
    assert nobody.headers["www-authenticate"] == "Bearer"
    stranger = await client.request(method, url, json=sent, headers=auth(await make_api_token("agent", other.id)))
    assert (stranger.status_code, stranger.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        (body(seats_left=3), "unknown_field", "/seats_left"),
        (body(status="published"), "unknown_field", "/status"),
        (body(venue={"room": "1"}), "unknown_field", "/venue/room"),
        (body(questions=[{"key": "a", "label": "?", "typ": "text"}]), "unknown_field", "/questions/0/typ"),
        ({"title": "Nur ein Titel"}, "validation_failed", "/kind"),
        (body(kind="party"), "validation_failed", "/kind"),
        (body(capacity="viele"), "validation_failed", "/capacity"),
        (body(title="  "), "validation_failed", "/title"),
        (body(starts_at="2026-11-05T10:00:00"), "validation_failed", "/starts_at"),
        (body(starts_at="9999-12-31T23:59:59-12:00"), "validation_failed", "/starts_at"),
        (body(venue={"postcode": "1"}), "validation_failed", "/venue/postcode"),
        (body(organiser={"email": "x"}), "validation_failed", "/organiser/email"),
    ],
)
async def test_bad_event_is_refused_at_its_field(
    client: httpx.AsyncClient, sent: dict[str, Any], code: str, field: str
) -> None:
    answer = await client.post(EVENTS, json=sent, headers=await admin())
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert field in {found for found, _ in wrong_fields(answer)}
    assert await db.fetch_value("SELECT count(*) FROM event") == 0


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"null", b'"x"', b'{"title": "\xff"}'])
async def test_unreadable_body_is_refused(client: httpx.AsyncClient, sent: bytes) -> None:
    headers = {**await admin(), "Content-Type": "application/json"}
    answer = await client.post(EVENTS, content=sent, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


async def test_huge_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(EVENTS, json=body(summary="x" * 2_000_000), headers=await admin())
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


async def test_text_from_outside_is_stored_without_control_characters(client: httpx.AsyncClient) -> None:
    sent = body(
        title="Tref\x00f\u202e",
        summary="a\x07\r\nb",
        good_to_know={"parking": "P\x00"},
        questions=[{"key": "a", "label": "L\x00", "show_if": None}],
    )
    answer = await client.post(EVENTS, json=sent, headers=await admin())
    assert answer.status_code == 201, answer.text
    event = answer.json()
    assert (event["title"], event["summary"]) == ("Treff", "a\nb")
    assert (event["good_to_know"]["parking"], event["questions"][0]["label"]) == ("P", "L")


async def test_title_in_hebrew_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.post(EVENTS, json=body(title="מפגש בהאלה"), headers=await admin())
    assert answer.json()["title"] == "מפגש בהאלה"


async def test_list_goes_through_all_pages_without_gaps(client: httpx.AsyncClient) -> None:
    start = soon()
    made = [(await make_event(starts_at=start + timedelta(days=day // 2))).slug for day in range(7)]
    seen, cursor = [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        found = (await client.get(EVENTS, params=params)).json()
        seen.append([event["slug"] for event in found["items"]])
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert [len(page) for page in seen] == [3, 3, 1]
    assert sorted(slug for page in seen for slug in page) == sorted(made)


async def test_list_shows_one_cluster(client: httpx.AsyncClient) -> None:
    await make_cluster("own")
    event = await make_event(cluster="own")
    await make_event()
    assert await slugs(client, cluster="own") == [event.slug]
    assert await slugs(client, cluster="nirgends") == []
    assert await slugs(client, cluster="\x00") == []


async def test_list_is_cut_by_days_and_moments(client: httpx.AsyncClient) -> None:
    early = await make_event(starts_at=datetime.fromisoformat("2027-03-28T00:30:00+01:00"))
    late = await make_event(starts_at=datetime.fromisoformat("2027-03-28T23:30:00+02:00"))
    assert await slugs(client, **{"from": "2027-03-28", "to": "2027-03-28"}) == [early.slug, late.slug]
    assert await slugs(client, **{"from": "2027-03-29"}) == []
    assert await slugs(client, to="2027-03-27") == []
    assert await slugs(client, **{"from": "2027-03-28T12:00:00+02:00"}) == [late.slug]
    assert await slugs(client, to="2027-03-28T21:30:00Z") == [early.slug]


async def test_plus_that_was_not_escaped_is_understood(client: httpx.AsyncClient) -> None:
    event = await make_event(starts_at=datetime.fromisoformat("2027-03-28T23:30:00+02:00"))
    answer = await client.get(f"{EVENTS}?from=2027-03-28T23:00:00+02:00")
    assert [found["slug"] for found in answer.json()["items"]] == [event.slug]


async def test_parameters_left_empty_are_none(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await client.get(f"{EVENTS}?cluster=&from=&to=&limit=&cursor=")
    assert (answer.status_code, [found["slug"] for found in answer.json()["items"]]) == (200, [event.slug])


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 0}, "/limit"),
        ({"limit": -1}, "/limit"),
        ({"limit": 101}, "/limit"),
        ({"limit": "x"}, "/limit"),
        ({"cursor": "!"}, "/cursor"),
        ({"cursor": "\x00"}, "/cursor"),
        ({"from": "gestern"}, "/from"),
        ({"from": "2026-11-05T10:00:00"}, "/from"),
        ({"to": "2026-13-01"}, "/to"),
        ({"to": "9999-12-31"}, "/to"),
    ],
)
async def test_bad_query_is_refused_at_its_parameter(
    client: httpx.AsyncClient, params: dict[str, Any], field: str
) -> None:
    answer = await client.get(EVENTS, params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert {found for found, _ in wrong_fields(answer)} == {field}


async def test_refusal_speaks_the_readers_language(client: httpx.AsyncClient) -> None:
    german = await client.get(f"{EVENTS}/gibt-es-nicht")
    english = await client.get(f"{EVENTS}/gibt-es-nicht", headers={"Accept-Language": "en"})
    assert german.json()["detail"] != english.json()["detail"] == "There is no such event."


async def test_openapi_names_the_parameters_bodies_and_refusals(client: httpx.AsyncClient) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    listing = document["paths"][EVENTS]["get"]
    assert {parameter["name"] for parameter in listing["parameters"]} == {"cluster", "from", "to", "limit", "cursor"}
    change = document["paths"]["/api/v1/events/{slug}"]["patch"]
    assert {"200", "400", "401", "403", "404", "409"} <= change["responses"].keys()
    assert "application/problem+json" in change["responses"]["400"]["content"]
    cancel = document["paths"]["/api/v1/events/{slug}/cancel"]["post"]
    assert cancel["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("CancelIn")


async def test_event_without_a_cluster_is_the_agents_own_and_null_is_for_admins(client: httpx.AsyncClient) -> None:
    own = await make_cluster("own")
    agent = auth(await make_api_token("agent", own.id))
    made = await client.post(EVENTS, json=body(), headers=agent)
    assert (made.status_code, made.json()["cluster"]) == (201, "own")
    assert (await client.post(EVENTS, json=body(cluster=None), headers=agent)).status_code == 403
    for everywhere in (body(), body(cluster=None)):
        made = await client.post(EVENTS, json=everywhere, headers=await admin())
        assert (made.status_code, made.json()["cluster"]) == (201, None)


async def test_change_inside_an_object_leaves_the_rest_of_it(client: httpx.AsyncClient) -> None:
    event = await make_event(
        published=False,
        registration=RegistrationWindow(approval=True, invitation_only=True),
        matchmaking=Matchmaking(enabled=True, tables=3, slots=[soon()]),
    )
    closes, path = soon(days=20), f"{EVENTS}/{event.slug}"
    changed = await client.patch(
        path,
        json={
            "registration": {"closes_at": closes.isoformat(), "invitation_only": False},
            "venue": {"name": None, "street": "Neuer Weg 2"},
            "matchmaking": {"tables": 4},
            "good_to_know": {"step_free": True},
        },
        headers=await admin(),
    )
    assert changed.status_code == 200, changed.text
    after = changed.json()
    assert datetime.fromisoformat(after["registration"].pop("closes_at")) == closes
    assert after["registration"] == {"opens_at": None, "approval": True, "invitation_only": False}
    assert (after["venue"]["name"], after["venue"]["street"]) == (None, "Neuer Weg 2")
    assert after["venue"]["place"] == event.public.venue.place
    assert (after["matchmaking"]["tables"], after["matchmaking"]["enabled"]) == (4, True)
    assert len(after["matchmaking"]["slots"]) == 1
    unknown = await client.patch(path, json={"venue": {"room": "1"}}, headers=await admin())
    assert wrong_fields(unknown) == {("/venue/room", "unknown_field")}


async def test_event_is_cancelled_without_a_word(client: httpx.AsyncClient) -> None:
    event = await make_event()
    cancelled = await client.post(f"{EVENTS}/{event.slug}/cancel", headers=await admin())
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")


async def test_empty_filters_of_the_list_are_none(client: httpx.AsyncClient) -> None:
    event = await make_event()
    assert await slugs(client, **dict.fromkeys(("cluster", "from", "to", "cursor"), "")) == [event.slug]
