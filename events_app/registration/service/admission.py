"""Who may register, and where: the invitation somebody names, and the ticket group they belong to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from events_app.events.groups import GroupRow
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit.errors import FieldError, Invalid, InvitationRequired
from events_app.registration import invitation_queries
from events_app.registration.queries import RegistrationRow
from events_app.registration.rules import invitations
from events_app.registration.rules.invitations import InvitationRow
from events_app.registration.rules.room import Place
from events_app.registration.schemas import RegistrationIn


@dataclass(frozen=True)
class Admission:
    group: GroupRow | None = None
    invitation: InvitationRow | None = None

    @property
    def place(self) -> Place:
        return Place(self.group.id if self.group else None, self.invitation.id if self.invitation else None)

    @property
    def skips_approval(self) -> bool:
        return self.invitation is not None and self.invitation.skips_approval


AT_THE_DOOR = Admission()
"""Whoever comes without a ticket counts in the event's capacity only."""


async def admit(event: EventRow, entered: RegistrationIn) -> Admission:
    """Where a (tidied) entry belongs. Raises `InvitationRequired`, and `Invalid` at `/group`."""
    invitation = await _invitation(event, entered)
    group = invitations.group_of(event.groups, entered.group, invitation)
    if isinstance(group, FieldError):
        raise Invalid(errors=[group]) if group.field == "/group" else refused(group)
    return Admission(group, invitation)


async def to_join(registration: RegistrationRow, people: int) -> Admission:
    """The invitation of a registration to which people are added, under the event's seat lock.

    Raises `InvitationRequired` where it is for no more people.
    """
    if registration.invitation is None:
        return Admission()
    invitation = await invitation_queries.by_id(registration.invitation)
    if invitation is not None and (error := _refusal(invitation, people, (), joining=True)):
        raise refused(error)
    return Admission(None, invitation)


def refused(error: FieldError) -> InvitationRequired:
    return InvitationRequired(error.message, errors=[error], values=error.values)


async def _invitation(event: EventRow, entered: RegistrationIn) -> InvitationRow | None:
    code = invitations.normal_code(entered.invitation or "")
    if not entered.invitation:
        if event.public.registration.invitation_only:
            raise InvitationRequired(errors=[invitations.MISSING])
        return None
    found = await invitation_queries.by_code(event.id, code)
    if found is None:
        raise refused(invitations.UNKNOWN)
    addresses = {entered.contact.email, *(person.email for person in entered.attendees if person.email)}
    if error := _refusal(found, len(entered.attendees), addresses):
        raise refused(error)
    return found


def _refusal(
    invitation: InvitationRow, people: int, addresses: Collection[str], *, joining: bool = False
) -> FieldError | None:
    return invitations.refusal(invitation, people, addresses, clock.now(), joining=joining)
