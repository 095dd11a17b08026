"""A new address of a contact, or of somebody registered: the mails follow it."""

from __future__ import annotations

from events_app.outbox.service import forget
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.service import announce


async def follow(old: RegistrationRow) -> None:
    """What is owed to the old address, and the tickets of those who have none of their own, go to the new one.

    The new address gets the registration with its link. The old one is told, without a link and without the new
    address: it may have been mistyped and somebody else's. To be called in the transaction that changed it.
    """
    new = await queries.registration(old.id)
    if new is None or new.contact_email == old.contact_email:
        return
    through_contact = [person for person in await queries.attendees(old.id) if person.email is None]
    await forget.readdress(old.id, [person.id for person in through_contact], new.contact_email)
    await announce.send(
        [
            announce.to_contact(new, "registration-changed"),
            announce.to_contact(old, "registration-changed", {"former_contact": old.contact_name}),
        ]
    )
    await announce.tell_people([(new, person) for person in through_contact if person.status == "confirmed"], "ticket")


async def follow_person(registration: RegistrationRow, before: AttendeeRow, after: AttendeeRow) -> None:
    """What is owed to a person's old address goes to the new one, and the ticket does so in any case.

    To be called in the transaction that changed it.
    """
    recipient = after.address(registration)
    if recipient in {"", before.address(registration)}:
        return
    waiting = await forget.readdress_person(after.id, recipient)
    if after.status == "confirmed" and "ticket" not in waiting:
        await announce.tell_people([(registration, after)], "ticket")
