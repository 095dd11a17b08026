"""The shapes of matching in the JSON API. Unknown fields are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from events_app.matchmaking.rules.constants import COMPANY_WEIGHTS, PARTNER_WEIGHTS

Status = Literal["queued", "running", "done", "failed", "cancelled"]
Stage = Literal["scoring", "selecting", "scheduling"]
Keep = Literal["published", "none"]
Side = Literal["company", "partner"]
Mode = Literal["meetings", "introductions"]
OpinionKind = Literal["want", "must", "rather_not", "work_together"]
Agreement = Literal["mine", "theirs", "exchanged"]
Useful = Literal["yes", "partly", "no", "none"]


class CompanyWeightsIn(Struct, forbid_unknown_fields=True):
    """What counts for the side that needs; only the proportions matter."""

    occupation: float = COMPANY_WEIGHTS["occupation"]
    region: float = COMPANY_WEIGHTS["region"]
    themes: float = COMPANY_WEIGHTS["themes"]


class PartnerWeightsIn(Struct, forbid_unknown_fields=True):
    """What counts for the side that offers; only the proportions matter."""

    occupation: float = PARTNER_WEIGHTS["occupation"]
    region: float = PARTNER_WEIGHTS["region"]
    capacity: float = PARTNER_WEIGHTS["capacity"]
    themes: float = PARTNER_WEIGHTS["themes"]


class WeightsIn(Struct, forbid_unknown_fields=True):
    company: CompanyWeightsIn = msgspec.field(default_factory=CompanyWeightsIn)
    partner: PartnerWeightsIn = msgspec.field(default_factory=PartnerWeightsIn)


class RunIn(Struct, forbid_unknown_fields=True, frozen=True):
    """`keep`: of several best sets, take the one with the fewest changes against what is published.

    `mode`: a round of meetings, or introductions by mail; null: introductions where the event has no slots.
    """

    weights: WeightsIn | None = None
    keep: Keep = "published"
    mode: Mode | None = None


class RunQueued(Struct):
    id: UUID
    status: Status


class RunProgress(Struct):
    """How far a run is; `progress` 0 to 1."""

    status: Status
    stage: Stage | None
    progress: float


class Party(Struct):
    """One side of a pair; `id` is the registration's."""

    id: UUID
    name: str


class ReasonOut(Struct):
    code: str
    text: str


class ComponentsOut(Struct):
    """The parts of a score, each 0 to 1."""

    occupation: float
    region: float
    cooperation: float
    capacity: float
    themes: float


class CandidateOut(Struct):
    """A pair that may be matched; `score` 0 to 1."""

    company: Party
    partner: Party
    score: float
    components: ComponentsOut
    reasons: list[ReasonOut]


class CandidatesOut(Struct):
    items: list[CandidateOut]


class MeetingOut(Struct):
    starts_at: datetime
    ends_at: datetime
    table: int | None


class MatchOut(CandidateOut):
    meeting: MeetingOut | None


class UnmatchedOut(Struct):
    """An organisation that seeks or offers something and found nobody, and why; `id` is the registration's."""

    organisation: str
    id: UUID
    reasons: list[ReasonOut]


class UnplacedOut(Struct):
    """A match that found no meeting, and why."""

    company: Party
    partner: Party
    reason: ReasonOut


class SummaryOut(Struct):
    """What a run found; `total_score` is the sum of the matches' scores.

    `gaps` are those between meetings, `fewest_gaps` a proved lower bound; null where no meetings were planned.
    """

    companies: int
    partners: int
    candidates: int
    matches: int
    meetings: int
    total_score: float
    proved_optimal: bool
    unmatched: list[UnmatchedOut]
    seconds: float
    gaps: int | None
    fewest_gaps: int | None
    unplaced: list[UnplacedOut]


class RunOut(Struct):
    """A run; `summary` is null and `matches` empty until it is done. `error` says why one failed."""

    id: UUID
    event: str
    status: Status
    stage: Stage | None
    progress: float
    summary: SummaryOut | None
    matches: list[MatchOut]
    published_at: datetime | None
    error: str | None
    mode: Mode
