"""The OpenAPI document has every address, and every field of the shapes, that users' scripts rely on."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any
from uuid import UUID

import httpx
import pytest

OPERATIONS = [
    "",
    "GET /api/v1/events",
    "POST /api/v1/events",
    "GET /api/v1/events/{slug}",
    "PATCH /api/v1/events/{slug}",
    "POST /api/v1/events/{slug}/publish",
    "POST /api/v1/events/{slug}/cancel",
    "POST /api/v1/events/{slug}/registrations",
    "GET /api/v1/registrations/{registration_id}",
    "PATCH /api/v1/registrations/{registration_id}",
    "DELETE /api/v1/registrations/{registration_id}",
    "POST /api/v1/registrations/{registration_id}/attendees",
    "PATCH /api/v1/registrations/{registration_id}/attendees/{attendee_id}",
    "DELETE /api/v1/registrations/{registration_id}/attendees/{attendee_id}",
    "POST /api/v1/registrations/{registration_id}/attendees/{attendee_id}/swap",
    "POST /api/v1/events/{slug}/devices",
    "GET /api/v1/events/{slug}/devices",
    "POST /api/v1/devices/pair",
    "DELETE /api/v1/devices/{device_id}",
    "GET /api/v1/door/roster",
    "POST /api/v1/door/scans",
    "POST /api/v1/door/walk-ins",
    "GET /api/v1/door/search",
    "POST /api/v1/door/admissions",
    "GET /api/v1/door/counters",
    "POST /api/v1/events/{slug}/matching-runs",
    "GET /api/v1/matching-runs/{run_id}",
    "DELETE /api/v1/matching-runs/{run_id}",
    "GET /api/v1/matching-runs/{run_id}/candidates",
    "POST /api/v1/matching-runs/{run_id}/publish",
    "",
][1:-1]

FIELDS = {
    "EventOut": {
        "slug", "title", "kind", "cluster", "status", "starts_at", "ends_at", "timezone", "mode", "venue",
        "online_url", "summary", "description", "language", "organiser", "good_to_know", "capacity", "seats_left",
        "waiting_list", "registration", "questions", "matchmaking",
    },
    "Venue": {"name", "street", "postcode", "place", "district"},
    "GoodToKnow": {"directions", "parking", "step_free", "accessible_toilet", "induction_loop", "catering", "costs"},
    "RegistrationIn": {
        "organisation", "contact", "attendees", "all_or_none", "training", "invitation", "group", "answers",
        "consents", "language",
    },
    "Offer": {"occupation", "form", "places", "districts", "remote", "site", "period"},
    "RegistrationOut": {"id", "status", "organisation", "manage_url", "manage_token", "attendees", "training"},
    "AttendeeOut": {
        "id", "name", "email", "status", "waiting_position", "ticket_url", "ticket_token", "code", "short_code",
        "offer",
    },
}  # fmt: skip


@pytest.fixture
async def schema(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/schema/openapi.json")).json()
    return found


async def test_openapi_has_every_operation_of_the_contract(schema: dict[str, Any]) -> None:
    described = {f"{method.upper()} {path}" for path, item in schema["paths"].items() for method in item}
    assert sorted(set(OPERATIONS) - described) == []


async def test_openapi_describes_nothing_but_the_api(schema: dict[str, Any]) -> None:
    assert [path for path in schema["paths"] if not path.startswith("/api/v1/")] == []


@pytest.mark.parametrize("shape", FIELDS)
async def test_openapi_shape_has_the_contracts_fields(schema: dict[str, Any], shape: str) -> None:
    shapes = {name: body for name, body in schema["components"]["schemas"].items() if name.rpartition(".")[2] == shape}
    [described] = shapes.values() or [None]
    assert described is not None, sorted(schema["components"]["schemas"])
    assert set(described["properties"]) >= FIELDS[shape]


async def test_openapi_describes_refusals_as_problem_documents(schema: dict[str, Any]) -> None:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            refused = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert refused.keys() >= {"400", "413"}, (method, path)
            assert {*chain(*(answer["content"] for answer in refused.values()))} == {"application/problem+json"}


async def test_openapi_says_which_operations_want_a_token(client: httpx.AsyncClient, schema: dict[str, Any]) -> None:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            address = re.sub(r"\{\w+_id\}", str(UUID(int=0)), path).replace("{slug}", "x")
            wants = (await client.request(method, address)).status_code == 401
            assert wants == bool(operation.get("security")) == ("401" in operation["responses"]), (method, path)


async def test_openapi_says_which_answer_is_a_stream(schema: dict[str, Any]) -> None:
    answered = {
        path: {*operation["responses"]["200"]["content"]}
        for path, item in schema["paths"].items()
        for operation in item.values()
        if "200" in operation["responses"]
    }
    for stream in ("/api/v1/door/live", "/api/v1/matching-runs/{run_id}/live"):
        assert answered.pop(stream) == {"text/event-stream"}
    assert {*chain(*answered.values())} == {"application/json"}


async def test_schema_page_needs_no_other_host(client: httpx.AsyncClient) -> None:
    page = await client.get("/schema")
    assert page.status_code == 200
    assert "/api/v1/door/scans" in page.text
    assert "https://" not in page.text.replace("https://clustertreff.test", "")
