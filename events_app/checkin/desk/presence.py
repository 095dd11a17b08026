"""Who was there, by day: to look at, and as a sheet for the funder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import agent
from events_app.checkin.service.presence import DayList, day_list
from events_app.checkin.texts import PRESENT_COLUMNS
from events_app.kit import sheets
from events_app.kit.formats import filters
from events_app.kit.http.pages import language_of
from events_app.kit.i18n import Language, translate
from events_app.kit.sheets import Cell, Sheet
from events_app.organisations.shell import PRIVATE, DeskRequest, desk_page

PRESENT = "/desk/events/{slug:str}/present"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get(PRESENT, guards=[agent], include_in_schema=False)
async def show_present(request: DeskRequest, slug: FromPath[str], day: FromQuery[date | None] = None) -> Response[Any]:
    found = await day_list(slug, day, request.user)
    return await desk_page(request, "checkin/present.html", event=found.event, found=found)


@get(PRESENT + ".csv", guards=[agent], include_in_schema=False)
async def present_as_csv(
    request: DeskRequest, slug: FromPath[str], day: FromQuery[date | None] = None
) -> Response[Any]:
    found, language = await day_list(slug, day, request.user), language_of(request)
    text = sheets.as_csv(_headings(found, language), _rows(found))
    return Response(text, media_type="text/csv; charset=utf-8", headers=_named(found, "csv"))


@get(PRESENT + ".xlsx", guards=[agent], include_in_schema=False)
async def present_as_xlsx(
    request: DeskRequest, slug: FromPath[str], day: FromQuery[date | None] = None
) -> Response[Any]:
    found, language = await day_list(slug, day, request.user), language_of(request)
    title, zone = translate(language, "Attendance list"), found.event.public.timezone
    shown = filters(language)["date_long"](found.noon(found.day), zone)
    above = [f"{title}: {found.event.public.title}", f"{shown} · {zone}"]
    made = sheets.as_xlsx(Sheet(found.day.isoformat(), above, _headings(found, language), _rows(found)))
    return Response(made, media_type=XLSX, headers=_named(found, "xlsx"))


def _headings(found: DayList, language: Language) -> list[str]:
    shown = list(PRESENT_COLUMNS.values())
    return [translate(language, heading) for heading in (shown if found.exits else shown[:-2])]


def _rows(found: DayList) -> list[Sequence[Cell]]:
    rows: list[Sequence[Cell]] = []
    for person in found.people:
        row = person.row
        cells: list[Cell] = [row.family_name, row.given_name, row.organisation, _clock(row.admitted_at, found)]
        rows.append([*cells, _clock(row.left_at, found), person.stayed] if found.exits else cells)
    return rows


def _clock(moment: datetime | None, found: DayList) -> timedelta | None:
    """The time on the event's wall, as a spreadsheet counts it."""
    if moment is None:
        return None
    there = moment.astimezone(_zone(found))
    return timedelta(hours=there.hour, minutes=there.minute)


def _zone(found: DayList) -> ZoneInfo:
    return ZoneInfo(found.event.public.timezone)


def _named(found: DayList, kind: Literal["csv", "xlsx"]) -> dict[str, str]:
    name = f"{found.event.slug}-{found.day.isoformat()}.{kind}"
    return {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}


routes: list[ControllerRouterHandler] = [show_present, present_as_csv, present_as_xlsx]
