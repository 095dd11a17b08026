"""The guard of a ticket's pages: the link itself is the key."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from events_app.accounts.guards import Connection
from events_app.accounts.rules import Actor
from events_app.kit.errors import NotFound
from events_app.tickets import service


async def ticket_link(connection: Connection, _: BaseRouteHandler) -> None:
    """Holders of a genuine link that nobody has replaced; `request.auth` is the ticket, `request.user` its holder.

    The path's `ticket_token` may carry a file's suffix (`….svg`): no token has a dot in it.
    """
    token = str(connection.path_params["ticket_token"]).partition(".")[0]
    ticket = await service.by_token(token)
    if ticket is None:
        raise NotFound("This ticket link is not valid (any more). Please use the one in our latest e-mail.")
    connection.scope["auth"] = ticket
    connection.scope["user"] = Actor(
        "attendee", ticket.attendee_id, event_id=ticket.event, name=ticket.name, language=ticket.language
    )
