"""Headers on every answer, and no state change on another site's behalf (docs/decisions/0004)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Response
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import Message, Scope

from events_app.kit import settings

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; "
    "script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "manifest-src 'self'; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)
NO_FRAME = "frame-ancestors 'none'"
FRAME_REFUSED = b"x-frame-options"
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}
HSTS = "max-age=31536000; includeSubDomains"
_ENCODED = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_ENCODED_HSTS = (b"strict-transport-security", HSTS.encode())
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
FROM_ANYWHERE: Final = "from_anywhere"
"""`opt={FROM_ANYWHERE: True}` on handlers that look at no cookie: their address is the right to act (RFC 8058)."""


async def security_headers(message: Message, scope: Scope) -> None:
    """Add the fixed headers to every answer, those to unknown addresses too; what an answer sets itself stays.

    A `before_send` hook, as middleware sees no request that finds no route; written as bytes, as Litestar's mapping
    would cost a third of a ready page.
    """
    if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
        return
    own = {name.lower() for name, _ in message["headers"]}
    if b"content-security-policy" in own:
        own.add(FRAME_REFUSED)  # it says who may frame the answer; the older header can't name several
    fixed = [*_ENCODED, _ENCODED_HSTS] if settings.current().production else _ENCODED
    message["headers"] = [*message["headers"], *(header for header in fixed if header[0] not in own)]


def framed_by(answer: Response[Any], hosts: Iterable[str]) -> Response[Any]:
    """Let these origins, and our own pages, show this answer in a frame (docs/decisions/0012).

    Only for pages that carry no session and whose buttons do no harm if somebody else's page lies around them.
    """
    ancestors = " ".join(["frame-ancestors 'self'", *hosts])
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(NO_FRAME, ancestors)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # for sites that isolate themselves (COEP)
    return answer


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether a browser sends this on behalf of another site.

    Browsers say where a request comes from (`Sec-Fetch-Site`, else `Origin`); scripts say nothing and carry no
    cookies that somebody else could abuse. A bearer token is never sent by a browser on its own.
    """
    if method in SAFE_METHODS or "authorization" in headers:
        return False
    if site := headers.get("sec-fetch-site"):
        return site not in OWN_SITES
    if origin := headers.get("origin"):
        return urlsplit(origin).netloc not in {headers.get("host"), urlsplit(settings.current().root_url).netloc}
    return False
