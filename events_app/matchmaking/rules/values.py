"""What goes into the scoring and what comes out: plain values, made by the service from rows.

Only organisations that may be matched come in: the service leaves out registrations without a confirmed attendee
or without `consents.match`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from events_app.matchmaking.rules.constants import COMPANY_WEIGHTS, PARTNER_WEIGHTS

Point = tuple[float, float]
Values = Mapping[str, str | int | list[str] | None]


class Need(NamedTuple):
    """What an organisation looks for; `occupation` may be `*`, `places` is at least 1."""

    occupation: str
    form: str
    places: int = 1


class Offer(NamedTuple):
    """What an organisation offers; `districts` are those it serves besides its own."""

    occupation: str
    form: str
    places: int = 1
    districts: frozenset[str] = frozenset()
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Participant:
    """A registration as the rules see it; `id` is its UUID as text, `point` its latitude and longitude in degrees.

    `wishes`, `musts` and `vetoes` hold the ids of others it wants to meet, must meet, and rather not; `together` those
    it works with already. `organisation` tells registrations of one organisation, which are never matched.
    """

    id: str
    kind: str
    district: str | None = None
    point: Point | None = None
    needs: tuple[Need, ...] = ()
    offers: tuple[Offer, ...] = ()
    themes: frozenset[str] = frozenset()
    wishes: frozenset[str] = frozenset()
    musts: frozenset[str] = frozenset()
    vetoes: frozenset[str] = frozenset()
    together: frozenset[str] = frozenset()
    organisation: str | None = None


class FormFacts(NamedTuple):
    """Of a cooperation form: its family, the unit its places are counted in, and the kinds that may offer it."""

    family: str
    unit: str
    offered_by: frozenset[str]
    matchable: bool


class DistrictFacts(NamedTuple):
    nuts2: str
    state: str
    neighbours: frozenset[str]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The reference facts the rules need: KldB codes by occupation id, forms by id, districts by key."""

    kldb: Mapping[str, str]
    forms: Mapping[str, FormFacts]
    districts: Mapping[str, DistrictFacts]


@dataclass(frozen=True, slots=True)
class CompanyWeights:
    """What counts for the side that needs; made to sum to 1."""

    occupation: float = COMPANY_WEIGHTS["occupation"]
    region: float = COMPANY_WEIGHTS["region"]
    themes: float = COMPANY_WEIGHTS["themes"]

    def __post_init__(self) -> None:
        _scale_to_one(self)


@dataclass(frozen=True, slots=True)
class PartnerWeights:
    """What counts for the side that offers; made to sum to 1."""

    occupation: float = PARTNER_WEIGHTS["occupation"]
    region: float = PARTNER_WEIGHTS["region"]
    capacity: float = PARTNER_WEIGHTS["capacity"]
    themes: float = PARTNER_WEIGHTS["themes"]

    def __post_init__(self) -> None:
        _scale_to_one(self)


def _scale_to_one(weights: CompanyWeights | PartnerWeights) -> None:
    """Raises `ValueError` for a weight that is negative or no number, and if all are 0."""
    values = {one.name: float(getattr(weights, one.name)) for one in fields(weights)}
    total = sum(values.values())
    if not math.isfinite(total) or total <= 0 or min(values.values()) < 0:
        raise ValueError("weights must be numbers from 0 on, at least one of them above")
    if not math.isclose(total, 1):  # the defaults stay as they are written
        for name, value in values.items():
            object.__setattr__(weights, name, value / total)


@dataclass(frozen=True, slots=True)
class Weights:
    """An event's weights; as JSON `{"company": {...}, "partner": {...}}`, what is left out is the default."""

    company: CompanyWeights = field(default_factory=CompanyWeights)
    partner: PartnerWeights = field(default_factory=PartnerWeights)


DEFAULT_WEIGHTS = Weights()


class Components(NamedTuple):
    """The parts of a score, 0 to 1 each, unrounded."""

    occupation: float
    region: float
    cooperation: float
    capacity: float
    themes: float


class Reason(NamedTuple):
    """A code and its values; whoever shows it renders it in the reader's language (table in `reasons.py`)."""

    code: str
    values: Values


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that may be matched; `score` in thousandths.

    `pinned`: both must meet. `forced`: only the pin lets it in, thresholds would not.
    """

    company: str
    partner: str
    score: int
    components: Components
    reasons: tuple[Reason, ...]
    pinned: bool = False
    forced: bool = False
