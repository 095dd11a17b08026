"""Supply and demand for the agent: a table with the gaps first, and the same to download."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any, NamedTuple, cast, get_args

from litestar import Response, get
from litestar.params import FromPath

from events_app import reference
from events_app.accounts.guards import agent
from events_app.kit.http.pages import language_of
from events_app.kit.i18n import Language, translate
from events_app.matchmaking import service
from events_app.matchmaking.rules.constants import ANY
from events_app.matchmaking.rules.supply import ALL, Balance, View
from events_app.matchmaking.service import Supply
from events_app.matchmaking.texts import SUPPLY_COLUMNS, Words
from events_app.organisations.shell import PRIVATE, DeskRequest, desk_page

EVENT = "/desk/events/{slug:str}/supply"
COMING = "/desk/supply"
PAGE_ROWS, PAGE_DIGITS = 100, 6


class Row(NamedTuple):
    """A row in words; both are empty where the row is about all."""

    occupation: str
    district: str
    balance: Balance


@get(EVENT, guards=[agent], include_in_schema=False)
async def of_event(request: DeskRequest, slug: FromPath[str]) -> Response[str]:
    found = await service.supply_of_event(slug, request.user, _view(request))
    return await _shown(request, found, f"/desk/events/{slug}/supply")


@get(f"{EVENT}.csv", guards=[agent], include_in_schema=False)
async def of_event_as_csv(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    found = await service.supply_of_event(slug, request.user, _view(request))
    return _csv(found, language_of(request), f"{slug}-supply.csv")


@get(COMING, guards=[agent], include_in_schema=False)
async def to_come(request: DeskRequest) -> Response[str]:
    return await _shown(request, await service.supply_to_come(request.user, _view(request)), COMING)


@get(f"{COMING}.csv", guards=[agent], include_in_schema=False)
async def to_come_as_csv(request: DeskRequest) -> Response[Any]:
    return _csv(await service.supply_to_come(request.user, _view(request)), language_of(request), "supply.csv")


async def _shown(request: DeskRequest, found: Supply, here: str) -> Response[str]:
    number, language = _number(request), language_of(request)
    last = number * PAGE_ROWS
    return await desk_page(
        request,
        "matchmaking/desk_supply.html",
        found=found,
        event=found.event,
        here=here,
        view=_view(request),
        rows=[_row(one, language) for one in found.rows[last - PAGE_ROWS : last]],
        number=number,
        has_more=last < len(found.rows),
    )


def _csv(found: Supply, language: Language, name: str) -> Response[Any]:
    """All rows; opens in Excel as it is."""
    text = StringIO()
    lines = csv.writer(text, delimiter=";")
    lines.writerow(translate(language, column) for column in SUPPLY_COLUMNS)
    for row in (_row(one, language) for one in found.rows):
        one = row.balance
        group = "" if one.group in {ALL, ANY} else one.group
        places = (one.needs, one.sought, one.offers, one.offered, one.near, one.missing)
        lines.writerow([group, row.occupation, row.district, *places])
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _row(one: Balance, language: Language) -> Row:
    """The groups' names are official German ones."""
    words = Words(language)
    occupation = reference.kldb_titles().get(one.group, words.occupation(ANY)) if one.group != ALL else ""
    known = reference.district(one.district)
    unknown = translate(language, "place not given") if one.district != ALL else ""
    return Row(occupation, reference.label(known, language) if known else unknown, one)


def _view(request: DeskRequest) -> View:
    wanted = request.query_params.get("view", "")
    return cast("View", wanted) if wanted in get_args(View) else "both"


def _number(request: DeskRequest) -> int:
    text = request.query_params.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < PAGE_DIGITS else 1


routes = [of_event, of_event_as_csv, to_come, to_come_as_csv]
