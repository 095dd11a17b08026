"""What an attendee decides alone: needs of health and access by their own consent, and photos."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.kit import db, settings
from events_app.kit.errors import Invalid, NotFound
from events_app.kit.text import many_lines
from events_app.kit.tokens import link_id, link_matches, link_token
from events_app.registration import choice_queries, queries
from events_app.registration.choice_queries import ChoiceRow
from events_app.registration.queries import AttendeeRow
from events_app.registration.rules import choices
from events_app.registration.rules.choices import Needs
from events_app.registration.rules.seats import LIVE

WORDING = "2026-11"
"""The version of the texts by which people agree on their own page; stored with each consent."""
KEY_KIND = "own"


async def store_needs(attendee_id: UUID, keys: Sequence[str], note: str, actor: Actor, *, consent: bool) -> str:
    """Keep what a person needs in order to take part, in the place of what they said before.

    Gives the key with which the browser that sent this may read it again (`needs_of`). Raises `NotFound`, `Invalid`.
    """
    needs = Needs(choices.ticked(keys), many_lines(note))
    found = list(choices.problems(needs, consent=consent))
    if found:
        raise Invalid(errors=found)
    async with db.transaction():
        person = await _live(attendee_id)
        await choice_queries.store_needs(attendee_id, needs.keys, needs.note, WORDING)
        await _note(actor, person, "needs-stated")
        stored = await choice_queries.choice(attendee_id)
        assert stored is not None  # noqa: S101 - just written
    return link_token(settings.current().secret, KEY_KIND, stored.id, stored.revision)


async def withdraw_needs(attendee_id: UUID, actor: Actor) -> None:
    """Take the consent back: the answers are deleted. Harmless where there are none. Raises `NotFound`."""
    async with db.transaction():
        person = await _one(attendee_id)
        await choice_queries.forget_needs([attendee_id])
        await _note(actor, person, "needs-withdrawn")


async def decide_photos(attendee_id: UUID, actor: Actor, *, allowed: bool) -> None:
    """Whether pictures of this person may be published; nobody who said nothing agreed. Raises `NotFound`."""
    async with db.transaction():
        person = await _one(attendee_id)
        await choice_queries.store_photos(attendee_id, allowed=allowed, wording=WORDING)
        await _note(actor, person, "photos-allowed" if allowed else "photos-refused")


async def photos_allowed(attendee_id: UUID) -> bool:
    found = await choice_queries.choice(attendee_id)
    return found is not None and found.photos


async def needs_of(attendee_id: UUID, key: str | None) -> ChoiceRow | None:
    """What a person said, for the browser that sent it last; None for everybody else, said or not."""
    found = await choice_queries.choice(attendee_id)
    if key is None or found is None or found.consent_at is None or link_id(key) != found.id:
        return None
    genuine = link_matches(key, settings.current().secret, KEY_KIND, found.id, found.revision)
    return found if genuine else None


async def _one(attendee_id: UUID) -> AttendeeRow:
    found = await queries.attendees_by_id([attendee_id])
    if not found:
        raise NotFound
    return found[0]


async def _live(attendee_id: UUID) -> AttendeeRow:
    person = await _one(attendee_id)
    if person.status not in LIVE:
        raise NotFound
    return person


async def _note(actor: Actor, person: AttendeeRow, action: str) -> None:
    """That it was done, never what was said."""
    await audit.record((actor.kind, actor.id), action, "attendee", person.id, event_id=person.event)
