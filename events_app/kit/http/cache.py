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

from events_app.kit.http.pages import html, language_cookies, language_of
from events_app.kit.i18n import Language

Web = Request[Any, Any, Any]
Context = Callable[[Language], Awaitable[dict[str, object]]]
FRESH_SECONDS = 1.0
REWRITES_PER_SECOND = 20
KEPT = 200
GZIP_LEVEL = 6
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


async def kept_page(request: Web, keeper: Keeper, key: Hashable, template: str, context: Context) -> Response[Any]:
    """A page that looks the same to all readers of a language; whoever is logged in gets one of their own.

    `key` says which page; `context` fetches what the template shows.
    """
    language = language_of(request)

    async def write() -> bytes:
        return html(request, template, language, **await context(language)).encode()

    headers = {"Content-Language": language, "Vary": "Accept-Language, Cookie, Accept-Encoding"}
    if request.scope.get("user") is None:
        ready = await keeper.get((key, language), write)
        made = answer(request, ready, MediaType.HTML, {"Cache-Control": "no-cache", **headers})
    else:
        made = answer(request, Ready.of(await write()), MediaType.HTML, {"Cache-Control": "no-store", **headers})
    made.cookies.extend(language_cookies(request))
    return made


def answer(request: Web, ready: Ready, media_type: str, headers: dict[str, str]) -> Response[Any]:
    """Send a ready body as the reader takes it: not at all (304), gzipped, or plain."""
    named = {"ETag": ready.etag, **headers}
    if _has(request, ready.etag):
        return Response(None, status_code=304, headers=named, media_type=media_type)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(ready.gzipped, headers={**named, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(ready.body, headers=named, media_type=media_type)


def _has(request: Web, etag: str) -> bool:
    """Whether the reader has this body already; If-None-Match compares weakly (RFC 9110, 13.1.2)."""
    known = request.headers.get("if-none-match", "")
    return bool(known) and (known.strip() == "*" or etag in {f"W/{tag}" for tag in _strong_tags(known)})


def _strong_tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
