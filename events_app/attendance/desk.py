"""The round of mails around an event: what goes out when, what has gone out, who is coming, what to order."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.attendance import queries, rules, service
from events_app.attendance.rules import Round
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit import forms as kit_forms
from events_app.kit.errors import Invalid
from events_app.kit.forms import Form, Labels, by_field
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.text import many_lines
from events_app.kit.wall import read_wall, wall
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.registration import choice_queries
from events_app.registration.texts import COUNTED_NEEDS

ROUND = "/desk/events/{slug:str}/round"
LABELS = Labels(
    {
        "/reminder_days": "Days before the event",
        "/reminder_note": "In your own words",
        "/catering_at": "The caterer needs the numbers by",
        "/thanks_note": "In your own words",
    },
    {},
)


@get(ROUND, guards=[agent], include_in_schema=False)
async def show_round(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    return await _shown(request, event, await queries.plan_of(event.id))


@post(ROUND, guards=[agent], include_in_schema=False, status_code=200)
async def plan_round(request: DeskRequest, slug: FromPath[str]) -> Response[Any]:
    event = await events.managed_event(slug, request.user)
    form = kit_forms.read((await request.form()).multi_items())
    plan = _read(form, ZoneInfo(event.public.timezone))
    try:
        await service.plan_round(slug, plan, request.user, form.errors)
    except Invalid as refusal:
        return await _shown(request, event, await queries.plan_of(event.id), form, refusal)
    return see_other(f"/desk/events/{event.slug}/round?done=saved")


def _read(form: Form, zone: ZoneInfo) -> Round:
    """What was entered; what can't be read is noted in the form's errors."""
    days, deadline = form.text("reminder_days").strip(), form.text("catering_at")
    if form.ticked("reminder") and not (days.isascii() and days.isdecimal()):
        form.wrong("/reminder_days", "invalid", "Please enter a whole number.")
    if deadline and read_wall(deadline, zone) is None:
        form.wrong("/catering_at", "invalid_time", "There is no such day and time. Please check it.")
    readable = days.isascii() and days.isdecimal()
    return Round(
        reminder_days=int(days[:4]) if form.ticked("reminder") and readable else None,
        reminder_note=many_lines(form.text("reminder_note")),
        catering_at=read_wall(deadline, zone) if deadline else None,
        thanks=form.ticked("thanks"),
        thanks_note=many_lines(form.text("thanks_note")),
    )


async def _shown(
    request: DeskRequest, event: EventRow, plan: Round, form: Form | None = None, refusal: Invalid | None = None
) -> Response[Any]:
    """The whole page; `form` is what was just sent, and `refusal` what was wrong with it."""
    day, guests = service.day_of(event), await queries.guests(event.id)
    errors = [] if refusal is None else kit_forms.shown(refusal.errors, language_of(request), LABELS)
    return await desk_page(
        request,
        "attendance/desk/round.html",
        status_code=200 if refusal is None else refusal.status,
        event=event,
        plan=plan,
        form=form or Form(_as_stored(plan, ZoneInfo(day.timezone))),
        reminder_at=None if plan.reminder_days is None else rules.reminder_moment(day, plan.reminder_days),
        thanks_at=rules.thanks_moment(day),
        now=clock.now(),
        admitted=sum(guest.admitted for guest in guests),
        replies=await queries.replies(event.id, day.starts_at),
        counts=await service.counts(event),
        needs=await choice_queries.counted(event.id),
        need_texts=COUNTED_NEEDS,
        errors=errors,
        wrong=by_field(errors),
    )


def _as_stored(plan: Round, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "reminder": "" if plan.reminder_days is None else "yes",
        "reminder_days": str(plan.reminder_days or Round().reminder_days),
        "reminder_note": plan.reminder_note,
        "catering_at": wall(plan.catering_at, zone),
        "thanks": "yes" if plan.thanks else "",
        "thanks_note": plan.thanks_note,
    }


routes = [show_round, plan_round]
