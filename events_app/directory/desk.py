"""Organisations in the back office: the list, what may be one, what was merged."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from events_app import reference
from events_app.accounts.guards import agent
from events_app.directory import queries, rules, service
from events_app.directory.queries import Listed
from events_app.directory.rules import CHOICES, Choice
from events_app.kit import clock
from events_app.kit.errors import NotFound
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.i18n import Language
from events_app.kit.text import one_line
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.registration.texts import KINDS, SIZES

LIST = "/desk/organisations"
VIEWS = ("all", "similar", "merged")
MOST_PAIRS = 30
MOST_PAGES = 1000


@get(LIST, guards=[agent], include_in_schema=False)
async def organisations(request: DeskRequest) -> Response[Any]:
    """`?show=similar` pairs that may be one, `merged` what was merged; else all, found by `?q=`, turned by `?page=`."""
    view = request.query_params.get("show", "all")
    pairs = await service.proposals(request.user)
    common: dict[str, Any] = {"view": view if view in VIEWS else "all", "similar": len(pairs), "kinds": KINDS}
    if view == "similar":
        return await _similar(request, pairs, common)
    if view == "merged":
        return await _merged(request, common)
    wanted, page = one_line(request.query_params.get("q", ""))[:100], _page(request)
    found = await queries.listed(request.user, wanted, page)
    more = len(found) > queries.PAGE
    return await desk_page(
        request,
        "directory/list.html",
        found=found[: queries.PAGE],
        wanted=wanted,
        places={one.id: _place(one, language_of(request)) for one in found},
        previous=_at(wanted, page - 1) if page > 1 else None,
        next=_at(wanted, page + 1) if more else None,
        **common,
    )


async def _similar(request: DeskRequest, pairs: list[tuple[Listed, Listed]], common: dict[str, Any]) -> Response[Any]:
    language = language_of(request)
    shown = [(one, other, service.may_merge(request.user, one, other)) for one, other in pairs[:MOST_PAIRS]]
    places = {one.id: _place(one, language) for pair in pairs[:MOST_PAIRS] for one in pair}
    return await desk_page(
        request,
        "directory/similar.html",
        pairs=shown,
        places=places,
        sizes=SIZES,
        more=len(pairs) - len(shown),
        **common,
    )


async def _merged(request: DeskRequest, common: dict[str, Any]) -> Response[Any]:
    merges = await queries.merges(request.user)
    now = clock.now()
    undoable = {merge.id for merge in merges if merge.is_last and rules.may_be_undone(merge.created_at, now)}
    return await desk_page(request, "directory/merged.html", merges=merges, undoable=undoable, **common)


@get(f"{LIST}/merge", guards=[agent], include_in_schema=False)
async def choose(request: DeskRequest) -> Response[Any]:
    """Two organisations side by side (`?one=&other=`): which values stay."""
    one, other = await service.pair(
        *_two(request.query_params.get("one"), request.query_params.get("other")), request.user
    )
    return await desk_page(
        request,
        "directory/merge.html",
        first=one,
        second=other,
        allowed=service.may_merge(request.user, one, other),
        places={row.id: _place(row, language_of(request)) for row in (one, other)},
        kinds=KINDS,
        sizes=SIZES,
    )


@post(f"{LIST}/merge", guards=[agent], include_in_schema=False, status_code=200)
async def merge(request: DeskRequest) -> Response[Any]:
    form = await request.form()
    one, other = _two(form.get("one"), form.get("other"))
    await service.merge(one, other, _chosen(form, (one, other)), request.user)
    return see_other(f"{LIST}?show=merged&done=merged")


@post(f"{LIST}/apart", guards=[agent], include_in_schema=False, status_code=200)
async def tell_apart(request: DeskRequest) -> Response[Any]:
    form = await request.form()
    await service.tell_apart(*_two(form.get("one"), form.get("other")), request.user)
    return see_other(f"{LIST}?show=similar&done=apart")


@post(f"{LIST}/merges/{{merge_id:uuid}}/undo", guards=[agent], include_in_schema=False, status_code=200)
async def undo(request: DeskRequest, merge_id: FromPath[UUID]) -> Response[Any]:
    await service.undo(merge_id, request.user)
    return see_other(f"{LIST}?show=merged&done=parted")


def _two(one: object, other: object) -> tuple[UUID, UUID]:
    try:
        return UUID(str(one)), UUID(str(other))
    except ValueError:
        raise NotFound from None


def _chosen(form: FormMultiDict, ids: tuple[UUID, UUID]) -> dict[Choice, UUID]:
    """Whose value stays, by what was picked; nothing picked, nothing chosen."""
    by_text = {str(id_): id_ for id_ in ids}
    picked = {choice: by_text.get(str(form.get(choice, ""))) for choice in CHOICES}
    return {choice: id_ for choice, id_ in picked.items() if id_ is not None}


def _place(one: Listed, language: Language) -> str:
    """`06112 Halle (Saale)`, or the district where nothing else is known."""
    town = one.place or ", ".join(dict.fromkeys(place.place for place in reference.postcode(one.postcode or "")))
    if one.postcode or town:
        return " ".join(filter(None, (one.postcode, town)))
    district = reference.district(one.district or "")
    return reference.label(district, language) if district else ""


def _page(request: DeskRequest) -> int:
    text = request.query_params.get("page", "1")
    return min(max(1, int(text)), MOST_PAGES) if text.isascii() and text.isdecimal() and len(text) < 6 else 1  # noqa: PLR2004 - digits


def _at(wanted: str, page: int) -> str:
    return f"{LIST}?{urlencode({'q': wanted, 'page': page})}"


routes = [organisations, choose, merge, tell_apart, undo]
