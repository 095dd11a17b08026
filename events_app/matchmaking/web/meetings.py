"""A registration's own meetings, and who of it goes to which, beside its manage page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from events_app.accounts.rules import Actor
from events_app.calendar.rules import read_ids
from events_app.kit.errors import FieldError, Invalid
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.matchmaking import service
from events_app.matchmaking.service import delegates
from events_app.registration.guards import manage_link

MEETINGS = "/registrations/{manage_token:str}/meetings"
WITH = "with-"

Web = Request[Actor, Any, Any]


@get(MEETINGS, guards=[manage_link], include_in_schema=False)
async def meetings(request: Web, manage_token: FromPath[str]) -> Response[str]:
    """When, where and with whom; and who goes there."""
    return await _page(request, manage_token)


@post(MEETINGS, guards=[manage_link], include_in_schema=False, status_code=200)
async def assign(request: Web, manage_token: FromPath[str]) -> Response[Any]:
    """Calendars follow at once; whoever got or lost a meeting is told by mail."""
    form = await request.form()
    chosen = {
        UUID(name.removeprefix(WITH)): read_ids(form.getall(name))
        for name in dict.fromkeys(form)
        if read_ids([name.removeprefix(WITH)])
    }
    try:
        if await delegates.assign(_own(request), read_ids(form.getall("delegates", [])), chosen):
            services_of(request).wake_outbox()
    except Invalid as refusal:
        return await _page(request, manage_token, refusal.errors)
    return see_other(f"/registrations/{manage_token}/meetings?done=saved")


async def _page(request: Web, manage_token: str, errors: Sequence[FieldError] = ()) -> Response[str]:
    found, language = await delegates.own_meetings(_own(request)), language_of(request)
    return page(
        request,
        "matchmaking/meetings.html",
        status_code=400 if errors else 200,
        headers={"Cache-Control": "no-store"},
        found=found,
        event=found.event.public,
        manage=f"/registrations/{manage_token}",
        options=[(str(person.id), person.name) for person in found.people],
        shown=lambda people: [str(person.id) for person in people],
        saved=request.query_params.get("done") == "saved",
        awaited=bool(found.event.public.matchmaking.slots) and await _may_still_come(found.registration.id),
        errors=[(error.field, translate(language, error.message, dict(error.values))) for error in errors],
    )


async def _may_still_come(registration_id: UUID) -> bool:
    return (await service.matches_for_registration(registration_id)).standing == "not_yet"


def _own(request: Web) -> UUID:
    assert request.user.id is not None  # noqa: S101 - the guard names the registration
    return request.user.id


routes = [meetings, assign]
