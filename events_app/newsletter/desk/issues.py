"""Issues at the desk: the list, one issue with its preview, sending it and how far that is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.kit import clock
from events_app.kit.errors import FieldError, Invalid, Refusal
from events_app.kit.forms import Form, by_field, shown
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.newsletter import forms, queries, rules
from events_app.newsletter.queries import IssueRow
from events_app.newsletter.service import issues
from events_app.organisations.shell import PRIVATE, DeskRequest, desk_page

JOB = "send_newsletters"
RUN_STATES = {"queued": "queued", "sending": "running", "paused": "paused"}
UNREADABLE = FieldError("/scheduled_at", "invalid_time", "Please enter a day and time in the future.")


@get("/desk/newsletter", guards=[agent], include_in_schema=False)
async def list_issues(request: DeskRequest) -> Response[Any]:
    found = await issues.desk_issues(request.user)
    readers = await issues.readers(request.user)
    counts = await queries.deliveries([issue.id for issue in found])
    return await desk_page(request, "newsletter/desk/list.html", issues=found, readers=readers, counts=counts)


@get("/desk/newsletter/{issue_id:uuid}", guards=[agent], include_in_schema=False)
async def show_issue(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    return await _page(request, await issues.managed_issue(issue_id, request.user))


@get("/desk/newsletter/{issue_id:uuid}/progress", guards=[agent], include_in_schema=False)
async def progress(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[dict[str, Any]]:
    """How far sending is, for the bar on the page: `{"status","stage","progress"}`."""
    issue = await issues.managed_issue(issue_id, request.user)
    counts = (await queries.deliveries([issue_id]))[issue_id]
    body = {"status": RUN_STATES.get(issue.status, "done"), "stage": None, "progress": _done(counts)}
    return Response(body, headers=PRIVATE)


@post("/desk/newsletter/{issue_id:uuid}/test", guards=[agent], include_in_schema=False, status_code=200)
async def test_issue(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    try:
        await issues.send_test(issue_id, request.user)
    except Refusal as refusal:
        return await _refused(request, issue_id, refusal)
    services_of(request).wake_outbox()
    return see_other(f"/desk/newsletter/{issue_id}?done=tested")


@post("/desk/newsletter/{issue_id:uuid}/send", guards=[agent], include_in_schema=False, status_code=200)
async def send_issue(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    """Now, or (field `when` = later) at `scheduled_at` on the clocks of Berlin."""
    form = await forms.sent(request)
    later = form.text("when") == "later"
    at = forms.moment(form, "scheduled_at") if later else None
    try:
        if later and (at is None or at <= clock.now()):
            raise Invalid(errors=[UNREADABLE])
        await issues.send_issue(issue_id, request.user, at)
    except Refusal as refusal:
        return await _refused(request, issue_id, refusal, form)
    return await _woken(request, issue_id, "scheduled" if later else "sending")


@post("/desk/newsletter/{issue_id:uuid}/unschedule", guards=[agent], include_in_schema=False, status_code=200)
async def unschedule(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    try:
        await issues.unschedule(issue_id, request.user)
    except Refusal as refusal:
        return await _refused(request, issue_id, refusal)
    return see_other(f"/desk/newsletter/{issue_id}?done=unscheduled")


@post("/desk/newsletter/{issue_id:uuid}/pause", guards=[agent], include_in_schema=False, status_code=200)
async def pause(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    try:
        await issues.pause_issue(issue_id, request.user)
    except Refusal as refusal:
        return await _refused(request, issue_id, refusal)
    return see_other(f"/desk/newsletter/{issue_id}?done=paused")


@post("/desk/newsletter/{issue_id:uuid}/continue", guards=[agent], include_in_schema=False, status_code=200)
async def go_on(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    try:
        await issues.continue_issue(issue_id, request.user)
    except Refusal as refusal:
        return await _refused(request, issue_id, refusal)
    return await _woken(request, issue_id, "sending")


@post("/desk/newsletter/{issue_id:uuid}/delete", guards=[agent], include_in_schema=False, status_code=200)
async def delete(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    await issues.delete_draft(issue_id, request.user)
    return see_other("/desk/newsletter?done=deleted")


async def _woken(request: DeskRequest, issue_id: UUID, done: str) -> Response[Any]:
    await services_of(request).queue.wake(JOB)
    return see_other(f"/desk/newsletter/{issue_id}?done={done}")


async def _refused(request: DeskRequest, issue_id: UUID, refusal: Refusal, form: Form | None = None) -> Response[Any]:
    issue = await issues.managed_issue(issue_id, request.user)
    return await _page(request, issue, form or Form({}), refusal)


async def _page(
    request: DeskRequest, issue: IssueRow, form: Form | None = None, refusal: Refusal | None = None
) -> Response[Any]:
    language = language_of(request)
    errors = shown(refusal.errors, language, forms.LABELS) if refusal else []
    counts = (await queries.deliveries([issue.id]))[issue.id]
    return await desk_page(
        request,
        "newsletter/desk/issue.html",
        status_code=refusal.status if refusal else 200,
        issue=issue,
        form=form or Form({}),
        errors=errors,
        wrong=by_field(errors),
        problem=translate(language, refusal.message, refusal.values) if refusal and not errors else None,
        counts=counts,
        progress=_done(counts),
        size=await issues.audience_size(issue),
        filter_words=await _filter_words(issue, request),
        missing=rules.sending_problems(issue.written),
        languages=["de", "en"] if rules.language_of(issue.written, "en") == "en" else ["de"],
    )


async def _filter_words(issue: IssueRow, request: DeskRequest) -> list[str]:
    """Whom an issue is for, in words; empty: everybody."""
    language, audience = language_of(request), issue.audience
    chosen = await forms.audience_choices(language)
    ids = {"clusters": [str(cluster) for cluster in audience.clusters]}
    picked = {name: ids.get(name) or getattr(audience, name) for name in chosen}
    return [text for name, choices in chosen.items() for key, text in choices if key in picked[name]]


def _done(counts: Any) -> float:
    whole = sum(counts.values())
    return (whole - counts["due"] - counts["queued"]) / whole if whole else 0.0


routes = [list_issues, show_issue, progress, test_issue, send_issue, unschedule, pause, go_on, delete]
