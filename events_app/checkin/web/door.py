"""The door's page and what makes it an app. It holds no data: what it shows it fetches with a paired device's token."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import anyone
from events_app.checkin.rules import normalise_pairing_code
from events_app.kit.assets import DIST_DIR, asset
from events_app.kit.http.pages import html, language_of, page
from events_app.kit.i18n import LANGUAGES, translate
from events_app.registration.texts import KINDS

WebRequest = Request[Any, Any, Any]
Code = Annotated[str, QueryParameter(max_length=100)]
TEMPLATE = "checkin/door.html"
KEPT_ASSETS = (
    "app.css",
    "app.js",
    "door.css",
    "door.js",
    "zxing_reader.wasm",
    "source-sans-3-latin-wght-normal.woff2",
    "source-sans-3-latin-ext-wght-normal.woff2",
    "favicon.svg",
    "icon-180.png",
    "icon-192.png",
    "icon-512.png",
)
"""What the page needs without network."""
NEVER_STALE = {"Cache-Control": "no-cache"}


@get("/door", guards=[anyone], include_in_schema=False)
async def door(request: WebRequest) -> Response[Any]:
    return page(request, TEMPLATE, pairing_code="", kinds=KINDS)


@get("/door/pair", guards=[anyone], include_in_schema=False)
async def pair(request: WebRequest, code: Code = "") -> Response[Any]:
    """What the pairing QR leads to: the form with the code filled in; the page pairs when its button is pressed."""
    return page(request, TEMPLATE, pairing_code=normalise_pairing_code(code) or "", kinds=KINDS)


@get("/door/sw.js", guards=[anyone], include_in_schema=False)
async def worker(request: WebRequest) -> Response[bytes]:
    """The service worker (`frontend/src/door-sw.ts`), with what it keeps in front of it.

    Browsers compare it byte by byte: a new script, style or text of the page makes a new version. The header lets it
    serve `/door` itself, which lies above its own folder.
    """
    shown = "".join(html(request, TEMPLATE, language, pairing_code="", kinds=KINDS) for language in LANGUAGES)
    files = [*map(asset, KEPT_ASSETS)]
    version = blake2b("\0".join([shown, *files]).encode(), digest_size=8).hexdigest()
    kept = msgspec.json.encode({"version": version, "languages": LANGUAGES, "files": files})
    script = b"self.DOOR=" + kept + b";\n" + (DIST_DIR / asset("door-sw.js").rpartition("/")[2]).read_bytes()
    headers = {**NEVER_STALE, "Service-Worker-Allowed": "/door"}
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


@get("/door/manifest.webmanifest", guards=[anyone], include_in_schema=False)
async def manifest(request: WebRequest) -> Response[bytes]:
    """What a phone needs to install the page: it then opens without the browser's frame, turned as it is held."""
    language = language_of(request)
    described = {
        "id": "/door",
        "name": f"{translate(language, 'Door')} · Clustertreff",
        "short_name": translate(language, "Door"),
        "lang": language,
        "start_url": "/door",
        "scope": "/door",
        "display": "standalone",
        "orientation": "any",
        "background_color": "#fbfaf7",
        "theme_color": "#131a20",
        "icons": [
            {"src": asset(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
        ],
    }
    return Response(
        msgspec.json.encode(described), media_type="application/manifest+json; charset=utf-8", headers=NEVER_STALE
    )


routes: list[ControllerRouterHandler] = [door, pair, worker, manifest]
