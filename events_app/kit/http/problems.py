"""Every refusal leaves as a problem document (RFC 9457) from the API and as a page elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.plugins.problem_details import ProblemDetailsException

from events_app.kit import db
from events_app.kit.errors import (
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    PayloadTooLarge,
    Refusal,
    TooManyRequests,
    Unauthorised,
    Unavailable,
    UnknownField,
)
from events_app.kit.http.pages import language_of, page, see_other
from events_app.kit.http.protection import SAFE_METHODS
from events_app.kit.i18n import Language, translate

JSON_PREFIXES = ("/api/", "/schema/")
DESK_PREFIX = "/desk/"
RETRY_SECONDS = 5
"""A restart of the database takes about as long."""
_UNKNOWN = re.compile(r"(?s)unknown field `(.*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")
_KNOWN_STATUS: Mapping[int, Callable[[], Refusal]] = {
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    413: PayloadTooLarge,
    429: lambda: TooManyRequests(60),
}

_log = structlog.get_logger(__name__)


class _Broken(Refusal):
    status = 500
    code = "internal_error"
    message = "Something went wrong on our side. Please try again in a moment."


def refusal_response(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """Answer a refusal in the form the caller reads."""
    if request.url.path.startswith(JSON_PREFIXES):
        return problem(refusal, language_of(request)).to_response(request)
    if isinstance(refusal, Unauthorised) and f"{request.url.path}/".startswith(DESK_PREFIX):
        return _to_login(request)
    return page(
        request,
        "kit/refusal.html",
        status_code=refusal.status,
        headers=refusal.headers,
        refusal=refusal,
        text=translate(language_of(request), refusal.message, refusal.values),
    )


def _to_login(request: Request[Any, Any, Any]) -> Response[Any]:
    """Staff whose session has ended log in and come back to the page they wanted (after a POST, to the start)."""
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = request.url.path + query if request.method in SAFE_METHODS else DESK_PREFIX.rstrip("/")
    return see_other(f"/login?{urlencode({'next': wanted})}")


def problem(refusal: Refusal, language: Language) -> ProblemDetailsException:
    """The problem document: `{"type","title","status","detail","code","errors"}`."""
    detail = translate(language, refusal.message, refusal.values)
    return ProblemDetailsException(
        status_code=refusal.status,
        type_=f"urn:clustertreff:problem:{refusal.code}",
        title=translate(language, type(refusal).message),
        detail=detail,
        headers=refusal.headers,
        extra={"code": refusal.code, "errors": [_field(error, language) for error in refusal.errors]},
    )


def http_exception_response(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Litestar's own refusals (no route, wrong method, unreadable body) in our words."""
    return refusal_response(request, _as_refusal(error))


def unreadable_response(request: Request[Any, Any, Any], _: UnicodeDecodeError) -> Response[Any]:
    """A body that is not UTF-8: msgspec finds it only while it reads a text, and Litestar lets that pass."""
    return refusal_response(request, Invalid("This request can't be read."))


def crash_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Something broke on our side: logged with its trace, told without it. A database that is away will be back."""
    if db.is_away(error):
        _log.warning("database_away", method=request.method, path=request.url.path, error=repr(error))
        return refusal_response(request, Unavailable(RETRY_SECONDS))
    _log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    return refusal_response(request, _Broken())


def field_errors(extra: list[dict[str, Any]]) -> list[FieldError]:
    """Litestar's validation messages as field errors with JSON pointers."""
    return [_field_error(str(item.get("key", "")), str(item["message"])) for item in extra]


def refused_fields(extra: list[dict[str, Any]]) -> Refusal:
    """The refusal that those messages make."""
    found = field_errors(extra)
    return (UnknownField if any(error.code == "unknown_field" for error in found) else Invalid)(errors=found)


def _as_refusal(error: HTTPException) -> Refusal:
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        return refused_fields(error.extra)
    known = _KNOWN_STATUS.get(error.status_code)
    if known is not None:
        return known()
    refusal = Refusal("This request can't be read." if error.status_code == HTTPStatus.BAD_REQUEST else None)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal.message = "This address does not take this kind of request."
        refusal.code = "method_not_allowed"
    refusal.status = error.status_code
    refusal.headers = dict(error.headers or {})
    return refusal


def _field_error(key: str, message: str) -> FieldError:
    pointer = _pointer("" if key == "data" else key)
    if unknown := _UNKNOWN.search(message):
        name = unknown[1].replace("~", "~0").replace("/", "~1")  # RFC 6901, 3
        return FieldError(f"{pointer}/{name}", "unknown_field", "There is no such field.")
    if missing := _MISSING.search(message):
        return FieldError(f"{pointer}/{missing[1]}", "required", "Please fill this in.")
    return FieldError(pointer, "invalid", "This value is not of the expected kind.")


def _pointer(key: str) -> str:
    """`attendees[0].email` as `/attendees/0/email`; a mapping's `[...]` says not which value: the mapping is named."""
    return "".join(f"/{part}" for part in re.findall(r"[^.\[\]]+", key.partition("[...]")[0]))


def _field(error: FieldError, language: Language) -> dict[str, Any]:
    return {
        "field": error.field,
        "code": error.code,
        "message": translate(language, error.message, dict(error.values)),
    }
