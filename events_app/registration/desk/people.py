"""People in the back office: of one event, or found across all events that somebody runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.events import service as events
from events_app.kit.errors import Forbidden
from events_app.kit.http.pages import see_other
from events_app.kit.http.state import services_of
from events_app.kit.text import one_line
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.outbox.service import bounces
from events_app.outbox.service.bounces import Bounce
from events_app.registration import desk_queries, queries, service
from events_app.registration.desk.paging import page_number, turning
from events_app.registration.desk_queries import Found
from events_app.registration.rules.seats import Status

REGISTRATION = "/desk/registrations/{registration_id:uuid}"
STATUSES: tuple[Status, ...] = ("confirmed", "waiting", "pending", "cancelled")
LEAST_LETTERS = 2
NARROWED = ("q", "status")


@get("/desk/events/{slug:str}/people", guards=[agent], include_in_schema=False)
async def people_of_event(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """`?q=` finds, `?status=` narrows, `?page=` turns over."""
    event = await events.managed_event(slug, request.user)
    wanted, status, page = _wanted(request), _status(request), page_number(request)
    found = await desk_queries.people([event.id], wanted, status, page)
    return await desk_page(
        request,
        "registration/desk/people.html",
        event=event,
        found=found,
        bounced=await _bounced(found),
        numbers=(await desk_queries.numbers([event.id]))[event.id],
        wanted=wanted,
        status=status,
        **turning(request, request.url.path, page, NARROWED),
    )


@get("/desk/people", guards=[agent], include_in_schema=False)
async def everybody(request: DeskRequest) -> Response[Any]:
    """Search over every event that this person runs."""
    wanted, page = _wanted(request), page_number(request)
    long_enough = len(wanted) >= LEAST_LETTERS
    mine = [event.id for event in await events.desk_events(request.user)] if long_enough else []
    found = await desk_queries.people(mine, wanted, page=page) if long_enough else None
    return await desk_page(
        request,
        "registration/desk/everybody.html",
        found=found,
        bounced=await _bounced(found),
        wanted=wanted,
        **turning(request, request.url.path, page, NARROWED),
    )


@get(REGISTRATION, guards=[agent], include_in_schema=False)
async def open_registration(request: DeskRequest, registration_id: FromPath[UUID]) -> Response[Any]:
    """To the registration's own page, where everything about it can be changed."""
    await _event_to_run(request, registration_id)
    registration = await queries.registration(registration_id)
    assert registration is not None  # noqa: S101 - its event has been found
    return see_other(f"/registrations/{service.manage_token(registration)}")


@post(f"{REGISTRATION}/approve", guards=[agent], include_in_schema=False, status_code=200)
async def approve(request: DeskRequest, registration_id: FromPath[UUID]) -> Response[Any]:
    slug = await _event_to_run(request, registration_id)
    await service.approve_registration(registration_id, request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}/people?done=approved")


@post(f"{REGISTRATION}/decline", guards=[agent], include_in_schema=False, status_code=200)
async def decline(request: DeskRequest, registration_id: FromPath[UUID]) -> Response[Any]:
    slug = await _event_to_run(request, registration_id)
    await service.decline_registration(registration_id, request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}/people?done=declined")


@post(f"{REGISTRATION}/people/{{attendee_id:uuid}}/promote", guards=[agent], include_in_schema=False, status_code=200)
async def promote(request: DeskRequest, registration_id: FromPath[UUID], attendee_id: FromPath[UUID]) -> Response[Any]:
    """A seat for somebody in line, past the order; past the capacity too only if the form says so."""
    slug = await _event_to_run(request, registration_id)
    beyond = (await request.form()).get("over_capacity") == "yes"
    await service.promote(registration_id, attendee_id, request.user, over_capacity=beyond)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}/people?status=waiting&done=promoted")


@post(f"{REGISTRATION}/group", guards=[agent], include_in_schema=False, status_code=200)
async def move_to_group(request: DeskRequest, registration_id: FromPath[UUID]) -> Response[Any]:
    """Everybody of a registration into another ticket group, also where that is full."""
    slug = await _event_to_run(request, registration_id)
    await service.move_to_group(registration_id, str((await request.form()).get("group", "")), request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}/people?done=moved")


@post(f"{REGISTRATION}/extend", guards=[agent], include_in_schema=False, status_code=200)
async def extend(request: DeskRequest, registration_id: FromPath[UUID]) -> Response[Any]:
    slug = await _event_to_run(request, registration_id)
    await service.extend_offers(registration_id, request.user)
    services_of(request).wake_outbox()
    return see_other(f"/desk/events/{slug}/people?status=waiting&done=extended")


async def _bounced(found: Found | None) -> Mapping[str, Bounce]:
    people = found.people if found else ()
    return await bounces.of_addresses({person.email or person.contact_email for person in people})


async def _event_to_run(request: DeskRequest, registration_id: UUID) -> str:
    """The slug of a registration's event, for those who run it. Raises `NotFound`, `Forbidden`."""
    event = await service.event_of(registration_id)
    if not request.user.runs_cluster(event.cluster_id):
        raise Forbidden
    return event.slug


def _wanted(request: DeskRequest) -> str:
    return one_line(request.query_params.get("q", ""))[:100]


def _status(request: DeskRequest) -> Status | None:
    return next((status for status in STATUSES if status == request.query_params.get("status")), None)
