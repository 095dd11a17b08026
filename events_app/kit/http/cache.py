"""Answers that are ready: pages kept for a moment, and files that a reader may have already (ETag, 304)."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from litestar import MediaType, Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.status_codes import HTTP_200_OK, HTTP_304_NOT_MODIFIED
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from prometheus_client import Counter

from events_app.kit.http.pages import LANGUAGE_COOKIE, html, language_cookies, language_of
from events_app.kit.i18n import Language

Web = Request[Any, Any, Any]
Connection = ASGIConnection[Any, Any, Any, Any]
Context = Callable[[Language], Awaitable[dict[str, object]]]
FRESH_SECONDS = 1.0
REWRITES_PER_SECOND = 20
KEPT = 200
GZIP_LEVEL = 6
_HTML_HEADERS = {"Content-Type": "text/html; charset=utf-8"}
FROM_MEMORY = Counter("clustertreff_pages_from_memory_total", "Pages answered from memory; no other metric counts them")
PRECOMPRESSED: Final = "precompressed"
"""`opt={PRECOMPRESSED: True}` on handlers that answer with `Ready` bodies: the compression middleware lets them be."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A body as it is sent, plain and gzipped. The ETag is weak, as it names both."""

    body: bytes
    gzipped: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes) -> Ready:
        return cls(body, gzip.compress(body, GZIP_LEVEL, mtime=0), f'W/"{blake2b(body, digest_size=12).hexdigest()}"')


@dataclass(slots=True)
class _Kept:
    """One writing of a body: under way or done. `burst` counts the writings since `burst_began`."""

    writing: asyncio.Task[Ready]
    began: float
    version: int
    burst_began: float
    burst: int


@dataclass
class Keeper:
    """Bodies by key, each at most a second old and written by one request however many ask for it.

    `version` counts what happened in this process; after a change a body is written anew at once, but not more than
    `rewrites` times a second, so that a rush of registrations doesn't make the page slow that people register from.
    `elapsed` is a clock in seconds that never goes back.
    """

    version: Callable[[], int] = lambda: 0
    elapsed: Callable[[], float] = time.monotonic
    fresh_seconds: float = FRESH_SECONDS
    rewrites: int = REWRITES_PER_SECOND
    most: int = KEPT
    _kept: OrderedDict[Hashable, _Kept] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._kept)

    def fresh(self, key: Hashable) -> Ready | None:
        """The body of that key, if it is there and needs no writing."""
        kept = self._kept.get(key)
        if kept is None or not kept.writing.done() or self._is_stale(kept):
            return None
        return kept.writing.result()

    async def get(self, key: Hashable, write: Callable[[], Awaitable[bytes]]) -> Ready:
        """The body of that key; `write` is called if there is none or it is stale. What it raises is not kept."""
        kept = self._kept.get(key)
        if kept is None or self._is_stale(kept):
            kept = self._begin(key, write, kept)
        if kept.writing.done():
            return kept.writing.result()
        return await asyncio.shield(kept.writing)

    def clear(self) -> None:
        self._kept.clear()

    def _is_stale(self, kept: _Kept) -> bool:
        now = self.elapsed()
        if now - kept.began >= self.fresh_seconds:
            return True
        may_rewrite = kept.burst < self.rewrites or now - kept.burst_began >= 1
        return kept.version != self.version() and may_rewrite

    def _begin(self, key: Hashable, write: Callable[[], Awaitable[bytes]], before: _Kept | None) -> _Kept:
        now, version = self.elapsed(), self.version()
        same_burst = before is not None and now - before.burst_began < 1
        began, burst = (before.burst_began, before.burst + 1) if before and same_burst else (now, 1)
        kept = _Kept(asyncio.ensure_future(_written(write)), now, version, began, burst)
        kept.writing.add_done_callback(lambda writing: self._drop_failed(key, writing))
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return kept

    def _drop_failed(self, key: Hashable, writing: asyncio.Task[Ready]) -> None:
        kept = self._kept.get(key)
        failed = writing.cancelled() or writing.exception() is not None
        if failed and kept is not None and kept.writing is writing:
            del self._kept[key]


async def _written(write: Callable[[], Awaitable[bytes]]) -> Ready:
    return Ready.of(await write())


async def kept_page(
    request: Web, keeper: Keeper, template: str, context: Context, key: Hashable | None = None
) -> Response[Any]:
    """A page that looks the same to all readers of a language; whoever is logged in gets one of their own.

    `context` fetches what the template shows. `key` says which page it is, where the path alone doesn't.
    """
    language = language_of(request)

    async def write() -> bytes:
        return html(request, template, language, **await context(language)).encode()

    if request.scope.get("user") is None:
        ready = await keeper.get((key or request.scope["path"], language), write)
        made = answer(request, ready, MediaType.HTML, _page_headers(language))
    else:
        headers = {**_page_headers(language), "Cache-Control": "no-store"}
        made = answer(request, Ready.of(await write()), MediaType.HTML, headers)
    made.cookies.extend(language_cookies(request))
    return made


def from_memory(app: ASGIApp) -> ASGIApp:
    """Answer strangers who ask for a page that is fresh before routes, guards and metrics are gone through.

    Nothing is decided here: only a page that `kept_page` made for strangers, at this very path and without a query, is
    sent again, to readers who show neither a token nor any cookie but the language's.
    """

    async def at_the_door(scope: Scope, receive: Receive, send: Send) -> None:
        ready = _remembered(scope) if scope["type"] == ScopeType.HTTP else None
        if ready is None:
            await app(scope, receive, send)
            return
        FROM_MEMORY.inc()
        connection: Connection = ASGIConnection(scope)
        status, headers, body = _sent(connection, ready, _page_headers(language_of(connection)))
        whole = _HTML_HEADERS | {"Content-Length": str(len(body))} | headers if status == HTTP_200_OK else headers
        raw = [(name.lower().encode(), value.encode()) for name, value in whole.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return at_the_door


def _remembered(scope: HTTPScope) -> Ready | None:
    if scope["method"] != "GET" or scope["query_string"]:
        return None
    connection: Connection = ASGIConnection(scope)
    if "authorization" in connection.headers or not connection.cookies.keys() <= {LANGUAGE_COOKIE}:
        return None
    services = scope["litestar_app"].state.get("services")  # none before the start and after the end
    return services and services.pages.fresh((scope["path"], language_of(connection)))


def answer(request: Connection, ready: Ready, media_type: str, headers: dict[str, str]) -> Response[Any]:
    """Send a ready body as the reader takes it: not at all (304), gzipped, or plain."""
    status, sent, body = _sent(request, ready, headers)
    return Response(body or None, status_code=status, headers=sent, media_type=media_type)


def _page_headers(language: Language) -> dict[str, str]:
    return {
        "Cache-Control": "no-cache",
        "Content-Language": language,
        "Vary": "Accept-Language, Cookie, Accept-Encoding",
    }


def _sent(request: Connection, ready: Ready, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) for this reader."""
    named = {"ETag": ready.etag, **headers}
    if has(request, ready.etag):
        return HTTP_304_NOT_MODIFIED, named, b""
    if "gzip" in request.headers.get("accept-encoding", ""):
        return HTTP_200_OK, {**named, "Content-Encoding": "gzip"}, ready.gzipped
    return HTTP_200_OK, named, ready.body


def has(request: Connection, etag: str) -> bool:
    """Whether the reader has this body already; If-None-Match compares weakly (RFC 9110, 13.1.2)."""
    known = request.headers.get("if-none-match", "")
    return bool(known) and (known.strip() == "*" or etag in {f"W/{tag}" for tag in _strong_tags(known)})


def _strong_tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
