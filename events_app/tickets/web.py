"""A ticket for its holder: the page, the QR alone, the PDF, and the calendar that keeps itself up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from events_app.accounts.rules import Actor
from events_app.calendar import ical
from events_app.calendar import service as calendar
from events_app.calendar.queries import KEPT_CANCELLED
from events_app.calendar.rules import Entry, read_ids
from events_app.events import queries as events
from events_app.events import rules as event_rules
from events_app.events.calendar_links import calendar_links
from events_app.events.queries import EventRow
from events_app.kit import clock, settings
from events_app.kit.errors import EventNotFound, NotFound, Refusal
from events_app.kit.http.cache import PRECOMPRESSED, Ready, answer
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.i18n import Language, translate
from events_app.tickets import qr, service
from events_app.tickets.guards import ticket_link
from events_app.tickets.service import TicketRow

SECRET = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
UNSTORED = {**SECRET, "Cache-Control": "no-store"}
FEED = {**SECRET, "Cache-Control": "private, no-cache"}
"""A calendar program may keep the feed and asks each time whether it still holds."""
SUFFIXES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
Web = Request[Actor, TicketRow, Any]
OpenQuestions = Callable[[UUID], Awaitable[int]]


@get("/tickets/{ticket_token:str}", guards=[ticket_link], include_in_schema=False)
async def ticket(request: Web, ticket_token: FromPath[str]) -> Response[Any]:
    """The page; with `.svg`, `.png` or `.pdf` behind the token the ticket as a file."""
    _, dot, suffix = ticket_token.partition(".")
    return await (_file(request, suffix) if dot else _page(request))


async def _page(request: Web) -> Response[str]:
    held, event = request.auth, await _event(request.auth)
    over = event_rules.is_over(event.public.ends_at, clock.now())
    online = event.online_url if event.public.mode != "onsite" and _code(event, held) is not None else None
    return page(
        request,
        "tickets/ticket.html",
        headers=UNSTORED,
        ticket=held,
        event=event.public,
        row=event,
        path=f"/tickets/{held.token}",
        over=over,
        admitted=over and await service.was_admitted(held.id),
        where=calendar.event_place(event),
        online_url=online,
        feed_path=f"/feeds/{await calendar.feed_token(held.attendee_id)}.ics",
        links=calendar_links(event.public, f"{settings.current().root_url}/events/{event.slug}"),
        sessions=await calendar.choices_of(event, held.attendee_id),
        open_questions=await _open_questions(request, event),
        done=request.query_params.get("done"),
    )


async def _open_questions(request: Web, event: EventRow) -> int:
    """Registrations know; they lie above tickets, so the application hands in how to ask them."""
    ask: OpenQuestions = request.app.state.open_questions
    asks = event.public.questions and event.public.status != "cancelled" and clock.now() < event.public.ends_at
    return await ask(request.auth.attendee_id) if asks else 0


async def _file(request: Web, suffix: str) -> Response[bytes]:
    held, event = request.auth, await _event(request.auth)
    code = _code(event, held)
    if suffix not in SUFFIXES or code is None:
        raise NotFound
    drawn = await asyncio.to_thread(_drawn, event, held, code, suffix, language_of(request))
    name = f"ticket-{event.slug}.{suffix}"
    headers = {**UNSTORED, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(drawn, media_type=SUFFIXES[suffix], headers=headers)


def _drawn(event: EventRow, held: TicketRow, code: str, suffix: str, language: Language) -> bytes:
    if suffix == "svg":
        return qr.svg_file(code, translate(language, "Ticket"))
    if suffix == "png":
        return qr.png(code)
    from events_app.tickets.pdf import ticket_pdf  # noqa: PLC0415 - typst is heavy; loaded with the first PDF
    from events_app.tickets.sheet import ticket_sheet  # noqa: PLC0415 - same

    return ticket_pdf(ticket_sheet(event, held, code, language))


@get("/tickets/{ticket_token:str}/calendar.ics", guards=[ticket_link], include_in_schema=False)
async def ticket_calendar(request: Web) -> Response[bytes]:
    """This person's event and meetings as one file, with the same UIDs as in the mails."""
    event = await _event(request.auth)
    headers = {**UNSTORED, "Content-Disposition": f'attachment; filename="{event.slug}.ics"'}
    return Response(ical.publish(await _entries(request, event)), media_type=ical.MEDIA_TYPE, headers=headers)


@get("/tickets/{ticket_token:str}/feed.ics", guards=[ticket_link], include_in_schema=False, opt={PRECOMPRESSED: True})
async def ticket_feed(request: Web) -> Response[Any]:
    """The same as a calendar to subscribe to, until its holder asks for an address that is not the ticket's."""
    held = request.auth
    known = await calendar.link_still_feeds(held.attendee_id)
    feed = await calendar.personal_feed(held.attendee_id, language_of(request)) if known else None
    if feed is None:
        raise NotFound(
            "This calendar address is not valid (any more). You find the new one on the page of your ticket."
        )
    return answer(request, Ready.of(feed.text), ical.MEDIA_TYPE, FEED)


@post("/tickets/{ticket_token:str}/feed/renew", guards=[ticket_link], include_in_schema=False, status_code=200)
async def renew_feed(request: Web) -> Response[Any]:
    """Another address for the calendar: who has the old one reads nothing any more."""
    await calendar.end_feeds([request.auth.attendee_id])
    return see_other(f"/tickets/{request.auth.token}?done=feed")


@get("/tickets/{ticket_token:str}/sessions", guards=[ticket_link], include_in_schema=False)
async def show_sessions(request: Web) -> Response[str]:
    return await _sessions_page(request)


@post("/tickets/{ticket_token:str}/sessions", guards=[ticket_link], include_in_schema=False, status_code=200)
async def choose_sessions(request: Web) -> Response[Any]:
    held, chosen = request.auth, read_ids((await request.form()).getall("session", []))
    try:
        await calendar.choose(held.event, held.attendee_id, chosen, request.user)
    except Refusal as refusal:
        return await _sessions_page(request, refusal, chosen)
    return see_other(f"/tickets/{held.token}?done=sessions")


async def _sessions_page(
    request: Web, refusal: Refusal | None = None, ticked: Sequence[UUID] | None = None
) -> Response[str]:
    held, event, language = request.auth, await _event(request.auth), language_of(request)
    return page(
        request,
        "calendar/sessions.html",
        headers=UNSTORED,
        status_code=200 if refusal is None else refusal.status,
        event=event,
        choices=await calendar.choices_of(event, held.attendee_id),
        ticked=ticked,
        stands=_code(event, held) is not None,
        name=None,
        back=(f"/tickets/{held.token}", translate(language, "Ticket")),
        notice_text=None if refusal is None else translate(language, refusal.message, refusal.values),
    )


async def _entries(request: Web, event: EventRow) -> Sequence[Entry]:
    since = clock.now() - KEPT_CANCELLED
    holder = request.auth.attendee_id
    found = await calendar.entries_of(event, [holder], language_of(request), cancelled_since=since)
    return found.get(holder, ())


async def _event(held: TicketRow) -> EventRow:
    event = await events.by_id(held.event)
    if event is None:
        raise EventNotFound
    return event


def _code(event: EventRow, held: TicketRow) -> str | None:
    """The QR's text; None while the place is not confirmed, and when the event was cancelled."""
    if event.public.status == "cancelled":
        return None
    return held.code(service.signing_of(event.signing_seed, event.key_id))


routes = [ticket, ticket_calendar, ticket_feed, renew_feed, show_sessions, choose_sessions]
