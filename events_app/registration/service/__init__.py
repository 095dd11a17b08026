"""Use cases of registration: one function each, one transaction each."""

from events_app.registration.service.approve import (
    approve_registration,
    decline_registration,
    seat_at_the_door,
    turn_away_at_the_door,
)
from events_app.registration.service.events import cancel_event, change_event
from events_app.registration.service.groups import move_to_group
from events_app.registration.service.hold import confirm_held, held, hold, made_real
from events_app.registration.service.invitations import (
    change_invitation,
    event_of_invitation,
    get_invitation,
    invitation_shown,
    invitation_url,
    invitations_of,
    invite,
    revoke_invitation,
)
from events_app.registration.service.leave import cancel_attendees, cancel_registration, event_of
from events_app.registration.service.offers import decline_offers, expire_offers, extend_offers, promote, take_offers
from events_app.registration.service.people import (
    add_attendee,
    change_attendee,
    change_registration,
    swap_attendee,
)
from events_app.registration.service.register import Source, preview, register
from events_app.registration.service.view import by_manage_token, cluster_of, get_registration, manage_token, manage_url

__all__ = [
    "Source",
    "add_attendee",
    "approve_registration",
    "by_manage_token",
    "cancel_attendees",
    "cancel_event",
    "cancel_registration",
    "change_attendee",
    "change_event",
    "change_invitation",
    "change_registration",
    "cluster_of",
    "confirm_held",
    "decline_offers",
    "decline_registration",
    "event_of",
    "event_of_invitation",
    "expire_offers",
    "extend_offers",
    "get_invitation",
    "get_registration",
    "held",
    "hold",
    "invitation_shown",
    "invitation_url",
    "invitations_of",
    "invite",
    "made_real",
    "manage_token",
    "manage_url",
    "move_to_group",
    "preview",
    "promote",
    "register",
    "revoke_invitation",
    "seat_at_the_door",
    "swap_attendee",
    "take_offers",
    "turn_away_at_the_door",
]
