"""Writing an issue: the form, with both languages as their readers will see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import MediaType, Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import agent
from events_app.accounts.rules import Actor
from events_app.kit.errors import Forbidden, Invalid
from events_app.kit.forms import Form, by_field, shown
from events_app.kit.http.pages import language_of, see_other
from events_app.kit.i18n import known_language
from events_app.newsletter import forms, mails
from events_app.newsletter.queries import IssueRow
from events_app.newsletter.service import issues
from events_app.organisations import queries as organisations
from events_app.organisations.shell import PRIVATE, DeskRequest, desk_page

FRAMED = {
    **PRIVATE,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""A mail's HTML needs its inline styles; it runs nothing and loads nothing."""


@get("/desk/newsletter/new", guards=[agent], include_in_schema=False)
async def new_issue(request: DeskRequest) -> Response[Any]:
    return await _page(request, Form({"in_archive": "yes"}), None)


@post("/desk/newsletter/new", guards=[agent], include_in_schema=False, status_code=200)
async def create_issue(request: DeskRequest) -> Response[Any]:
    form = await forms.sent(request)
    if form.text("count"):
        return await _page(request, form, None)
    try:
        issue = await issues.create_issue(forms.issue(form), _cluster(form, request.user), request.user)
    except Invalid as refusal:
        return await _page(request, form, None, refusal)
    return see_other(f"/desk/newsletter/{issue.id}?done=created")


@get("/desk/newsletter/{issue_id:uuid}/edit", guards=[agent], include_in_schema=False)
async def edit_issue(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    issue = await issues.managed_issue(issue_id, request.user)
    return await _page(request, Form(forms.issue_values(issue.written)), issue)


@post("/desk/newsletter/{issue_id:uuid}/edit", guards=[agent], include_in_schema=False, status_code=200)
async def change_issue(request: DeskRequest, issue_id: FromPath[UUID]) -> Response[Any]:
    form, issue = await forms.sent(request), await issues.managed_issue(issue_id, request.user)
    if form.text("count"):
        return await _page(request, form, issue)
    try:
        await issues.change_issue(issue_id, forms.issue(form), request.user)
    except Invalid as refusal:
        return await _page(request, form, issue, refusal)
    return see_other(f"/desk/newsletter/{issue_id}?done=saved")


@post("/desk/newsletter/preview/{language:str}", guards=[agent], include_in_schema=False, status_code=200)
async def preview_unsaved(request: DeskRequest, language: FromPath[str]) -> Response[str]:
    """What is in the form at this moment, as a mail; nothing is stored."""
    form = await forms.sent(request)
    cluster_id = _cluster(form, request.user)
    cluster = None if cluster_id is None else await organisations.cluster_by_id(cluster_id)
    written = forms.issue(form)
    sender = cluster.name if cluster else None
    letter = mails.written_letter(written, await issues.cards(written), known_language(language), sender=sender)
    return framed(letter.html)


@get("/desk/newsletter/{issue_id:uuid}/preview/{language:str}", guards=[agent], include_in_schema=False)
async def preview(request: DeskRequest, issue_id: FromPath[UUID], language: FromPath[str]) -> Response[str]:
    issue = await issues.managed_issue(issue_id, request.user)
    return framed((await mails.issue_letter(issue, known_language(language))).html)


def framed(html: str) -> Response[str]:
    """A mail in a frame of our page; its links open outside."""
    content = html.replace("<head>", '<head><base target="_blank">', 1)
    return Response(content, media_type=MediaType.HTML, headers=FRAMED)


def _cluster(form: Form, actor: Actor) -> UUID | None:
    """An agent writes for her cluster; an admin for the one chosen, or for the whole programme."""
    if actor.role != "admin":
        return actor.cluster_id
    try:
        return UUID(form.text("cluster"))
    except ValueError:
        return None


async def _page(
    request: DeskRequest, form: Form, issue: IssueRow | None, refusal: Invalid | None = None
) -> Response[Any]:
    actor, language = request.user, language_of(request)
    cluster_id = issue.cluster_id if issue else _cluster(form, actor)
    if not actor.runs_cluster(cluster_id):
        raise Forbidden("Only whoever runs a cluster can write its newsletter.")
    errors = shown(refusal.errors, language, forms.LABELS) if refusal else []
    return await desk_page(
        request,
        "newsletter/desk/form.html",
        status_code=refusal.status if refusal else 200,
        form=form,
        issue=issue,
        cluster_id=cluster_id,
        errors=errors,
        wrong=by_field(errors),
        size=await issues.count_audience(forms.audience(form), cluster_id),
        counted=bool(form.text("count")),
        events=await issues.coming_events(),
        choices_of=await forms.audience_choices(language),
    )


routes = [new_issue, create_issue, edit_issue, change_issue, preview_unsaved, preview]
