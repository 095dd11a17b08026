"""The contact chooses sessions for one of their people, who may do it on the page of their ticket as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from events_app.calendar import service as calendar
from events_app.calendar.rules import read_ids
from events_app.kit.errors import NotFound, Refusal
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.i18n import translate
from events_app.registration import queries
from events_app.registration.guards import manage_link
from events_app.registration.queries import AttendeeRow
from events_app.registration.web import fields
from events_app.registration.web.fields import Web
from events_app.registration.web.link import mine, private_page


@get("/")
async def show_sessions(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    return await _sessions_page(request, await _person(request, attendee_id))


@post("/", status_code=200)
async def choose_sessions(request: Web, attendee_id: FromPath[UUID]) -> Response[Any]:
    person, chosen = await _person(request, attendee_id), read_ids((await request.form()).getall("session", []))
    try:
        await calendar.choose(person.event, person.id, chosen, request.user)
    except Refusal as refusal:
        return await _sessions_page(request, person, refusal, chosen)
    return see_other(f"/registrations/{request.path_params['manage_token']}?done=sessions")


async def _person(request: Web, attendee_id: UUID) -> AttendeeRow:
    registration, _ = await mine(request)
    for person in await queries.attendees(registration.id):
        if person.id == attendee_id:
            return person
    raise NotFound


async def _sessions_page(
    request: Web, person: AttendeeRow, refusal: Refusal | None = None, ticked: Sequence[UUID] | None = None
) -> Response[Any]:
    _, event = await mine(request)
    language = language_of(request)
    answer = await private_page(
        request,
        "calendar/sessions.html",
        event,
        choices=await calendar.choices_of(event, person.id),
        ticked=ticked,
        stands=person.status == "confirmed" and event.public.status != "cancelled",
        name=person.name,
        back=(f"/registrations/{request.path_params['manage_token']}", translate(language, "Your registration")),
        notice_text=None if refusal is None else fields.refused(refusal, language),
    )
    answer.status_code = 200 if refusal is None else refusal.status
    return answer


routes = [
    Router(
        path="/registrations/{manage_token:str}/attendees/{attendee_id:uuid}/sessions",
        route_handlers=[show_sessions, choose_sessions],
        guards=[manage_link],
        include_in_schema=False,
    )
]
