"""What an event's people answered, in the back office: numbers, answers with their wording, what is still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.events import service as events
from events_app.events.questions import words
from events_app.kit.http.pages import language_of
from events_app.kit.i18n import Language
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.registration.answer_forms import told
from events_app.registration.service.report import Asked, report


@dataclass(frozen=True)
class Shown:
    """A question of the report in the reader's language."""

    asked: Asked
    label: str
    counts: list[tuple[str, int]]
    lines: list[tuple[str, str, str]]


@get("/desk/events/{slug:str}/answers", guards=[agent], include_in_schema=False)
async def answers_of_event(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    found, language = await report(event), language_of(request)
    shown = [_shown(asked, language) for asked in found.asked]
    return await desk_page(request, "registration/desk/answers.html", event=event, shown=shown, report=found)


def _shown(asked: Asked, language: Language) -> Shown:
    question = asked.question
    return Shown(
        asked,
        words(question, language).label,
        [(told(question, answer, language), number) for answer, number in asked.counts.most_common()],
        [(line.who, line.organisation, told(question, line.answer, language)) for line in asked.lines],
    )
