"""A registration's proposals, beside its manage page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from events_app.accounts.rules import Actor
from events_app.kit.http.pages import language_of, page
from events_app.matchmaking import service
from events_app.matchmaking.cards import card
from events_app.matchmaking.texts import Words
from events_app.registration.guards import manage_link

Web = Request[Actor, Any, Any]


@get("/registrations/{manage_token:str}/matches", guards=[manage_link], include_in_schema=False)
async def matches(request: Web, manage_token: FromPath[str]) -> Response[str]:
    """Whom to meet and why; or why there is nobody, and what would help."""
    assert request.user.id is not None  # noqa: S101 - the guard names the registration
    found = await service.matches_for_registration(request.user.id)
    language = language_of(request)
    words = Words(language)
    return page(
        request,
        "matchmaking/matches.html",
        headers={"Cache-Control": "no-store"},
        found=found,
        event=found.event.public,
        manage=f"/registrations/{manage_token}",
        cards=[card(pair, found.registration.id, language) for pair in found.pairs],
        why_not=[words.reason(reason) for reason in found.why_not],
    )


routes = [matches]
