"""Printing name badges: for everybody, by filter, or for one person at the door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.checkin import service
from events_app.checkin.badges import Format
from events_app.checkin.queries.badges import Wanted
from events_app.kit.http.pages import language_of
from events_app.kit.text import one_line
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.registration.rules.seats import LIVE

BADGES = "/desk/events/{slug:str}/badges"
MAX_WORDS = 100
FORMATS: tuple[Format, ...] = get_args(Format)
PRIVATE = {"Cache-Control": "no-store"}


@get(BADGES, guards=[agent], include_in_schema=False)
async def badges_page(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """`?format=`, `?status=`, `?organisation=`, `?group=`, `?unprinted=yes`: what is counted and shown as a picture."""
    sent = dict(request.query_params)
    wanted, form = _wanted(sent), chosen_format(sent)
    event, people = await service.badge_people(slug, wanted, request.user)
    return await desk_page(
        request,
        "checkin/badges.html",
        event=event,
        number=len(people),
        wanted=wanted,
        format=form,
        query=urlencode(sent),
    )


@get(f"{BADGES}/preview.png", guards=[agent], include_in_schema=False)
async def badges_preview(request: DeskRequest, slug: FromPath[str]) -> Response[bytes]:
    sent = dict(request.query_params)
    made = await service.preview_badges(slug, _wanted(sent), chosen_format(sent), language_of(request), request.user)
    return Response(made, media_type="image/png", headers=PRIVATE)


@post(BADGES, guards=[agent], include_in_schema=False, status_code=200)
async def print_badges(request: DeskRequest, slug: FromPath[str]) -> Response[bytes]:
    """The PDF. It counts as printed, therefore it is a POST."""
    sent = {name: str(value) for name, value in (await request.form()).items()}
    made = await service.print_badges(slug, _wanted(sent), chosen_format(sent), language_of(request), request.user)
    return Response(made, media_type="application/pdf", headers={**PRIVATE, **_named(f"badges-{slug}.pdf")})


def _wanted(sent: Mapping[str, str]) -> Wanted:
    """Confirmed people where no status is chosen; with `person` that one, whatever the status."""
    person = _uuid(sent.get("person", ""))
    status = next((status for status in LIVE if status == sent.get("status")), None if person else "confirmed")
    return Wanted(
        status=status,
        organisation=one_line(sent.get("organisation", ""))[:MAX_WORDS],
        group=one_line(sent.get("group", ""))[:MAX_WORDS] or None,
        unprinted=sent.get("unprinted") == "yes",
        attendee=person,
    )


def chosen_format(sent: Mapping[str, str]) -> Format:
    """`?format=`, a sheet where none is named."""
    return next((form for form in FORMATS if form == sent.get("format")), "sheet")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'inline; filename="{name}"'}


routes = [badges_page, badges_preview, print_badges]
