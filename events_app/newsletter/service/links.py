"""Links in the newsletter's mails, and what is left of an address once it is gone."""

from __future__ import annotations

import hmac
from uuid import UUID

from events_app.accounts.rules import normal_email
from events_app.kit import settings
from events_app.kit.tokens import link_id, link_matches, link_token
from events_app.newsletter import queries
from events_app.newsletter.queries import SubscriberRow

CONFIRM_KIND = "newsletter-confirm"
READER_KIND = "newsletter"


def address_hash(email: str) -> str:
    """What the suppression list keeps of an address: without our secret nobody can try addresses against it."""
    message = b"clustertreff-newsletter\0" + normal_email(email).encode()
    return hmac.digest(settings.current().secret, message, "sha256").hex()


def confirm_url(reader: SubscriberRow) -> str:
    token = link_token(settings.current().secret, CONFIRM_KIND, reader.id, reader.generation)
    return f"{settings.current().root_url}/newsletter/confirm/{token}"


def unsubscribe_url(subscriber_id: UUID) -> str:
    return f"{settings.current().root_url}/newsletter/unsubscribe/{reader_token(subscriber_id)}"


def preferences_url(subscriber_id: UUID) -> str:
    return f"{settings.current().root_url}/newsletter/preferences/{reader_token(subscriber_id)}"


def reader_token(subscriber_id: UUID) -> str:
    """The same in every mail to somebody, and good for ever: leaving must never fail because a mail is old."""
    return link_token(settings.current().secret, READER_KIND, subscriber_id, 0)


def reader_id(token: str) -> UUID | None:
    """The subscriber whom a genuine link names, whether the row is still there or not."""
    id_ = link_id(token)
    genuine = id_ is not None and link_matches(token, settings.current().secret, READER_KIND, id_, 0)
    return id_ if genuine else None


async def to_confirm(token: str, *, lock: bool = False) -> SubscriberRow | None:
    """The subscriber whom the link of the latest confirmation mail names."""
    id_ = link_id(token)
    reader = None if id_ is None else await queries.subscriber(id_, lock=lock)
    if reader is None or not link_matches(token, settings.current().secret, CONFIRM_KIND, reader.id, reader.generation):
        return None
    return reader
