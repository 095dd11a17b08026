"""What a registration itself has said about the others, as its own page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from events_app.matchmaking import opinion_queries
from events_app.matchmaking.schemas import Agreement, OpinionKind, Useful
from events_app.matchmaking.service.introductions import contact_of
from events_app.matchmaking.service.opinions import may_speak
from events_app.matchmaking.service.proposals import Proposals
from events_app.registration.queries import RegistrationRow


@dataclass(frozen=True)
class Voice:
    """By the other's registration id; `contacts` are those that were exchanged. `heard`: whether wishes still count."""

    heard: bool
    opinions: Mapping[UUID, OpinionKind]
    agreements: Mapping[UUID, Agreement]
    contacts: Mapping[UUID, RegistrationRow]
    feedback: Mapping[UUID, tuple[Useful, str]]


async def voice_of(found: Proposals) -> Voice:
    """What the registration said, as far as its proposals are concerned."""
    own = found.registration.id
    agreements = await opinion_queries.agreements(own) if found.introduced else {}
    told = {other: await contact_of(own, other) for other, how_far in agreements.items() if how_far == "exchanged"}
    return Voice(
        heard=may_speak(found.registration, found.event),
        opinions={one.other.id: one.kind for one in await opinion_queries.stated_by(own)},
        agreements=agreements,
        contacts={other: exchanged[1] for other, exchanged in told.items() if exchanged},
        feedback=await opinion_queries.feedback_by(own),
    )
