"""Badges for an event's people: whose, how they look, and noting that they were printed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.checkin.badges import LAYOUTS, Badge, Format, Layout
from events_app.checkin.queries import badges as queries
from events_app.checkin.queries.badges import BadgeRow, Wanted
from events_app.events.queries import EventRow
from events_app.events.service import managed_event
from events_app.kit import clock, db
from events_app.kit.errors import NotFound
from events_app.kit.i18n import Language, translate
from events_app.tickets import rules as ticket_rules
from events_app.tickets import service as tickets

Maker = Callable[[Sequence[Badge], Layout, str, Language], bytes]


async def badge_people(slug: str, wanted: Wanted, actor: Actor) -> tuple[EventRow, Sequence[BadgeRow]]:
    """The event and the people whose badges these are. Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    return event, await queries.people(event.id, wanted)


async def print_badges(slug: str, wanted: Wanted, form: Format, language: Language, actor: Actor) -> bytes:
    """Badges as a PDF; they count as printed then. Raises `EventNotFound`, `Forbidden`, `NotFound` for nobody."""
    from events_app.checkin.typeset import badges_pdf  # noqa: PLC0415 - typst is heavy; loaded with the first PDF

    event, people = await badge_people(slug, wanted, actor)
    if not people:
        raise NotFound("There is nobody among these for whom a badge could be printed.")
    made = await _made(badges_pdf, event, people, form, language)
    async with db.transaction():
        await queries.remember_printed(people, clock.now())
        details = {"badges": len(people), "format": form}
        await audit.record(
            (actor.kind, actor.id), "badges-printed", "event", event.id, event_id=event.id, details=details
        )
    return made


async def preview_badges(slug: str, wanted: Wanted, form: Format, language: Language, actor: Actor) -> bytes:
    """The first page as a PNG; an invented person where there is nobody. Raises `EventNotFound`, `Forbidden`."""
    from events_app.checkin.typeset import badges_picture  # noqa: PLC0415 - as above

    event, people = await badge_people(slug, wanted, actor)
    shown = people or [_sample(event, language)]
    return await _made(badges_picture, event, shown[: LAYOUTS[form].per_page], form, language)


async def _made(make: Maker, event: EventRow, people: Sequence[BadgeRow], form: Format, language: Language) -> bytes:
    badges = [_badge(event, one) for one in people]
    return await asyncio.to_thread(make, badges, LAYOUTS[form], event.public.title, language)


def _badge(event: EventRow, person: BadgeRow) -> Badge:
    seed, key_id = tickets.signing_of(event.signing_seed, event.key_id)
    seated = person.status == "confirmed"
    return Badge(
        given_name=person.given_name,
        family_name=person.family_name,
        organisation=person.organisation,
        role=person.role,
        code=ticket_rules.make_code(seed, key_id, person.ticket, person.version) if seated else "",
    )


def _sample(event: EventRow, language: Language) -> BadgeRow:
    given, family = translate(language, "Given name"), translate(language, "Family name")
    return BadgeRow(UUID(int=0), 1, "confirmed", given, family, translate(language, "Organisation"), event.public.title)
