"""Logging in by a mailed link or its 6-digit code, and logging out. Only a POST ever opens or ends a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from events_app.accounts import rules, service
from events_app.accounts.guards import anyone, guest_or_staff, session_cookie
from events_app.kit import settings
from events_app.kit.errors import Unauthorised
from events_app.kit.http.limits import Rate
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.state import services_of
from events_app.kit.i18n import translate
from events_app.kit.text import one_line

LOGIN_RATE = Rate(30, 60)
ANSWER_AFTER_SECONDS = 0.25
"""The answer to a known address takes longer to make; nobody shall learn from the time which one it is."""
NO_STORE = {"Cache-Control": "no-store"}
Web = Request[Any, Any, Any]


@get("/login", guards=[guest_or_staff], include_in_schema=False)
async def login_page(request: Web) -> Response[Any]:
    onward = rules.own_path(request.query_params.get("next", ""))
    if request.user is not None:
        return see_other(onward)
    return _ask_for_email(request, onward, logged_out="out" in request.query_params)


@post("/login", guards=[anyone], include_in_schema=False, status_code=200)
async def send_login(request: Web) -> Response[Any]:
    """The same answer, after the same time, whether the address has an account or not."""
    await services_of(request).limit(request, "login", LOGIN_RATE)
    email, onward = await _entered(request, "email"), rules.own_path(await _entered(request, "next"))
    if not rules.is_email(rules.normal_email(email)):
        return _ask_for_email(request, onward, email, "Please enter a valid e-mail address.")
    async with _at_least(ANSWER_AFTER_SECONDS):
        login_id = await service.request_login(email, language_of(request), onward)
    services_of(request).wake_outbox()
    return _ask_for_code(request, login_id, email, onward)


@post("/login/code", guards=[anyone], include_in_schema=False, status_code=200)
async def log_in_by_code(request: Web) -> Response[Any]:
    await services_of(request).limit(request, "login", LOGIN_RATE)
    login_id, onward = _uuid(await _entered(request, "login")), rules.own_path(await _entered(request, "next"))
    try:
        token = await service.log_in_by_code(login_id, await _entered(request, "code"), _browser(request))
    except Unauthorised as refusal:
        return _ask_for_code(request, login_id, await _entered(request, "email"), onward, refusal.message)
    return await _logged_in(request, token, onward)


@get("/login/{token:str}", guards=[anyone], include_in_schema=False)
async def link_page(request: Web, token: FromPath[str]) -> Response[Any]:
    """What a mailed link opens: a page with the button that logs in. Mail scanners that follow links change nothing."""
    return _ask_to_press(request, still_good=await service.peek_login(token))


@post("/login/{token:str}", guards=[anyone], include_in_schema=False, status_code=200)
async def log_in_by_link(request: Web, token: FromPath[str]) -> Response[Any]:
    await services_of(request).limit(request, "login", LOGIN_RATE)
    try:
        session = await service.log_in_by_link(token, _browser(request))
    except Unauthorised:
        return _ask_to_press(request, still_good=False)
    return await _logged_in(request, session, rules.own_path(await _entered(request, "next")))


@post("/logout", guards=[anyone], include_in_schema=False, status_code=200)
async def log_out(request: Web) -> Response[Any]:
    await _end_session(request)
    answer = see_other("/login?out=1")
    answer.set_cookie(_cookie("", max_age=0))
    return answer


async def _logged_in(request: Web, token: str, onward: str) -> Response[Any]:
    """A session is always a new one: the browser's old one ends, so none can be fixed beforehand."""
    await _end_session(request)
    answer = see_other(onward)
    answer.set_cookie(_cookie(token, max_age=int(rules.SESSION_LIFETIME.total_seconds())))
    return answer


async def _end_session(request: Web) -> None:
    if old := request.cookies.get(session_cookie()):
        await service.log_out(old)


def _cookie(value: str, max_age: int) -> Cookie:
    secure = settings.current().production
    return Cookie(session_cookie(), value=value, max_age=max_age, secure=secure, httponly=True, samesite="lax")


def _ask_for_email(
    request: Web, onward: str, email: str = "", error: str | None = None, *, logged_out: bool = False
) -> Response[Any]:
    return page(
        request,
        "accounts/login.html",
        status_code=400 if error else 200,
        headers=NO_STORE,
        onward=onward,
        email=email,
        error=error and translate(language_of(request), error),
        logged_out=logged_out,
    )


def _ask_for_code(request: Web, login_id: UUID, email: str, onward: str, error: str | None = None) -> Response[Any]:
    return page(
        request,
        "accounts/code.html",
        status_code=400 if error else 200,
        headers=NO_STORE,
        login_id=login_id,
        email=email,
        onward=onward,
        error=error and translate(language_of(request), error),
        minutes=int(rules.LOGIN_LIFETIME.total_seconds() // 60),
    )


def _ask_to_press(request: Web, *, still_good: bool) -> Response[Any]:
    onward = rules.own_path(request.query_params.get("next", ""))
    status = 200 if still_good else 410
    template = "accounts/link.html"
    return page(request, template, status_code=status, headers=NO_STORE, still_good=still_good, onward=onward)


async def _entered(request: Web, name: str) -> str:
    value = (await request.form()).get(name, "")
    return one_line(value) if isinstance(value, str) else ""


def _uuid(text: str) -> UUID:
    """The id in a hidden field; a forged one becomes an id that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


def _browser(request: Web) -> str:
    return request.headers.get("user-agent", "")


@asynccontextmanager
async def _at_least(seconds: float) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    yield
    await asyncio.sleep(max(0.0, end - loop.time()))


routes = [login_page, send_login, log_in_by_code, link_page, log_in_by_link, log_out]
