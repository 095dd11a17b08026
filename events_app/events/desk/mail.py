"""The outbox as the back office sees it: what waits, what went out, what could not be delivered."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from events_app.accounts.guards import agent
from events_app.events import mail_queries
from events_app.events.mail_queries import STATES
from events_app.kit.http.pages import see_other
from events_app.kit.http.state import services_of
from events_app.organisations.shell import DeskRequest, desk_page
from events_app.outbox.service import parked


@get("/desk/mail", guards=[agent], include_in_schema=False)
async def list_mail(request: DeskRequest) -> Response[Any]:
    """Mails of this person's events, those that need a decision first; `?show=` one state."""
    scope = mail_queries.scope_of(request.user)
    counts = await mail_queries.counts(scope)
    view = request.query_params.get("show", "parked" if counts["parked"] else "sent")
    view = view if view in STATES else "sent"
    shown = await mail_queries.latest(scope, view)
    return await desk_page(request, "events/desk/mail.html", mails=shown, view=view, counts=counts)


@post("/desk/mail/retry", guards=[agent], include_in_schema=False, status_code=200)
async def retry_mail(request: DeskRequest) -> Response[Any]:
    """Put one parked mail (field `mail`), or all of this person's, back into the queue."""
    wanted = str((await request.form()).get("mail", ""))
    ids = await mail_queries.parked_ids(mail_queries.scope_of(request.user))
    await parked.retry([id_ for id_ in ids if wanted in {"", str(id_)}])
    services_of(request).wake_outbox()
    return see_other("/desk/mail?show=queued&done=retried")
