"""A registration's proposals, beside its manage page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from events_app.accounts.rules import Actor
from events_app.kit.http.pages import language_of, page
from events_app.matchmaking import service
from events_app.matchmaking.cards import card
from events_app.matchmaking.rules.advice import what_helps
from events_app.matchmaking.service import Proposals
from events_app.matchmaking.texts import Words
from events_app.registration.guards import manage_link

Web = Request[Actor, Any, Any]
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@get("/registrations/{manage_token:str}/matches", guards=[manage_link], include_in_schema=False)
async def matches(request: Web, manage_token: FromPath[str]) -> Response[str]:
    """Whom to meet and why; or why there is nobody, and what would help."""
    assert request.user.id is not None  # noqa: S101 - the guard names the registration
    found = await service.matches_for_registration(request.user.id)
    language = language_of(request)
    words = Words(language, found.names)
    return page(
        request,
        "matchmaking/matches.html",
        headers=PRIVATE,
        found=found,
        event=found.event.public,
        manage=f"/registrations/{manage_token}",
        cards=[card(pair, found.registration.id, language) for pair in found.pairs],
        why_not=[words.reason(reason) for reason in found.why_not],
        helps=[words.reason(advice) for advice in what_helps(found.why_not)],
        voice=await service.voice_of(found),
        over={pair.other(found.registration.id).id for pair in found.pairs if service.is_over(pair, found.event)},
        cannot=_cannot(found),
        done=request.query_params.get("done"),
    )


def _cannot(found: Proposals) -> set[str]:
    """The event's slots at which the registration can't meet, as the form names them."""
    blocked = {moment.timestamp() for moment in found.registration.training.unavailable}
    return {slot.isoformat() for slot in found.event.public.matchmaking.slots if slot.timestamp() in blocked}


routes = [matches]
