"""How the registration form begins for somebody who was invited."""

from __future__ import annotations

from events_app.events.queries import EventRow
from events_app.kit.forms import Values
from events_app.registration import invitation_queries
from events_app.registration.rules import invitations


async def invited(event: EventRow, typed: str) -> Values:
    """The code of an invitation's link, and the group that it opens; whether it lets in is said on sending."""
    code = invitations.normal_code(typed)
    found = await invitation_queries.by_code(event.id, code) if code else None
    groups = {group.id: group.key for group in event.groups}
    group = groups.get(found.ticket_group) if found and found.ticket_group else None
    return {"invitation": invitations.written(code), **({"group": group} if group else {})}


async def asks_code(event: EventRow) -> bool:
    """Whether anybody may have a code: otherwise the form has one field less."""
    return event.public.registration.invitation_only or await invitation_queries.any_stands(event.id)
