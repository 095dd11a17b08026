"""Registrations over JSON; also changing and cancelling an event, which concerns the people registered."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Router, delete, get, patch, post
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.types import ControllerRouterHandler

from events_app.accounts.guards import agent, anyone
from events_app.accounts.rules import Actor
from events_app.events import service as events
from events_app.events.schemas import CancelIn, EventOut, EventPatch
from events_app.kit.errors import (
    AlreadyCheckedIn,
    Conflict,
    DuplicateAttendee,
    EventCancelled,
    EventFull,
    EventNotFound,
    Forbidden,
    IdempotencyKeyReused,
    InvitationRequired,
    NotFound,
    RegistrationClosed,
    TooManyRequests,
    Unauthorised,
)
from events_app.kit.http.documents import BEARER, refusals
from events_app.kit.http.state import services_of
from events_app.registration import service
from events_app.registration.guards import guest_or_concerned, registration_manager
from events_app.registration.schemas import (
    AttendeeIn,
    AttendeePatch,
    InvitationIn,
    InvitationOut,
    InvitationPage,
    InvitationPatch,
    RegistrationIn,
    RegistrationOut,
    RegistrationPatch,
    SwapIn,
)

ApiRequest = Request[Actor, Any, Any]
NO_REASON = CancelIn()
EVENT_REFUSALS = refusals(Unauthorised, Forbidden, EventNotFound, EventCancelled)
NO_PLACE = (EventFull, RegistrationClosed, EventCancelled, DuplicateAttendee, Conflict)
STRANGER = (Unauthorised, Forbidden, NotFound)


@post(
    "/api/v1/events/{slug:str}/registrations",
    guards=[anyone],
    tags=["registrations"],
    responses=refusals(EventNotFound, InvitationRequired, IdempotencyKeyReused, TooManyRequests, *NO_PLACE),
)
async def register(
    request: ApiRequest,
    slug: FromPath[str],
    data: JSONBody[RegistrationIn],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=200)] = None,
) -> RegistrationOut:
    """Register an organisation's people for an event.

    The same `Idempotency-Key` with the same body within 24 hours gets the first answer again, as it was then.
    """
    held = services_of(request)
    await held.limit(request, "registration", held.registration_rate)
    made = await service.register(slug, data, source="api", idempotency_key=idempotency_key or None)
    held.wake_outbox()
    return made


@get("/{registration_id:uuid}", responses=refusals(*STRANGER))
async def read(registration_id: FromPath[UUID]) -> RegistrationOut:
    """A registration with its people and its training profile."""
    return await service.get_registration(registration_id)


@patch("/{registration_id:uuid}", responses=refusals(*STRANGER, RegistrationClosed))
async def change(
    request: ApiRequest, registration_id: FromPath[UUID], data: JSONBody[RegistrationPatch]
) -> RegistrationOut:
    """Change training profile, contact or consents; only what is sent changes."""
    answer = await service.change_registration(registration_id, data, request.user)
    services_of(request).wake_outbox()
    return answer


@delete("/{registration_id:uuid}", status_code=200, responses=refusals(*STRANGER, RegistrationClosed, AlreadyCheckedIn))
async def cancel(request: ApiRequest, registration_id: FromPath[UUID]) -> RegistrationOut:
    """Cancel everybody."""
    answer = await service.cancel_registration(registration_id, request.user)
    services_of(request).wake_outbox()
    return answer


@post("/{registration_id:uuid}/attendees", status_code=200, responses=refusals(*STRANGER, *NO_PLACE))
async def add_attendee(
    request: ApiRequest, registration_id: FromPath[UUID], data: JSONBody[AttendeeIn]
) -> RegistrationOut:
    """Add a person, with a seat or on the waiting list."""
    answer = await service.add_attendee(registration_id, data, request.user)
    services_of(request).wake_outbox()
    return answer


@patch("/{registration_id:uuid}/attendees/{attendee_id:uuid}", responses=refusals(*STRANGER, DuplicateAttendee))
async def change_attendee(
    request: ApiRequest,
    registration_id: FromPath[UUID],
    attendee_id: FromPath[UUID],
    data: JSONBody[AttendeePatch],
) -> RegistrationOut:
    """Correct a person; only what is sent changes."""
    answer = await service.change_attendee(registration_id, attendee_id, data, request.user)
    services_of(request).wake_outbox()
    return answer


@post(
    "/{registration_id:uuid}/attendees/{attendee_id:uuid}/swap",
    status_code=200,
    responses=refusals(*STRANGER, EventCancelled, AlreadyCheckedIn, DuplicateAttendee),
)
async def swap_attendee(
    request: ApiRequest, registration_id: FromPath[UUID], attendee_id: FromPath[UUID], data: JSONBody[SwapIn]
) -> RegistrationOut:
    """A colleague comes instead."""
    answer = await service.swap_attendee(registration_id, attendee_id, data, request.user)
    services_of(request).wake_outbox()
    return answer


@delete(
    "/{registration_id:uuid}/attendees/{attendee_id:uuid}",
    status_code=200,
    responses=refusals(*STRANGER, RegistrationClosed, AlreadyCheckedIn),
)
async def cancel_attendee(
    request: ApiRequest, registration_id: FromPath[UUID], attendee_id: FromPath[UUID]
) -> RegistrationOut:
    """Cancel one person."""
    answer = await service.cancel_attendees(registration_id, [attendee_id], request.user)
    services_of(request).wake_outbox()
    return answer


@get("/api/v1/events/{slug:str}", guards=[guest_or_concerned], tags=["events"], responses=refusals(EventNotFound))
async def read_event(request: Request[Actor | None, Any, Any], slug: FromPath[str]) -> EventOut:
    """An event. Those who run it see its draft too; they and a registration with a place see its `online_url`."""
    actor = request.user
    event = await events.get_event(slug, actor)
    has_place = actor is not None and actor.kind == "registration" and actor.event_id == event.id
    runs_it = actor is not None and actor.runs_cluster(event.cluster_id)
    return event.for_desk() if runs_it or has_place else event.public


@patch("/api/v1/events/{slug:str}", guards=[agent], tags=["events"], responses=EVENT_REFUSALS, security=BEARER)
async def change_event(request: ApiRequest, slug: FromPath[str], data: JSONBody[EventPatch]) -> EventOut:
    """Change an event; only what is sent changes. A new time, place, mode or title is mailed to everyone."""
    event = await service.change_event(slug, data, request.user)
    services_of(request).wake_outbox()
    return event.for_desk()


@post(
    "/api/v1/events/{slug:str}/cancel",
    guards=[agent],
    tags=["events"],
    status_code=200,
    responses=EVENT_REFUSALS,
    security=BEARER,
)
async def cancel_event(request: ApiRequest, slug: FromPath[str], data: JSONBody[CancelIn] = NO_REASON) -> EventOut:
    """Cancel an event for good and tell everyone."""
    event = await service.cancel_event(slug, data.reason, request.user)
    services_of(request).wake_outbox()
    return event.for_desk()


@get("/events/{slug:str}/invitations", responses=refusals(Unauthorised, Forbidden, EventNotFound))
async def list_invitations(request: ApiRequest, slug: FromPath[str]) -> InvitationPage:
    """The invitations to an event, newest first, with how often each has been used."""
    event = await events.managed_event(slug, request.user)
    return InvitationPage(await service.invitations_of(event))


@post("/events/{slug:str}/invitations", responses=refusals(Unauthorised, Forbidden, EventNotFound))
async def invite(request: ApiRequest, slug: FromPath[str], data: JSONBody[InvitationIn]) -> InvitationOut:
    """Make an invitation; no mail is sent, code and link are yours to pass on."""
    event = await events.managed_event(slug, request.user)
    [made] = await service.invite(event, [data], request.user)
    services_of(request).wake_outbox()
    return service.invitation_shown(event, made)


@patch("/invitations/{invitation_id:uuid}", responses=refusals(*STRANGER))
async def change_invitation(
    request: ApiRequest, invitation_id: FromPath[UUID], data: JSONBody[InvitationPatch]
) -> InvitationOut:
    """Change for whom, for how many, until when, or whether seats are held; only what is sent changes."""
    event = await service.event_of_invitation(invitation_id, request.user)
    changed = await service.change_invitation(invitation_id, data, request.user)
    services_of(request).wake_outbox()
    return service.invitation_shown(event, changed)


@delete("/invitations/{invitation_id:uuid}", status_code=200, responses=refusals(*STRANGER))
async def revoke_invitation(request: ApiRequest, invitation_id: FromPath[UUID]) -> InvitationOut:
    """Withdraw an invitation; whoever registered with it keeps their place."""
    event = await service.event_of_invitation(invitation_id, request.user)
    revoked = await service.revoke_invitation(invitation_id, request.user)
    services_of(request).wake_outbox()
    return service.invitation_shown(event, revoked)


routes: list[ControllerRouterHandler] = [
    register,
    read_event,
    change_event,
    cancel_event,
    Router(
        path="/api/v1",
        route_handlers=[list_invitations, invite, change_invitation, revoke_invitation],
        guards=[agent],
        security=BEARER,
        tags=["invitations"],
    ),
    Router(
        path="/api/v1/registrations",
        route_handlers=[read, change, cancel, add_attendee, change_attendee, swap_attendee, cancel_attendee],
        guards=[registration_manager],
        security=BEARER,
        tags=["registrations"],
    ),
]
