"""Who may see and change a registration: its contact by the manage link, its cluster's agent, an admin."""

from __future__ import annotations

from uuid import UUID

from litestar.handlers import BaseRouteHandler

from events_app.accounts.guards import Connection, bearer, find_desk_actor
from events_app.accounts.rules import Actor
from events_app.kit.errors import Forbidden, NotFound, Unauthorised
from events_app.registration import service
from events_app.registration.queries import RegistrationRow


def contact_actor(registration: RegistrationRow) -> Actor:
    """The registration's contact as the one who acts."""
    return Actor(
        "registration",
        registration.id,
        event_id=registration.event,
        name=registration.contact_name,
        language=registration.language,
    )


async def registration_manager(connection: Connection, _: BaseRouteHandler) -> None:
    """`/registrations/{registration_id}` of the API: the manage token of this very registration, or its desk."""
    registration_id = _path_id(connection)
    token = bearer(connection)
    own = None if token is None else await service.by_manage_token(token)
    if own is not None:
        if own.id != registration_id:
            raise Forbidden
        connection.scope["user"] = contact_actor(own)
        return
    connection.scope["user"] = await _desk_actor(connection, registration_id)


async def guest_or_concerned(connection: Connection, _: BaseRouteHandler) -> None:
    """Public, but staff and those who have a place see more: `request.user` is their `Actor` or None."""
    token = bearer(connection)
    own = None if token is None else await service.by_manage_token(token)
    if own is not None and own.status == "confirmed":
        connection.scope["user"] = contact_actor(own)
    else:
        connection.scope["user"] = await find_desk_actor(connection)


async def manage_link(connection: Connection, _: BaseRouteHandler) -> None:
    """Pages below `/registrations/{manage_token}`: the link itself is the key."""
    registration = await service.by_manage_token(connection.path_params["manage_token"])
    if registration is None:
        raise NotFound("This link is not valid (any more). Please use the one in our latest e-mail.")
    connection.scope["user"] = contact_actor(registration)


async def _desk_actor(connection: Connection, registration_id: UUID) -> Actor:
    actor = await find_desk_actor(connection)
    if actor is None:
        raise Unauthorised
    if not actor.runs_cluster(await service.cluster_of(registration_id)):
        raise Forbidden
    return actor


def _path_id(connection: Connection) -> UUID:
    value = connection.path_params["registration_id"]
    return value if isinstance(value, UUID) else UUID(str(value))
