"""The mail that gives one organisation the other's contact, once both agreed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from events_app.kit.i18n import known_language
from events_app.matchmaking.service import contact_of
from events_app.outbox.letters import letter
from events_app.outbox.mime import Letter
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Obsolete
from events_app.registration.service import manage_url


async def contact_exchanged(mail: OwedMail) -> Letter:
    """As things stand when the mail leaves: whoever withdrew their consent since then is not told of any more.

    Replies go to the other organisation.
    """
    assert mail.registration_id is not None  # noqa: S101 - the exchange names it
    found = await contact_of(mail.registration_id, UUID(mail.payload["contact_of"]))
    if found is None:
        raise Obsolete("one of the two does not want to be in contact any more")
    own, other, event = found
    written = letter(
        "matchmaking",
        "contact-exchanged",
        known_language(mail.language),
        event=event.public,
        contact=own.contact_name,
        other=other,
        manage_url=manage_url(own),
    )
    return replace(written, reply_to=(other.contact_name, other.contact_email))
