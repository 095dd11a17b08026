"""The contact answers what is asked once per registration, and sees whose answers are missing."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from events_app.kit.forms import Form, ShownError, by_field
from events_app.kit.http.pages import language_of
from events_app.registration import answer_forms, service
from events_app.registration.guards import manage_link
from events_app.registration.rules import answers as rules
from events_app.registration.rules import wordings
from events_app.registration.schemas import RegistrationPatch
from events_app.registration.service import answers
from events_app.registration.web import fields
from events_app.registration.web.fields import Web
from events_app.registration.web.link import done_or_again, mine, private_page


@get("/answers")
async def show_answers(request: Web) -> Response[Any]:
    registration, event = await mine(request)
    known = wordings.still_fitting(answers.answered(registration), event.public.questions)
    return await _page(
        request, Form({"answers": answer_forms.typed(event.public.questions, known, language_of(request))})
    )


@post("/answers", status_code=200)
async def save_answers(request: Web) -> Response[Any]:
    registration, event = await mine(request)
    form = await fields.sent_answers(request, event)
    questions = rules.of(event.public.questions, "registration")
    entered = answer_forms.read(form.values.get("answers"), questions, language_of(request))
    return await done_or_again(
        request,
        lambda: service.change_registration(registration.id, RegistrationPatch(answers=entered), request.user),
        "changed",
        lambda errors, text: _page(request, form, errors, text),
    )


async def _page(
    request: Web, form: Form, errors: list[ShownError] | None = None, notice: str | None = None
) -> Response[Any]:
    _, event = await mine(request)
    return await private_page(
        request,
        "registration/answers.html",
        event,
        asked=fields.asked_per("registration", event, language_of(request)),
        form=form,
        errors=errors or [],
        wrong=by_field(errors or []),
        notice_text=notice,
    )


routes = [
    Router(
        path="/registrations/{manage_token:str}",
        route_handlers=[show_answers, save_answers],
        guards=[manage_link],
        include_in_schema=False,
    )
]
