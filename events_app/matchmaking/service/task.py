"""What a run works on: everything its result depends on, as values."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import msgspec

from events_app import reference
from events_app.events import queries as events
from events_app.kit.errors import EventNotFound
from events_app.matchmaking import opinion_queries, queries
from events_app.matchmaking.opinion_queries import Opinion
from events_app.matchmaking.queries import Entrant
from events_app.matchmaking.rules.constants import RULES_VERSION
from events_app.matchmaking.rules.meetings import PLAN_VERSION, Round
from events_app.matchmaking.rules.values import Need, Offer, Participant, Point, Weights
from events_app.matchmaking.schemas import OpinionKind
from events_app.matchmaking.service.claims import Claim
from events_app.matchmaking.service.rounds import load_round
from events_app.matchmaking.service.runs import rule_weights

NOBODY: frozenset[str] = frozenset()


VERSIONS = f"{RULES_VERSION} {PLAN_VERSION}"


@dataclass(frozen=True)
class Task:
    """What a run depends on; ids are registrations' as text.

    `published`: the pairs (company, partner) that participants know, where changes are to be few; `round`: what
    meetings are planned into, none where there are no slots.
    """

    participants: tuple[Participant, ...]
    weights: Weights
    per_company: int
    per_partner: int
    published: tuple[tuple[str, str], ...]
    round: Round | None = None

    @property
    def input_hash(self) -> str:
        """Equal inputs give equal hashes, and equal results by the same rules."""
        facts = (
            VERSIONS,
            self.participants,
            self.weights,
            self.per_company,
            self.per_partner,
            self.published,
            self.round,
        )
        return hashlib.sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()


async def load(claim: Claim) -> Task:
    """Read what the run depends on. Raises `EventNotFound`."""
    event = await events.by_id(claim.event_id)
    if event is None:
        raise EventNotFound
    entrants = [one for one in await queries.entrants(event.id) if str(one.organisation.id) not in claim.absent]
    said = _said(await opinion_queries.opinions_of_event(event.id), {one.organisation.id for one in entrants})
    limits = event.public.matchmaking
    return Task(
        participants=tuple(participant(one, said.get(one.organisation.id)) for one in entrants),
        weights=rule_weights(claim.weights),
        per_company=limits.max_meetings_per_company,
        per_partner=limits.max_meetings_per_partner,
        published=await _published(claim),
        round=await load_round(event, entrants, claim),
    )


def participant(entrant: Entrant, said: Mapping[OpinionKind, Iterable[UUID]] | None = None) -> Participant:
    """A registration as the rules see it; without a district, that of its postcode's main town.

    `said`: of whom it said what.
    """
    named = {kind: frozenset(map(str, others)) for kind, others in (said or {}).items()}
    who, training = entrant.organisation, entrant.training
    district = who.district or _district_of(who.postcode)
    return Participant(
        id=str(who.id),
        kind=who.kind,
        district=district,
        point=_point(who.postcode, district),
        needs=tuple(Need(one.occupation, one.form, one.places) for one in training.needs),
        offers=tuple(
            Offer(one.occupation, one.form, one.places, frozenset(one.districts), one.remote) for one in training.offers
        ),
        themes=frozenset(training.themes),
        wishes=named.get("want", NOBODY),
        musts=named.get("must", NOBODY),
        vetoes=named.get("rather_not", NOBODY),
        together=named.get("work_together", NOBODY),
        organisation=None if entrant.directory_id is None else str(entrant.directory_id),
    )


def _said(opinions: Iterable[Opinion], present: set[UUID]) -> Mapping[UUID, Mapping[OpinionKind, list[UUID]]]:
    """What each registration said of others that take part."""
    found: dict[UUID, dict[OpinionKind, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    for one in opinions:
        if one.other in present:
            found[one.registration][one.kind].append(one.other)
    return found


@lru_cache(maxsize=20_000)
def _point(postcode: str | None, district: str | None) -> Point | None:
    """Where a postcode is; many organisations share one."""
    return reference.location(postcode, district)


def _district_of(postcode: str | None) -> str | None:
    found = reference.postcode_districts(postcode) if postcode else ()
    return found[0].ags if found else None


async def _published(claim: Claim) -> tuple[tuple[str, str], ...]:
    current = await queries.current_run(claim.event_id) if claim.keep == "published" else None
    pairs = await queries.chosen_pairs(current.id) if current else []
    return tuple((str(company), str(partner)) for company, partner in pairs)
