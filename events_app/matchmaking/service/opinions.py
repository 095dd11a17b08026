"""Whom a registration wants to meet, and whom rather not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from events_app import reference
from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, NotFound
from events_app.matchmaking import browse_queries, opinion_queries, queries
from events_app.matchmaking.opinion_queries import Stated
from events_app.matchmaking.queries import Entrant
from events_app.matchmaking.schemas import OpinionKind
from events_app.registration import queries as registrations
from events_app.registration.queries import RegistrationRow

PAGE_ROWS = 25
LONGEST_SEARCH, SHORTEST_OCCUPATION = 100, 3


@dataclass(frozen=True)
class Others:
    """A page of those that a registration could meet, and what it said of whom."""

    registration: RegistrationRow
    event: EventRow
    items: Sequence[Entrant]
    has_more: bool
    stated: Sequence[Stated]


async def state_opinion(registration_id: UUID, other_id: UUID, kind: OpinionKind | None) -> None:
    """Say that one wants to meet another, or rather not; None takes back what was said.

    Raises `NotFound` for a registration that isn't of the same event or doesn't take part, `Conflict` for one's own
    registration if it doesn't take part itself, and after the event.
    """
    async with db.transaction():
        if kind is None:
            await opinion_queries.revoke(registration_id, other_id)
        else:
            await _refuse_if_mute(registration_id)
            await _refuse_if_stranger(registration_id, other_id)
            await opinion_queries.state(registration_id, other_id, kind)
        if kind == "rather_not":
            await opinion_queries.take_back(registration_id, other_id)


async def others_to_meet(registration_id: UUID, text: str = "", page: int = 1) -> Others:
    """Who could be wished for, 25 a page from 1; nobody for those that don't take part. Raises `NotFound`."""
    registration, event = await _known(registration_id)
    text = " ".join(text.split())[:LONGEST_SEARCH]
    found: Sequence[Entrant] = ()
    if may_speak(registration, event):
        wanted = [one.id for one in reference.search_occupations(text)] if len(text) >= SHORTEST_OCCUPATION else []
        offset = (page - 1) * PAGE_ROWS
        found = await browse_queries.others_to_meet(registration, text, wanted, PAGE_ROWS + 1, offset)
    stated = await opinion_queries.stated_by(registration_id)
    return Others(registration, event, found[:PAGE_ROWS], len(found) > PAGE_ROWS, stated)


def may_speak(registration: RegistrationRow, event: EventRow) -> bool:
    """Whether it takes part in the exchange, so that its wishes count: before the event's end."""
    training = registration.training
    takes_part = registration.match_consent and registration.status == "confirmed"
    lasts = event.public.status == "published" and clock.now() < event.public.ends_at
    return takes_part and lasts and bool(training.needs or training.offers)


async def _known(registration_id: UUID) -> tuple[RegistrationRow, EventRow]:
    registration = await registrations.registration(registration_id)
    event = None if registration is None else await events.by_id(registration.event)
    if registration is None or event is None:
        raise NotFound
    return registration, event


async def _refuse_if_mute(registration_id: UUID) -> None:
    if not may_speak(*await _known(registration_id)):
        raise Conflict("Wishes count only while you take part in the cooperation exchange.")


async def _refuse_if_stranger(registration_id: UUID, other_id: UUID) -> None:
    own, other = [await registrations.registration(id_) for id_ in (registration_id, other_id)]
    if own is None or other is None or own.id == other.id or own.event != other.event:
        raise NotFound
    if not await queries.still_matchable([other_id]):
        raise NotFound
