"""`/dev/mail`: mails that were caught instead of sent, as their readers would see them."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath

from events_app.kit import settings
from events_app.kit.errors import NotFound
from events_app.kit.http.guards import anyone
from events_app.kit.http.pages import page
from events_app.outbox import caught
from events_app.outbox.guards import while_catching

Web = Request[Any, Any, Any]
GUARDS = [anyone, while_catching]
FRAMED = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""A mail's HTML is not ours to trust: it runs nothing, loads nothing, and its links open outside the frame."""


@get("/dev/mail", guards=GUARDS, include_in_schema=False)
async def caught_mails(request: Web) -> Response[str]:
    mails = await asyncio.to_thread(caught.newest, settings.current().mail_dir)
    return page(request, "outbox/mails.html", mails=mails)


@get("/dev/mail/{name:str}", guards=GUARDS, include_in_schema=False)
async def caught_mail(request: Web, name: FromPath[str]) -> Response[str]:
    return page(request, "outbox/mail.html", mail=await _opened(name))


@get("/dev/mail/{name:str}/html", guards=GUARDS, include_in_schema=False)
async def caught_html(name: FromPath[str]) -> Response[str]:
    html = (await _opened(name)).html.replace("<head>", '<head><base target="_blank">', 1)
    return Response(html, media_type=MediaType.HTML, headers=FRAMED)


@get("/dev/mail/{name:str}/raw", guards=GUARDS, include_in_schema=False)
async def caught_raw(name: FromPath[str]) -> Response[bytes]:
    content = await asyncio.to_thread(caught.content_of, settings.current().mail_dir, name)
    if content is None:
        raise NotFound
    return _download(content, "message/rfc822", f"{name}.eml")


@get("/dev/mail/{name:str}/files/{index:int}", guards=GUARDS, include_in_schema=False)
async def caught_file(name: FromPath[str], index: FromPath[int]) -> Response[bytes]:
    for part in (await _opened(name)).parts:
        if part.index == index:
            return _download(part.content, part.kind, part.name)
    raise NotFound


async def _opened(name: str) -> caught.Opened:
    found = await asyncio.to_thread(caught.opened, settings.current().mail_dir, name)
    if found is None:
        raise NotFound("This mail is not here (any more).")
    return found


def _download(content: bytes, kind: str, name: str) -> Response[bytes]:
    harmless = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{harmless}"'})


routes = [caught_mails, caught_mail, caught_html, caught_raw, caught_file]
