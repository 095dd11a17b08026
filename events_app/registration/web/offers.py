"""The buttons below an offered seat: take it, or leave it to others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, post

from events_app.kit.errors import NotFound
from events_app.registration import service
from events_app.registration.guards import manage_link
from events_app.registration.web import fields
from events_app.registration.web.fields import Web
from events_app.registration.web.link import done_or_again, mine
from events_app.registration.web.manage import overview_page


@post("/take", status_code=200)
async def take(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    people = await _people(request)
    return await done_or_again(
        request,
        lambda: service.take_offers(registration.id, people, request.user),
        "taken",
        lambda _, text: overview_page(request, text),
    )


@post("/decline", status_code=200)
async def decline(request: Web) -> Response[Any]:
    registration, _ = await mine(request)
    people = await _people(request)
    return await done_or_again(
        request,
        lambda: service.decline_offers(registration.id, people, request.user),
        "declined",
        lambda _, text: overview_page(request, text),
    )


async def _people(request: Web) -> list[UUID]:
    """The ids in the form's one field, as the page wrote them. Raises `NotFound` for anything else."""
    text = (await fields.sent_form(request)).text("people")
    try:
        return [UUID(part) for part in text.split()]
    except ValueError:
        raise NotFound from None


routes = [
    Router(
        path="/registrations/{manage_token:str}/offers",
        route_handlers=[take, decline],
        guards=[manage_link],
        include_in_schema=False,
    )
]
