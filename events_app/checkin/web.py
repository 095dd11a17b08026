"""The door's page. It holds no data: what it shows it fetches with the token of a paired device."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import anyone
from events_app.checkin.rules import normalise_pairing_code
from events_app.kit.http.pages import page

WebRequest = Request[Any, Any, Any]
Code = Annotated[str, QueryParameter(max_length=100)]


@get("/door", guards=[anyone], include_in_schema=False)
async def door(request: WebRequest) -> Response[Any]:
    return page(request, "checkin/door.html", pairing_code="")


@get("/door/pair", guards=[anyone], include_in_schema=False)
async def pair(request: WebRequest, code: Code = "") -> Response[Any]:
    """What the pairing QR leads to: the form with the code filled in; the page pairs when its button is pressed."""
    return page(request, "checkin/door.html", pairing_code=normalise_pairing_code(code) or "")


routes: list[ControllerRouterHandler] = [door, pair]
