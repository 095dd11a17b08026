from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.kit.errors import Conflict, FieldError, Invalid, Refusal, TooManyRequests
from events_app.kit.http.problems import field_errors, problem
from tests import checks
from tests.factories import auth, make_api_token

CONTRACT_CODES = {
    "event_not_found": 404,
    "event_full": 409,
    "registration_closed": 409,
    "event_cancelled": 409,
    "invitation_required": 403,
    "duplicate_attendee": 409,
    "validation_failed": 400,
    "unknown_field": 400,
    "unauthorised": 401,
    "forbidden": 403,
    "too_many_requests": 429,
    "payload_too_large": 413,
    "already_checked_in": 409,
    "run_active": 409,
    "not_found": 404,
    "idempotency_key_reused": 422,
}


def test_refusals_have_the_contracts_codes_and_statuses() -> None:
    ours = {kind.code: kind.status for kind in checks._kinds_of(Refusal)}  # noqa: SLF001 - the same walk
    assert CONTRACT_CODES.items() <= ours.items()


def test_problem_names_fields_in_the_readers_language() -> None:
    error = FieldError("/title", "too_long", "Please use at most %(most)s characters.", {"most": 5})
    german, english = (problem(Invalid(errors=[error]), language) for language in ("de", "en"))
    assert english.extra == {
        "code": "validation_failed",
        "errors": [{"field": "/title", "code": "too_long", "message": "Please use at most 5 characters."}],
    }
    assert german.extra["errors"][0]["message"] != english.extra["errors"][0]["message"]
    assert (english.status_code, english.title) == (400, "Please check the marked fields.")


def test_message_of_a_refusal_carries_its_values() -> None:
    assert str(Conflict("%(left)s seats are left.", values={"left": 3})) == "3 seats are left."
    assert TooManyRequests(7).headers == {"Retry-After": "7"}


@pytest.mark.parametrize(
    ("key", "message", "field", "code"),
    [
        ("data", "Object contains unknown field `x`", "/x", "unknown_field"),
        ("attendees[0].email", "Expected `str`, got `int`", "/attendees/0/email", "invalid"),
        ("venue", "Object contains unknown field `room`", "/venue/room", "unknown_field"),
        ("data", "Object missing required field `title`", "/title", "required"),
        ("answers[...]", "Expected `str`", "/answers", "invalid"),
        ("limit", "Expected `int` <= 100", "/limit", "invalid"),
        ("", "Input data was truncated", "", "invalid"),
    ],
)
def test_field_errors_become_json_pointers(key: str, message: str, field: str, code: str) -> None:
    (error,) = field_errors([{"key": key, "message": message}])
    assert (error.field, error.code) == (field, code)


@given(st.text(), st.text())
def test_field_errors_survive_any_key(key: str, message: str) -> None:
    (error,) = field_errors([{"key": key, "message": message}])
    assert not error.field or error.field.startswith("/")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("PUT", "/api/v1/events", 405, "method_not_allowed"),
        ("GET", "/api/v1/events/gibt-es-nicht", 404, "event_not_found"),
    ],
)
async def test_api_refuses_with_a_problem_document(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    document = answer.json()
    assert document.keys() >= {"type", "title", "status", "detail", "code", "errors"}
    assert (document["status"], document["code"]) == (status, code)


@pytest.mark.parametrize("language", ["de", "en"])
async def test_page_refuses_with_a_page(client: httpx.AsyncClient, language: str) -> None:
    answer = await client.get("/gibt/es/nicht", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert f'<html lang="{language}"' in answer.text


async def test_wrong_content_type_is_refused(client: httpx.AsyncClient) -> None:
    headers = {**auth(await make_api_token("admin")), "Content-Type": "text/plain"}
    answer = await client.post("/api/v1/events", content=b"title=x", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "validation_failed"
