"""The mail that shows a registration its proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from events_app.kit.i18n import known_language
from events_app.matchmaking.cards import card
from events_app.matchmaking.contact_mails import contact_exchanged
from events_app.matchmaking.meeting_mails import meeting_changed, meetings_of_contact, own_meetings, with_meetings
from events_app.matchmaking.service import matches_for_registration
from events_app.outbox.letters import letter
from events_app.outbox.mime import Letter
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Composer, Obsolete
from events_app.registration.service import manage_url


async def matches_published(mail: OwedMail) -> Letter:
    """What is published when the mail leaves; none any more is not worth a mail."""
    if mail.attendee_id is not None:
        return await own_meetings(mail)
    if "contact_of" in mail.payload:
        return await contact_exchanged(mail)
    assert mail.registration_id is not None  # noqa: S101 - publishing names it
    found = await matches_for_registration(mail.registration_id)
    if found.standing != "found":
        raise Obsolete("there are no proposals for this registration any more")
    language = known_language(mail.language)
    event, manage = found.event.public, manage_url(found.registration)
    entries = await meetings_of_contact(found.event, found.registration.id, language)
    written = letter(
        "matchmaking",
        "matches-published",
        language,
        event=event,
        contact=found.registration.contact_name,
        organisation=found.registration.organisation_name,
        introduced=found.introduced,
        cards=[card(pair, found.registration.id, language) for pair in found.pairs],
        entries=entries,
        manage_url=manage,
        url=f"{manage}/matches",
    )
    organiser = event.organiser
    answered = replace(written, reply_to=(organiser.name or "", organiser.email) if organiser.email else None)
    return with_meetings(answered, entries, found.event)


COMPOSERS: Mapping[str, Composer] = {"matches-published": matches_published, "meeting-changed": meeting_changed}
