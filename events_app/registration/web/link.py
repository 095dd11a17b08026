"""What all pages below a manage link share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response

from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit.errors import NotFound, Refusal
from events_app.kit.forms import ShownError
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.registration import service
from events_app.registration.queries import RegistrationRow
from events_app.registration.schemas import RegistrationOut
from events_app.registration.web import fields
from events_app.registration.web.fields import Web

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
Deed = Callable[[], Awaitable[RegistrationOut]]
Again = Callable[[list[ShownError], str | None], Awaitable[Response[Any]]]


async def mine(request: Web) -> tuple[RegistrationRow, EventRow]:
    """The registration whose link this is, and its event; cancelled events too."""
    registration = await service.by_manage_token(request.path_params["manage_token"])
    if registration is None:
        raise NotFound
    return registration, await events.event_by_id(registration.event)


async def done_or_again(request: Web, deed: Deed, done: str, again: Again) -> Response[Any]:
    """Back to the overview, or the same page once more with what was wrong."""
    try:
        await deed()
    except Refusal as refusal:
        _, event = await mine(request)
        errors = fields.shown(refusal.errors, language_of(request), event)
        answer = await again(errors, None if errors else fields.refused(refusal, language_of(request)))
        answer.status_code = refusal.status
        return answer
    services_of(request).wake_outbox()
    return see_other(f"/registrations/{request.path_params['manage_token']}?done={done}")


async def private_page(request: Web, template: str, event: EventRow, **context: Any) -> Response[Any]:
    """A page that no cache keeps and no search engine lists; `home` is the overview's address."""
    home = f"/registrations/{request.path_params['manage_token']}"
    return page(request, template, headers=PRIVATE, event=event, home=home, **context)
