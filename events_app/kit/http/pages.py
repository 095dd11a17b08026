"""HTML answers: the reader's language, a rendered template, a redirect after a POST."""

from __future__ import annotations

from typing import Any, Final

from litestar import MediaType, Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.response import Redirect

from events_app.kit import settings
from events_app.kit.i18n import LANGUAGES, Language, accepted_language, known_language
from events_app.kit.templates import render

LANGUAGE_COOKIE: Final = "language"
YEAR_SECONDS = 365 * 24 * 3600


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Language:
    """The switch (`?lang=`), then its cookie, then Accept-Language, then German."""
    chosen = connection.query_params.get("lang") or connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return known_language(chosen)
    return accepted_language(connection.headers.get("accept-language", ""))


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
    language: Language | None = None,
    **context: object,
) -> Response[str]:
    """Render a template for this request; an explicit `?lang=` is remembered in a cookie."""
    shown_in = language or language_of(request)
    return Response(
        html(request, template, shown_in, **context),
        media_type=MediaType.HTML,
        status_code=status_code,
        headers={"Content-Language": shown_in, "Vary": "Accept-Language, Cookie", **(headers or {})},
        cookies=language_cookies(request),
    )


def html(request: Request[Any, Any, Any], template: str, language: Language, **context: object) -> str:
    """A template with what every page's frame needs."""
    return render(
        template,
        language,
        request_path=request.url.path,
        user=request.scope.get("user"),
        root_url=settings.current().root_url,
        **context,
    )


def see_other(path: str) -> Redirect:
    """After a POST: the next page is fetched with GET."""
    return Redirect(path, status_code=303)


def language_cookies(request: Request[Any, Any, Any]) -> list[Cookie]:
    """What remembers an explicit `?lang=`; none otherwise."""
    chosen = request.query_params.get("lang")
    if chosen not in LANGUAGES:
        return []
    secure = settings.current().production
    return [
        Cookie(LANGUAGE_COOKIE, value=chosen, max_age=YEAR_SECONDS, secure=secure, samesite="lax", httponly=True),
    ]
