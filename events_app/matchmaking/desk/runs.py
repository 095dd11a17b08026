"""The agent's page of an event's cooperation exchange: start a run, watch it, look at the result, publish it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any, NamedTuple, cast, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.kit.errors import FieldError, Invalid, NotFound
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import Language, translate
from events_app.matchmaking import service
from events_app.matchmaking.cards import Line, lines
from events_app.matchmaking.meeting_texts import why_no_meeting
from events_app.matchmaking.queries import Organisation, Pair, RunRow
from events_app.matchmaking.rules.advice import what_helps
from events_app.matchmaking.rules.constants import COMPANY_WEIGHTS, PARTNER_WEIGHTS, THOUSANDTHS
from events_app.matchmaking.schemas import CompanyWeightsIn, Keep, Mode, PartnerWeightsIn, WeightsIn
from events_app.matchmaking.service import Result, onsite
from events_app.matchmaking.texts import Words, distance_km
from events_app.organisations.shell import DeskRequest, desk_page

PLAN = "/desk/events/{slug:str}/matching"
RUN = PLAN + "/{run_id:uuid}"
WEIGHTS = {"company": COMPANY_WEIGHTS, "partner": PARTNER_WEIGHTS}
PERCENT = 100
LARGEST_PERCENT = 1000
PAGE_ROWS, PAGE_DIGITS = 100, 6


class Side(NamedTuple):
    name: str
    about: str


class Row(NamedTuple):
    """A match as the agent sees it; score and components in hundredths."""

    company: Side
    partner: Side
    km: int | None
    score: int
    components: dict[str, int]
    lines: list[Line]


@get(PLAN, guards=[agent], include_in_schema=False)
async def overview(request: DeskRequest, slug: FromPath[str]) -> Response[str]:
    """The latest run, or the one asked for with `?run=`."""
    return await _overview(request, slug)


@post(PLAN, guards=[agent], include_in_schema=False, status_code=200)
async def start(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    entered = {name: str(value) for name, value in (await request.form()).items()}
    try:
        weights = entered_weights(entered)
        mode = cast("Mode", entered["mode"]) if entered.get("mode") in get_args(Mode) else None
        keep: Keep = "none" if entered.get("afresh") else "published"
        run = await service.start_run(slug, request.user, weights, keep, mode)
    except Invalid as refusal:
        return await _overview(request, slug, entered, refusal.errors)
    await services_of(request).queue.wake("run_matching", str(run.id), job_id=f"matching:{run.id}")
    return see_other(_plan(slug))


@post(f"{RUN}/cancel", guards=[agent], include_in_schema=False, status_code=200)
async def cancel(request: DeskRequest, slug: FromPath[str], run_id: FromPath[UUID]) -> Response[Any]:
    await service.cancel_run((await _run_of(request, slug, run_id)).id, request.user)
    return see_other(_plan(slug))


@get(f"{RUN}/publish", guards=[agent], include_in_schema=False)
async def ask_to_publish(request: DeskRequest, slug: FromPath[str], run_id: FromPath[UUID]) -> Response[str]:
    """What publishing will do, with the button that does it."""
    run = await _run_of(request, slug, run_id)
    event = (await service.runs_of_event(slug, request.user)).event
    told, left_out = len(await service.to_be_told(run)), await service.left_out(run)
    return await desk_page(
        request,
        "matchmaking/desk_publish.html",
        run=run,
        event=event,
        told=told,
        left_out=left_out,
        changes=await onsite.changes(event, run),
        plan=_plan(slug),
    )


@post(f"{RUN}/publish", guards=[agent], include_in_schema=False, status_code=200)
async def publish(request: DeskRequest, slug: FromPath[str], run_id: FromPath[UUID]) -> Response[Any]:
    await service.publish_run((await _run_of(request, slug, run_id)).id, request.user)
    services_of(request).wake_outbox()
    return see_other(_plan(slug))


def entered_weights(entered: Mapping[str, str]) -> WeightsIn | None:
    """The percentages of the form; None where they are the defaults. Raises `Invalid` at the field."""
    default = _default_percentages()
    shares = {name: _percentage(name, entered.get(name, str(share))) for name, share in default.items()}
    if shares == default:
        return None
    company = {name: shares[f"company.{name}"] / PERCENT for name in COMPANY_WEIGHTS}
    partner = {name: shares[f"partner.{name}"] / PERCENT for name in PARTNER_WEIGHTS}
    return WeightsIn(CompanyWeightsIn(**company), PartnerWeightsIn(**partner))


def _percentages_of(latest: Sequence[RunRow]) -> dict[str, int]:
    """What the event's last run was weighted by, as far as whole per cent of the form can say it; else the defaults."""
    default = _default_percentages()
    if not latest or latest[0].weights is None:
        return default
    sides = msgspec.json.decode(latest[0].weights, type=dict[str, dict[str, float]])
    exact = {f"{side}.{name}": weight * PERCENT for side, all_ in sides.items() for name, weight in all_.items()}
    whole = {name: round(share) for name, share in exact.items()}
    said = all(isclose(share, exact[name]) and share <= LARGEST_PERCENT for name, share in whole.items())
    return whole if said else default


def _percentage(name: str, text: str) -> int:
    number = text.strip().removesuffix("%").strip()
    if not (number.isascii() and number.isdecimal() and int(number) <= LARGEST_PERCENT):
        pointer = "/" + name.replace(".", "/")
        raise Invalid(errors=[FieldError(pointer, "invalid_weights", "Please enter a whole number from 0 up.")])
    return int(number)


def _default_percentages() -> dict[str, int]:
    return {
        f"{side}.{name}": round(weight * PERCENT) for side, all_ in WEIGHTS.items() for name, weight in all_.items()
    }


async def _overview(
    request: DeskRequest, slug: str, entered: Mapping[str, str] | None = None, errors: Sequence[FieldError] = ()
) -> Response[str]:
    runs = await service.runs_of_event(slug, request.user)
    shown = _shown(runs.latest, request.query_params.get("run"))
    language = language_of(request)
    return await desk_page(
        request,
        "matchmaking/desk.html",
        status_code=400 if errors else 200,
        event=runs.event,
        plan=_plan(slug),
        active=next((run for run in runs.latest if run.active), None),
        shown=shown,
        current=runs.published,
        earlier=[run for run in runs.latest if not run.active and run is not shown],
        talks=await service.feedback_of_event(runs.event.id),
        **_found(await service.result(shown) if shown else Result(), language, request),
        **_form({**_percentages_of(runs.latest), **(entered or {})}, errors, language),
    )


def _shown(runs: Sequence[RunRow], wanted: str | None) -> RunRow | None:
    """The run whose result is on the page: the wanted one, else the last that has ended."""
    ended = [run for run in runs if not run.active]
    return next((run for run in ended if str(run.id) == wanted), ended[0] if ended else None)


def _number(request: DeskRequest, name: str) -> int:
    """Which page of a list, from 1."""
    text = request.query_params.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < PAGE_DIGITS else 1


def _found(found: Result, language: Language, request: DeskRequest) -> dict[str, Any]:
    """A page of the matches, and one of those without any."""
    words, number, missed = Words(language, found.names), _number(request, "page"), _number(request, "missed")
    last, last_missed = number * PAGE_ROWS, missed * PAGE_ROWS
    return {
        "rows": [_row(pair, language) for pair in found.pairs[last - PAGE_ROWS : last]],
        "missed": [
            (one.name, *[[words.reason(reason) for reason in told] for told in (one.reasons, what_helps(one.reasons))])
            for one in found.missed[last_missed - PAGE_ROWS : last_missed]
        ],
        "missed_count": len(found.missed),
        "missed_number": missed,
        "unplaced": [
            (
                found.names.get(str(one.company), ""),
                found.names.get(str(one.partner), ""),
                why_no_meeting(one.reason, language),
            )
            for one in found.unplaced
        ],
        "number": number,
        "has_more": last < len(found.pairs),
    }


def _form(entered: Mapping[str, object], errors: Sequence[FieldError], language: Language) -> dict[str, Any]:
    """The weights as they were typed, with what is wrong about them."""
    told = [(error.field, translate(language, error.message, dict(error.values))) for error in errors]
    return {"weights": entered, "errors": told, "wrong": dict(told)}


def _row(pair: Pair, language: Language) -> Row:
    words = Words(language)
    return Row(
        company=_side(pair.company, words),
        partner=_side(pair.partner, words),
        km=distance_km(pair.reasons),
        score=_hundredths(pair.score / THOUSANDTHS),
        components={name: _hundredths(part) for name, part in pair.components._asdict().items()},
        lines=lines(pair.reasons, language, None, pair.partner.kind),
    )


def _side(organisation: Organisation, words: Words) -> Side:
    about = words.about(organisation.kind, organisation.postcode, organisation.district)
    return Side(organisation.name, about)


def _hundredths(share: float) -> int:
    return round(share * PERCENT)


async def _run_of(request: DeskRequest, slug: str, run_id: UUID) -> RunRow:
    run = await service.get_run(run_id, request.user)
    if run.slug != slug:
        raise NotFound
    return run


def _plan(slug: str) -> str:
    return f"/desk/events/{slug}/matching"


routes = [overview, start, cancel, ask_to_publish, publish]
