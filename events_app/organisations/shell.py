"""Pages of the back office: its frame knows whose cluster it is, and no cache keeps them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from events_app.accounts.rules import Actor
from events_app.kit.http.pages import page
from events_app.organisations import queries
from events_app.outbox.service.pauses import pauses

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
DeskRequest = Request[Actor, Any, Any]


async def desk_page(request: DeskRequest, template: str, *, status_code: int = 200, **context: Any) -> Response[str]:
    """Render a template that extends `desk/base.html`; `?done=` says what the last POST did."""
    cluster_id = request.user.cluster_id
    return page(
        request,
        template,
        status_code=status_code,
        headers=PRIVATE,
        desk_cluster=None if cluster_id is None else await queries.cluster_by_id(cluster_id),
        done=request.query_params.get("done"),
        mail_pauses=await pauses(),
        **context,
    )
