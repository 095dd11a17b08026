"""Ticket groups that people are in already: which may go, and moving a registration from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.events import group_store
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.errors import FieldError, Invalid
from events_app.registration import queries
from events_app.registration.schemas import RegistrationOut
from events_app.registration.service import room
from events_app.registration.service.leave import event_of
from events_app.registration.service.line import fill_free_seats
from events_app.registration.service.view import get_registration


async def refuse_to_remove_used(event: EventRow, keys: Sequence[str]) -> None:
    """Refuse to leave out a group in which people are registered, or which an invitation opens. Raises `Invalid`.

    Locks the groups left out before the event's seats, as whoever registers in one of them does.
    """
    leaving = await group_store.lock_without(event.id, keys)
    used = await db.fetch_value(
        """SELECT EXISTS (SELECT FROM registration WHERE ticket_group = ANY($1::uuid[]) AND status <> 'cancelled')
             OR EXISTS (SELECT FROM invitation WHERE ticket_group = ANY($1::uuid[]) AND revoked_at IS NULL)""",
        leaving,
    )
    if leaving and used:
        raise Invalid(
            errors=[
                FieldError(
                    "/groups",
                    "group_in_use",
                    "A group in which people are registered, or to which an invitation stands, cannot be removed.",
                )
            ]
        )


async def move_to_group(registration_id: UUID, key: str, actor: Actor) -> RegistrationOut:
    """Put a registration into another ticket group, with its seats also where that group is full.

    People in line keep their place in it. Raises `NotFound`, `Invalid` for a group that the event does not have.
    """
    event = await event_of(registration_id)
    group = next((group for group in event.groups if group.key == key), None)
    if group is None:
        raise Invalid(errors=[FieldError("/group", "unknown_group", "This event has no such ticket group.")])
    async with db.transaction():
        await events.lock_seats(event.id)
        await queries.update_registration(registration_id, {"ticket_group": group.id})
        await room.counted(event.id, beyond=True)
        await fill_free_seats(event.id)
        details = {"group": key}
        about = ("registration", registration_id)
        await audit.record((actor.kind, actor.id), "registration-moved", *about, event_id=event.id, details=details)
    return await get_registration(registration_id)
