"""What a contact says beside the proposals: whom to meet, when, whether to exchange contacts, how a talk was."""

from __future__ import annotations

from typing import Any, cast, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from events_app.accounts.rules import Actor
from events_app.kit.errors import NotFound
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.matchmaking import service
from events_app.matchmaking.cards import browsed
from events_app.matchmaking.schemas import OpinionKind, Useful
from events_app.matchmaking.web.proposals import PRIVATE
from events_app.registration import service as registrations
from events_app.registration.guards import manage_link
from events_app.registration.schemas import RegistrationPatch

Web = Request[Actor, Any, Any]
HOME = "/registrations/{manage_token:str}/matches"
PAGE_DIGITS = 6
POST: dict[str, Any] = {"guards": [manage_link], "include_in_schema": False, "status_code": 200}


@get(f"{HOME}/others", guards=[manage_link], include_in_schema=False)
async def others(request: Web, manage_token: FromPath[str]) -> Response[str]:
    """Who could be wished for; `?q=` looks for a name or an occupation, `?page=` counts from 1."""
    text, number = request.query_params.get("q", ""), _number(request.query_params.get("page", ""))
    found = await service.others_to_meet(_own(request), text, number)
    language = language_of(request)
    return page(
        request,
        "matchmaking/others.html",
        headers=PRIVATE,
        found=found,
        event=found.event.public,
        heard=service.may_speak(found.registration, found.event),
        manage=f"/registrations/{manage_token}",
        rows=[browsed(one, found.registration, language) for one in found.items],
        opinions={one.other.id: one.kind for one in found.stated},
        text=text,
        number=number,
        at=lambda other: "?" + urlencode({"q": text, "page": other}),
    )


@post(f"{HOME}/opinion", **POST)
async def opinion(request: Web, manage_token: FromPath[str]) -> Response[Any]:
    form = await request.form()
    said, other = str(form.get("kind", "")), _uuid(form.get("other"))
    if said not in {*get_args(OpinionKind), "none"}:
        raise NotFound
    await service.state_opinion(_own(request), other, None if said == "none" else cast("OpinionKind", said))
    home = f"/registrations/{manage_token}/matches"
    if form.get("from") == "others":
        listed = urlencode({"q": str(form.get("q", "")), "page": _number(str(form.get("page", "")))})
        return see_other(f"{home}/others?{listed}#o-{other}")
    return see_other(f"{home}#o-{other}")


@post(f"{HOME}/times", **POST)
async def times(request: Web, manage_token: FromPath[str]) -> Response[Any]:
    """The ticked slots are those at which the organisation can meet; what it said of other times stays."""
    found = await service.matches_for_registration(_own(request))
    ticked = {str(one) for one in (await request.form()).getall("slot", [])}
    slots = found.event.public.matchmaking.slots
    training = found.registration.training
    known = {slot.timestamp() for slot in slots}
    kept = [moment for moment in training.unavailable if moment.timestamp() not in known]
    blocked = [slot for slot in slots if slot.isoformat() not in ticked]
    changed = msgspec.structs.replace(training, unavailable=[*kept, *blocked])
    await registrations.change_registration(found.registration.id, RegistrationPatch(training=changed), request.user)
    return see_other(f"/registrations/{manage_token}/matches?done=times#times")


@post(f"{HOME}/exchange", **POST)
async def exchange(request: Web, manage_token: FromPath[str]) -> Response[Any]:
    """Agree to exchange contacts with another, or not any more."""
    form = await request.form()
    other = _uuid(form.get("other"))
    if form.get("agree") == "no":
        await service.take_back_agreement(_own(request), other)
    else:
        await service.agree_to_exchange(_own(request), other)
        services_of(request).wake_outbox()
    return see_other(f"/registrations/{manage_token}/matches#o-{other}")


@post(f"{HOME}/feedback", **POST)
async def feedback(request: Web, manage_token: FromPath[str]) -> Response[Any]:
    form = await request.form()
    useful, other = str(form.get("useful", "")), _uuid(form.get("other"))
    if useful in get_args(Useful):  # nothing chosen is nothing said
        remark = str(form.get("remark", ""))
        await service.give_feedback(_own(request), other, cast("Useful", useful), remark)
    return see_other(f"/registrations/{manage_token}/matches#o-{other}")


def _own(request: Web) -> UUID:
    assert request.user.id is not None  # noqa: S101 - the guard names the registration
    return request.user.id


def _uuid(sent: Any) -> UUID:
    try:
        return UUID(str(sent))
    except ValueError:
        raise NotFound from None


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < PAGE_DIGITS else 1


routes = [others, opinion, times, exchange, feedback]
