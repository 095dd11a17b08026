"""The outbox as the back office sees it: what waits, what went out, what could not be delivered, and its pauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.events import mail_queries
from events_app.events import service as events
from events_app.events.mail_queries import STATES, MailRow
from events_app.events.queries import EventRow
from events_app.kit.errors import Forbidden, NotFound
from events_app.kit.http.pages import see_other
from events_app.kit.http.state import services_of
from events_app.kit.text import one_line
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.outbox.service import bounces, pauses
from events_app.outbox.service.bounces import Bounce
from events_app.outbox.service.parked import send_again

MAIL = "/desk/mail"


@get(MAIL, guards=[agent], include_in_schema=False)
async def list_mail(request: DeskRequest) -> Response[Any]:
    """Mails of this person's events, those that need a decision first.

    `?show=` one state, `?event=` one event's (its slug), `?q=` part of an address.
    """
    event = await _event(request, request.query_params.get("event", ""))
    wanted = one_line(request.query_params.get("q", ""))[:100]
    scope = mail_queries.scope_of(request.user, event.id if event else None, wanted)
    counts = await mail_queries.counts(scope)
    view = request.query_params.get("show", "parked" if counts["parked"] else "sent")
    view = view if view in STATES else "sent"
    shown = await mail_queries.latest(scope, view)
    return await desk_page(
        request,
        "events/desk/mail.html",
        mails=shown,
        view=view,
        counts=counts,
        event=event,
        wanted=wanted,
        bounced=await _bounced(shown),
    )


@get(f"{MAIL}/{{mail_id:int}}", guards=[agent], include_in_schema=False)
async def open_mail(request: DeskRequest, mail_id: FromPath[int]) -> Response[Any]:
    """One mail's way: written, tried, refused and why, sent, or when it is tried next."""
    mail = await mail_queries.one(mail_queries.scope_of(request.user), mail_id)
    if mail is None:
        raise NotFound
    failures = await mail_queries.failures(mail.id)
    return await desk_page(
        request, "events/desk/mail_way.html", mail=mail, failures=failures, bounced=await _bounced([mail])
    )


@get(f"{MAIL}/registrations/{{registration_id:uuid}}", guards=[agent], include_in_schema=False)
async def mail_of_registration(request: DeskRequest, registration_id: FromPath[UUID]) -> Response[Any]:
    """All mails of a registration; `?person=` those about one attendee alone."""
    person = _uuid(request.query_params.get("person", ""))
    mails = await mail_queries.of_registration(mail_queries.scope_of(request.user), registration_id, person)
    return await desk_page(
        request,
        "events/desk/mail_people.html",
        mails=mails,
        registration_id=registration_id,
        person=person,
        bounced=await _bounced(mails),
    )


@post(f"{MAIL}/retry", guards=[agent], include_in_schema=False, status_code=200)
async def retry_mail(request: DeskRequest) -> Response[Any]:
    """Send one mail (field `mail`) again, or all of this person's that were not delivered."""
    wanted = str((await request.form()).get("mail", ""))
    scope = mail_queries.scope_of(request.user)
    if wanted:
        mail = await mail_queries.one(scope, int(wanted)) if _is_id(wanted) else None
        ids = [] if mail is None else [mail.id]
    else:
        ids = list(await mail_queries.parked_ids(scope))
    done = "retried" if await send_again(ids) else "not_retried"
    services_of(request).wake_outbox()
    return see_other(f"{MAIL}?show=queued&done={done}")


@post(f"{MAIL}/pause", guards=[agent], include_in_schema=False, status_code=200)
async def pause_mail(request: DeskRequest) -> Response[Any]:
    """Hold the mail of one event (field `event`, its slug), or all of it: that is for those who run everything."""
    event = await _event_of_form(request)
    await pauses.pause(event.id if event else None, request.user.name)
    return see_other(_back(event))


@post(f"{MAIL}/resume", guards=[agent], include_in_schema=False, status_code=200)
async def resume_mail(request: DeskRequest) -> Response[Any]:
    event = await _event_of_form(request)
    await pauses.resume(event.id if event else None)
    services_of(request).wake_outbox()
    return see_other(_back(event))


async def _event_of_form(request: DeskRequest) -> EventRow | None:
    """Raises `Forbidden` without an event, unless this person runs everything."""
    event = await _event(request, str((await request.form()).get("event", "")))
    if event is None and request.user.role != "admin":
        raise Forbidden
    return event


async def _event(request: DeskRequest, slug: str) -> EventRow | None:
    return await events.managed_event(slug, request.user) if slug else None


def _back(event: EventRow | None) -> str:
    return f"{MAIL}?{urlencode({'show': 'queued', **({'event': event.slug} if event else {})})}"


async def _bounced(mails: Sequence[MailRow]) -> Mapping[str, Bounce]:
    return await bounces.of_addresses({mail.recipient for mail in mails})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19  # noqa: PLR2004 - what a bigint holds
