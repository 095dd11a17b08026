"""The registration form inside other sites (docs/decisions/0012): nothing else that names a person."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from events_app.accounts.guards import guest_or_staff
from events_app.events import service as events
from events_app.kit.errors import Refusal
from events_app.kit.http.pages import language_of, page
from events_app.kit.http.protection import framed_by
from events_app.kit.i18n import translate
from events_app.organisations import queries as organisations
from events_app.registration import service
from events_app.registration.web import form as form_pages
from events_app.registration.web.fields import Web

PAGE = "/embed/events/{slug:str}"


@get(PAGE, guards=[guest_or_staff], include_in_schema=False)
async def show_embedded(request: Web, slug: FromPath[str]) -> Response[Any]:
    return await _framed(request, slug, form_pages.show_form.fn(request, slug))


@post(PAGE, guards=[guest_or_staff], include_in_schema=False, status_code=200)
async def send_embedded(request: Web, slug: FromPath[str]) -> Response[Any]:
    """As on our own page; a registration's own page can't be shown in a frame, so a link to it is."""
    return await _framed(request, slug, form_pages.send_form.fn(request, slug))


async def _framed(request: Web, slug: str, answer: Awaitable[Response[Any]]) -> Response[Any]:
    try:
        made = await answer
    except Refusal as refusal:
        made = _refused(request, slug, refusal)
    if isinstance(made, Redirect):
        made = await _done(request, slug, made.url)
    return framed_by(made, await organisations.embed_hosts_of_event(slug))


async def _done(request: Web, slug: str, href: str) -> Response[Any]:
    token = href.partition("?")[0].split("/")[2]
    return page(
        request,
        "embed/done.html",
        headers=form_pages.NO_STORE,
        event=await events.get_event(slug, request.user),
        registration=await service.by_manage_token(token),
        href=href,
    )


def _refused(request: Web, slug: str, refusal: Refusal) -> Response[Any]:
    return page(
        request,
        "embed/refusal.html",
        status_code=refusal.status,
        headers={**refusal.headers, **form_pages.NO_STORE},
        text=translate(language_of(request), refusal.message, refusal.values),
        href=f"/events/{slug}",
    )


routes = [show_embedded, send_embedded]
