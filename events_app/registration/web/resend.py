"""Links once more: who has lost a mail asks for it on the event's page. The answer never says who is registered."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import guest_or_staff
from events_app.accounts.rules import is_email, normal_email
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit.errors import EventCancelled, FieldError, TooManyRequests
from events_app.kit.forms import Form, ShownError, by_field
from events_app.kit.http.limits import Rate
from events_app.kit.http.pages import language_of, page
from events_app.kit.http.state import services_of
from events_app.kit.tokens import digest
from events_app.registration.service import links
from events_app.registration.web import fields
from events_app.registration.web.fields import Web

PATH = "/events/{slug:str}/resend"
NO_STORE = {"Cache-Control": "no-store"}
PER_ADDRESS = Rate(3, 3600)
INVALID = FieldError("/email", "invalid_email", "Please enter a valid e-mail address.")


@get(PATH, guards=[guest_or_staff], include_in_schema=False)
async def show_resend(request: Web, slug: FromPath[str]) -> Response[Any]:
    return _shown(request, await _event(request, slug), Form({}))


@post(PATH, guards=[guest_or_staff], include_in_schema=False, status_code=200)
async def send_again(request: Web, slug: FromPath[str]) -> Response[Any]:
    event, form = await _event(request, slug), await fields.sent_form(request)
    held = services_of(request)
    await held.limit(request, "resend", held.registration_rate)
    address = normal_email(form.text("email"))
    if not is_email(address):
        return _shown(request, event, form, fields.shown([INVALID], language_of(request)))
    await _limit_address(request, event, address)
    await links.resend(event, address)
    held.wake_outbox()
    return page(request, "registration/resend.html", headers=NO_STORE, event=event, sent_to=address)


async def _event(request: Web, slug: str) -> EventRow:
    """Raises `EventNotFound`, `EventCancelled`."""
    event = await events.get_event(slug, request.user)
    if event.public.status == "cancelled":
        raise EventCancelled
    return event


async def _limit_address(request: Web, event: EventRow, address: str) -> None:
    """Nobody fills somebody else's mailbox; counted for unknown addresses too, so that the refusal tells nothing."""
    limiter = services_of(request).limiter
    wait = await limiter.retry_after("resend-to", digest(f"{event.id} {address}"), PER_ADDRESS)
    if wait is not None:
        raise TooManyRequests(wait)


def _shown(request: Web, event: EventRow, form: Form, errors: list[ShownError] | None = None) -> Response[Any]:
    return page(
        request,
        "registration/resend.html",
        status_code=400 if errors else 200,
        headers=NO_STORE,
        event=event,
        form=form,
        errors=errors or [],
        wrong=by_field(errors or []),
        sent_to=None,
    )


routes = [show_resend, send_again]
