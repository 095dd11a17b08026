"""What an attendee decides alone: needs of health and access, photos, and being erased."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post
from litestar.datastructures import Cookie

from events_app.events import service as events
from events_app.kit import settings
from events_app.kit.errors import Refusal
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.registration import answer_forms, queries, service
from events_app.registration.rules import answers as rules
from events_app.registration.schemas import AttendeePatch
from events_app.registration.service import answers, erase, own
from events_app.registration.service.answers import OwnEdit
from events_app.registration.web import fields
from events_app.registration.web.place import OWN_COOKIE, PRIVATE, Web, path_of, person_of, shown
from events_app.tickets.guards import ticket_link

KEPT_SECONDS = 90 * 24 * 3600


@post("/needs", status_code=200)
async def store_needs(request: Web) -> Response[Any]:
    """Keep what was stated, and let this browser alone read it again."""
    person, form = await person_of(request), await fields.sent_form(request, ["needs"])
    consent = form.ticked("consent")
    try:
        key = await own.store_needs(person.id, form.texts("needs"), form.text("note"), request.user, consent=consent)
    except Refusal as refusal:
        return await shown(request, person, form, refusal)
    answer = see_other(f"{path_of(request)}/place?done=needs")
    answer.set_cookie(_own_cookie(request, key))
    return answer


@post("/needs/withdraw", status_code=200)
async def withdraw_needs(request: Web) -> Response[Any]:
    await own.withdraw_needs((await person_of(request)).id, request.user)
    answer = see_other(f"{path_of(request)}/place?done=withdrawn")
    answer.delete_cookie(OWN_COOKIE, path=path_of(request))
    return answer


@post("/answers", status_code=200)
async def store_answers(request: Web) -> Response[Any]:
    """The event's questions, answered by the one whom they concern; sensitive answers are hidden from then on."""
    person = await person_of(request)
    event, registration = await events.event_by_id(person.event), await queries.registration(person.registration)
    assert registration is not None  # noqa: S101 - its attendee is there
    form = await fields.sent_answers(request, event)
    context = answers.context_of(event, registration)
    questions = rules.of(event.public.questions, "attendee")
    forgotten = {key for key in person.own_answers if form.ticked("forget", key)}
    kept = {key: person.answers.get(key) for key in person.own_answers if key not in forgotten}
    typed = answer_forms.read(form.values.get("answers"), questions, language_of(request), {**context, **kept})
    try:
        patch = AttendeePatch(answers=typed)
        await service.change_attendee(person.registration, person.id, patch, request.user, OwnEdit(forgotten))
    except Refusal as refusal:
        return await shown(request, person, form, refusal)
    return see_other(f"{path_of(request)}/place?done=changed")


@post("/photos", status_code=200)
async def decide_photos(request: Web) -> Response[Any]:
    person, form = await person_of(request), await fields.sent_form(request)
    await own.decide_photos(person.id, request.user, allowed=form.ticked("photos"))
    return see_other(f"{path_of(request)}/place?done=photos")


@get("/delete")
async def ask_to_erase(request: Web) -> Response[Any]:
    return await _erase_page(request)


@post("/delete", status_code=200)
async def erase_me(request: Web) -> Response[Any]:
    """The last page of this link: it says what is gone, and what is kept and why."""
    person = await person_of(request)
    still_contact = await erase.is_contact(person)
    kept = await erase.erase_attendee(person.registration, person.id, request.user)
    services_of(request).wake_outbox()
    event = await events.event_by_id(person.event)
    until = await erase.record_kept_until(event)
    answer = page(
        request,
        "registration/erased.html",
        headers=PRIVATE,
        event=event,
        kept=kept,
        kept_until=until,
        everybody=False,
        still_contact=still_contact,
    )
    answer.delete_cookie(OWN_COOKIE, path=path_of(request))
    return answer


async def _erase_page(request: Web) -> Response[Any]:
    person = await person_of(request)
    event, registration = await events.event_by_id(person.event), await queries.registration(person.registration)
    return page(
        request,
        "registration/erase.html",
        headers=PRIVATE,
        event=event,
        person=person,
        registration=registration,
        still_contact=await erase.is_contact(person),
        begun=erase.event_has_begun(event),
        kept_until=await erase.record_kept_until(event),
        back=f"{path_of(request)}/place",
    )


def _own_cookie(request: Web, key: str) -> Cookie:
    """Sent back to this ticket's pages alone."""
    return Cookie(
        OWN_COOKIE,
        value=key,
        path=path_of(request),
        max_age=KEPT_SECONDS,
        secure=settings.current().production,
        httponly=True,
        samesite="lax",
    )


routes = [
    Router(
        path="/tickets/{ticket_token:str}/place",
        route_handlers=[store_answers, store_needs, withdraw_needs, decide_photos, ask_to_erase, erase_me],
        guards=[ticket_link],
        include_in_schema=False,
    )
]
