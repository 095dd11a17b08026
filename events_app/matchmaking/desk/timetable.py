"""The agent's timetable: all meetings by slot and table, each organisation's own, fixing one, printing them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from events_app.accounts.guards import agent
from events_app.kit.errors import Invalid, NotFound
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.matchmaking.service import onsite
from events_app.matchmaking.service.onsite import Timetable
from events_app.matchmaking.service.rounds import slots_of
from events_app.matchmaking.service.timetable import Party, Talk
from events_app.organisations.shell import PRIVATE, DeskRequest, desk_page

PLAN = "/desk/events/{slug:str}/matching"
TIMETABLE = PLAN + "/timetable"
PDF = "application/pdf"
DIGITS = 4
NOBODY_NAMED = "Please choose at least one organisation that is missing."

Cell = tuple[str, str] | None


@get(TIMETABLE, guards=[agent], include_in_schema=False)
async def timetable(request: DeskRequest, slug: FromPath[str]) -> Response[str]:
    """The published meetings, or those of `?run=`; one organisation's with `?organisation=`."""
    return await _page(request, slug)


@post(f"{TIMETABLE}/pins", guards=[agent], include_in_schema=False, status_code=200)
async def pin(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """Fix a meeting to a time and a table, or let it go."""
    entered = {name: str(value) for name, value in (await request.form()).items()}
    talk_id = _id(entered.get("meeting"))
    try:
        if entered.get("release"):
            await onsite.unpin(slug, talk_id, request.user)
        else:
            await onsite.pin(slug, talk_id, _number(entered.get("slot")), _number(entered.get("table")), request.user)
    except Invalid as refusal:
        return await _page(request, slug, refusal)
    return see_other(f"/desk/events/{slug}/matching/timetable?done=pinned#m-{talk_id}")


@get(f"{TIMETABLE}/table-signs.pdf", guards=[agent], include_in_schema=False)
async def table_signs(request: DeskRequest, slug: FromPath[str]) -> Response[bytes]:
    """A sign for each table with its meetings."""
    from events_app.matchmaking.prints import table_signs_pdf  # noqa: PLC0415 - typst is heavy

    found = await _found(request, slug)
    made = await asyncio.to_thread(table_signs_pdf, found.event, found.talks, language_of(request))
    return _pdf(made, f"tables-{slug}.pdf")


@get(f"{TIMETABLE}/organisations.pdf", guards=[agent], include_in_schema=False)
async def organisation_sheets(request: DeskRequest, slug: FromPath[str]) -> Response[bytes]:
    """A page for each organisation, or for the one of `?organisation=`."""
    from events_app.matchmaking.prints import timetables_pdf  # noqa: PLC0415 - typst is heavy

    found = await _found(request, slug)
    wanted = request.query_params.get("organisation")
    made = await asyncio.to_thread(timetables_pdf, found.event, _of(found.talks, wanted), language_of(request), wanted)
    return _pdf(made, f"timetables-{slug}.pdf")


@get(PLAN + "/day", guards=[agent], include_in_schema=False)
async def day(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """Who has meetings ahead but is not here yet."""
    return await _day_page(request, slug)


@post(PLAN + "/day", guards=[agent], include_in_schema=False, status_code=200)
async def replan(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    """Plan the rest of the day without those who are missing; nothing is published by it."""
    absent = [_id(str(value)) for value in (await request.form()).getall("absent", [])]
    if not absent:
        return await _day_page(request, slug, nobody_named=True)
    run = await onsite.replan_without(slug, absent, request.user)
    await services_of(request).queue.wake("run_matching", str(run.id), job_id=f"matching:{run.id}")
    return see_other(f"/desk/events/{slug}/matching")


async def _day_page(request: DeskRequest, slug: str, *, nobody_named: bool = False) -> Response[Any]:
    found = await onsite.day(slug, request.user)
    if found is None:
        return Redirect(f"/desk/events/{slug}/matching")
    return await desk_page(
        request,
        "matchmaking/desk_day.html",
        status_code=400 if nobody_named else 200,
        event=found.timetable.event,
        day=found,
        plan=f"/desk/events/{slug}/matching",
        errors=[("/absent", translate(language_of(request), NOBODY_NAMED))] if nobody_named else [],
    )


async def _page(request: DeskRequest, slug: str, refusal: Invalid | None = None) -> Response[str]:
    found = await _found(request, slug)
    settings = found.event.public.matchmaking
    wanted = request.query_params.get("organisation")
    slots = slots_of(found.event)
    used = max((talk.table for talk in found.talks), default=0)
    today = await onsite.day(slug, request.user) if found.run.published_at else None
    language = language_of(request)
    wrong = refusal.errors if refusal else ()
    return await desk_page(
        request,
        "matchmaking/desk_timetable.html",
        status_code=400 if refusal else 200,
        event=found.event,
        run=found.run,
        plan=f"/desk/events/{slug}/matching",
        errors=[(one.field, translate(language, one.message, dict(one.values))) for one in wrong],
        rows=_grid(found, slots, used),
        tables=[translate(language, "Table %(table)s", {"table": number}) for number in range(1, used + 1)],
        by_time=[
            (moment, list(talks)) for moment, talks in groupby(_of(found.talks, wanted), lambda one: one.starts_at)
        ],
        organisations=_organisations(found.talks),
        wanted=wanted,
        slots=slots,
        missing=len(today.missing) if today and today.told else 0,
        places=list(range(1, settings.tables + 1)),
    )


async def _found(request: DeskRequest, slug: str) -> Timetable:
    wanted = request.query_params.get("run")
    found = await onsite.timetable(slug, request.user, None if wanted is None else _id(wanted))
    if found is None:
        raise NotFound("No meetings have been published for this event yet.")
    return found


def _grid(found: Timetable, slots: Sequence[datetime], tables: int) -> list[tuple[datetime, list[Cell]]]:
    """A row for each time, a cell for each table in use; a meeting outside of today's slots has a row of its own."""
    at = {(talk.starts_at, talk.table): (talk.company.name, talk.partner.name) for talk in found.talks}
    times = sorted({*slots, *(moment for moment, _ in at)})
    return [(moment, [at.get((moment, table)) for table in range(1, tables + 1)]) for moment in times]


def _of(talks: Sequence[Talk], wanted: str | None) -> list[Talk]:
    return [talk for talk in talks if wanted is None or wanted in (str(talk.company.id), str(talk.partner.id))]


def _organisations(talks: Sequence[Talk]) -> list[Party]:
    found = {party.id: party for talk in talks for party, _ in talk.sides}
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.id))


def _pdf(made: bytes, name: str) -> Response[bytes]:
    headers = {**PRIVATE, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(made, media_type=PDF, headers=headers)


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError as error:
        raise NotFound from error


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < DIGITS else 0


routes = [timetable, pin, table_signs, organisation_sheets, day, replan]
