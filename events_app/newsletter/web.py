"""The newsletter's public pages: signing up, confirming, preferences, leaving, and what has been sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from events_app.accounts.guards import anyone
from events_app.kit.errors import Forbidden, NotFound, Refusal
from events_app.kit.forms import Form, by_field, shown
from events_app.kit.http import pow as proof
from events_app.kit.http.limits import Rate
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.protection import FROM_ANYWHERE
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.newsletter import forms, mails, queries, rules
from events_app.newsletter.guards import reader_link
from events_app.newsletter.plain import plain_text
from events_app.newsletter.queries import SubscriberRow
from events_app.newsletter.schemas import IssueIn
from events_app.newsletter.service import issues, links, readers, signup
from events_app.organisations import queries as organisations

Web = Request[Any, Any, Any]
TRAP = "website"
UNPROVED_RATE = Rate(10, 3600)
"""Sign-ups of one address without the proof of work: enough for a family of browsers that run no JavaScript."""
DESCRIPTION_LENGTH = 155
NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
PRIVATE = {**NO_STORE, "X-Robots-Tag": "noindex"}


@get("/newsletter", guards=[anyone], include_in_schema=False)
async def sign_up_page(request: Web) -> Response[Any]:
    """The form; `?cluster=` ticks one."""
    language = language_of(request)
    chosen = request.query_params.get("cluster")
    return await _form(request, Form({"clusters": [chosen] if chosen else [], "language": language}))


@post("/newsletter", guards=[anyone], include_in_schema=False, status_code=200)
async def sign_up(request: Web) -> Response[Any]:
    """Ask by mail. The answer is the same whether the address is known, new or was asked a moment ago."""
    form = await forms.sent(request)
    await _limit(request, form)
    if form.text(TRAP):
        raise Forbidden("This form was filled in by a program.")
    try:
        await signup.sign_up(forms.sign_up(form))
    except Refusal as refusal:
        return await _form(request, form, refusal)
    services_of(request).wake_outbox()
    days = rules.CONFIRM_WITHIN.days
    return page(request, "newsletter/asked.html", headers=NO_STORE, email=form.text("email").strip(), days=days)


async def _limit(request: Web, form: Form) -> None:
    held = services_of(request)
    await held.limit(request, "newsletter", held.registration_rate)
    if held.registration_rate is not None and not proof.is_solved(form.text("altcha")):
        await held.limit(request, "newsletter-unproved", UNPROVED_RATE)


async def _form(request: Web, form: Form, refusal: Refusal | None = None) -> Response[Any]:
    language = language_of(request)
    errors = shown(refusal.errors, language, forms.LABELS) if refusal else []
    return page(
        request,
        "newsletter/sign_up.html",
        status_code=refusal.status if refusal else 200,
        headers=NO_STORE,
        form=form,
        errors=errors,
        wrong=by_field(errors),
        trap_name=TRAP,
        **forms.offered(await organisations.clusters(), language),
    )


@get("/newsletter/confirm/{token:str}", guards=[anyone], include_in_schema=False)
async def confirm_page(request: Web, token: FromPath[str]) -> Response[Any]:
    """What the mailed link opens: the button that confirms. Looking changes nothing."""
    try:
        reader = await signup.check(token)
    except Refusal as refusal:
        return _refused(request, refusal)
    if reader.status == "confirmed":
        return see_other(f"/newsletter/preferences/{links.reader_token(reader.id)}")
    return page(request, "newsletter/confirm.html", headers=PRIVATE, reader=reader)


@post("/newsletter/confirm/{token:str}", guards=[anyone], include_in_schema=False, status_code=200)
async def confirm(request: Web, token: FromPath[str]) -> Response[Any]:
    try:
        reader = await signup.confirm(token)
    except Refusal as refusal:
        return _refused(request, refusal)
    return see_other(f"/newsletter/preferences/{links.reader_token(reader.id)}?done=confirmed")


@get("/newsletter/unsubscribe/{token:str}", guards=[anyone], include_in_schema=False)
async def unsubscribe_page(request: Web, token: FromPath[str]) -> Response[Any]:
    """A page with the button, for people; nobody is unsubscribed by a program that looks at links."""
    reader = await queries.subscriber(_reader_id(token))
    still = reader is not None and reader.status == "confirmed"
    return page(request, "newsletter/unsubscribe.html", headers=PRIVATE, token=token, still=still, done=False)


@post(
    "/newsletter/unsubscribe/{token:str}",
    guards=[anyone],
    include_in_schema=False,
    status_code=200,
    opt={FROM_ANYWHERE: True},
)
async def unsubscribe(request: Web, token: FromPath[str]) -> Response[Any]:
    """One click (RFC 8058) from a mail program or from our page: no cookie, no log-in, no redirect, twice is fine."""
    await readers.unsubscribe(_reader_id(token))
    return page(request, "newsletter/unsubscribe.html", headers=PRIVATE, token=token, still=False, done=True)


@get("/newsletter/preferences/{token:str}", guards=[reader_link], include_in_schema=False)
async def preferences_page(request: Web, token: FromPath[str]) -> Response[Any]:
    try:
        reader = await readers.reader(_reader_id(token))
    except NotFound as refusal:
        return _refused(request, refusal)
    plain = {name: getattr(reader, name) for name in ("name", "organisation", "role", "region", "language")}
    chosen = {"clusters": await readers.slugs_of(reader.clusters), "topics": list(reader.topics)}
    return await _preferences(request, reader, Form({**plain, **chosen}))


@post("/newsletter/preferences/{token:str}", guards=[reader_link], include_in_schema=False, status_code=200)
async def change_preferences(request: Web, token: FromPath[str]) -> Response[Any]:
    form, subscriber_id = await forms.sent(request), _reader_id(token)
    pause = form.text("pause")
    try:
        reader = await readers.reader(subscriber_id)
    except NotFound as refusal:
        return _refused(request, refusal)
    try:
        months = int(pause) if pause in {"0", "1", "3", "6"} else None
        await readers.change_preferences(subscriber_id, forms.preferences(form), months)
    except Refusal as refusal:
        return await _preferences(request, reader, form, refusal)
    return see_other(f"/newsletter/preferences/{token}?done=saved")


@post("/newsletter/preferences/{token:str}/erase", guards=[reader_link], include_in_schema=False, status_code=200)
async def erase(request: Web, token: FromPath[str]) -> Response[Any]:
    """Everything about this reader goes; a hash stays so that the address gets no newsletter by mistake."""
    try:
        await readers.forget_reader(_reader_id(token))
    except NotFound as refusal:
        return _refused(request, refusal)
    return page(request, "newsletter/erased.html", headers=PRIVATE)


async def _preferences(
    request: Web, reader: SubscriberRow, form: Form, refusal: Refusal | None = None
) -> Response[Any]:
    language = language_of(request)
    errors = shown(refusal.errors, language, forms.LABELS) if refusal else []
    return page(
        request,
        "newsletter/preferences.html",
        status_code=refusal.status if refusal else 200,
        headers=PRIVATE,
        reader=reader,
        token=links.reader_token(reader.id),
        form=form,
        errors=errors,
        wrong=by_field(errors),
        done=request.query_params.get("done"),
        **forms.offered(await organisations.clusters(), language),
    )


@get("/newsletter/archive", guards=[anyone], include_in_schema=False)
async def archive(request: Web) -> Response[Any]:
    language = language_of(request)
    sent = [(issue, _subject(issue.written, language)) for issue in await queries.archive()]
    return page(request, "newsletter/archive.html", sent=sent)


@get("/newsletter/archive/{slug:str}", guards=[anyone], include_in_schema=False)
async def archived_issue(request: Web, slug: FromPath[str]) -> Response[Any]:
    """An issue as a page, in the reader's language if it was written in it."""
    issue = await queries.archived(slug)
    if issue is None:
        raise NotFound
    written, language = issue.written, rules.language_of(issue.written, language_of(request))
    body = written.body_en if language == "en" else written.body_de
    return page(
        request,
        "newsletter/issue.html",
        issue=issue,
        subject=_subject(written, language),
        body=body,
        written_in=language,
        summary=plain_text(body).replace("\n", " ")[:DESCRIPTION_LENGTH],
        cards=mails.cards_of(await issues.cards(written), language_of(request)),
    )


def _subject(written: IssueIn, wanted: str) -> str:
    return written.subject_en if rules.language_of(written, wanted) == "en" else written.subject_de


def _reader_id(token: str) -> UUID:
    """Raises `NotFound` for a link that is not ours."""
    found = links.reader_id(token)
    if found is None:
        raise NotFound
    return found


def _refused(request: Web, refusal: Refusal) -> Response[Any]:
    text = translate(language_of(request), refusal.message, refusal.values)
    return page(request, "newsletter/gone.html", status_code=refusal.status, headers=PRIVATE, text=text)


routes = [
    sign_up_page,
    sign_up,
    confirm_page,
    confirm,
    unsubscribe_page,
    unsubscribe,
    preferences_page,
    change_preferences,
    erase,
    archive,
    archived_issue,
]
