"""Everything stored about a registration, as a file."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from events_app.accounts.rules import Actor
from events_app.matchmaking.service import own_data
from events_app.matchmaking.web.proposals import PRIVATE
from events_app.registration.guards import manage_link


@get("/registrations/{manage_token:str}/data.json", guards=[manage_link], include_in_schema=False)
async def download(request: Request[Actor, Any, Any], manage_token: FromPath[str]) -> Response[bytes]:
    """For people and programs (Art. 15 and 20 GDPR)."""
    del manage_token  # the guard has read it
    assert request.user.id is not None  # noqa: S101 - the guard names the registration
    event, found = await own_data.everything_about(request.user.id)
    text = msgspec.json.format(msgspec.json.encode(found), indent=2)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="registration-{event.slug}.json"'}
    return Response(text, media_type="application/json", headers=headers)


routes = [download]
