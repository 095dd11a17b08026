"""What is sought and offered, for the agent: at one event, or at all that are to come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from events_app.accounts.rules import Actor
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.matchmaking import browse_queries
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.queries import Entrant
from events_app.matchmaking.rules.supply import Balance, View, supply_and_demand
from events_app.matchmaking.service.task import participant
from events_app.organisations.rules import name_key


@dataclass(frozen=True)
class Supply:
    """`event` is none for all coming ones; `organisations`: how many seek or offer something."""

    event: EventRow | None
    events: int
    organisations: int
    rows: Sequence[Balance]


async def supply_of_event(slug: str, actor: Actor, view: View = "both") -> Supply:
    """Of those who agreed to be matched and have a confirmed place. Raises `EventNotFound` or `Forbidden`."""
    event = await events.managed_event(slug, actor)
    return await _supply([event], view, event)


async def supply_to_come(actor: Actor, view: View = "both") -> Supply:
    """As `supply_of_event`, over all coming events that the actor runs; an organisation counts once, as of last."""
    now = clock.now()
    coming = [
        one for one in await events.desk_events(actor) if one.public.status == "published" and one.public.ends_at > now
    ]
    return await _supply(coming, view, None)


async def _supply(chosen: Sequence[EventRow], view: View, event: EventRow | None) -> Supply:
    stated = _once(await browse_queries.stated_at([one.id for one in chosen]))
    rows = supply_and_demand((participant(one) for one in stated), knowledge(), view)
    return Supply(event, len(chosen), len(stated), rows)


def _once(stated: Iterable[Entrant]) -> list[Entrant]:
    """The first of each organisation: what it stated last, where it registered several times."""
    found: dict[object, Entrant] = {}
    for one in stated:
        who = one.organisation
        found.setdefault(one.directory_id or (name_key(who.name), who.postcode), one)
    return list(found.values())
