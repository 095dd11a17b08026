"""What the reference data speaks of. Codes are text everywhere: their leading zeros count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

ANY = "*"


class Labelled(Protocol):
    """Anything with a German and an English name; `label` picks one."""

    @property
    def name_de(self) -> str: ...

    @property
    def name_en(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Occupation:
    """A recognised training occupation or one of its specialisations.

    `kldb` is its own KldB 2010 code (5 digits), `focus` the clusters that train it, `name_en` the German name
    where nobody has translated it.
    """

    id: str
    kldb: str
    name_de: str
    name_en: str
    regulation: str
    specialisation_of: str | None
    focus: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class District:
    """A Kreis or kreisfreie Stadt: `ags` its five-digit key, `lat`/`lon` its centroid in degrees (WGS 84).

    `name` is the bare name; `name_de` and `name_en` tell a city from the district of the same name.
    """

    ags: str
    nuts3: str
    name: str
    name_de: str
    name_en: str
    kind: str
    state: str
    coalfield: str | None
    lat: float
    lon: float

    @property
    def nuts2(self) -> str:
        return self.nuts3[:4]


class Place(NamedTuple):
    """A municipality's part of a postcode; `ags` is the district it lies in."""

    place: str
    ags: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class CooperationForm:
    """A way to train together; `offered_by` the organisation kinds that may offer it (`*`: any)."""

    id: str
    name_de: str
    name_en: str
    short_de: str
    family: str
    offered_by: frozenset[str]
    matchable: bool
    legal_basis: str
    capacity_unit: str
    note_de: str

    def may_be_offered_by(self, kind: str) -> bool:
        return ANY in self.offered_by or kind in self.offered_by


@dataclass(frozen=True, slots=True)
class Theme:
    """A guiding theme (Leitbild) of the coalfields."""

    id: str
    name_de: str
    name_en: str


@dataclass(frozen=True, slots=True)
class SizeClass:
    """A size of enterprise by 2003/361/EC; the limits are None for the largest. Money in million euro."""

    id: str
    name_de: str
    name_en: str
    headcount_below: int | None
    turnover_max_meur: float | None
    balance_max_meur: float | None


class Term(NamedTuple):
    """A word of the programme in German and English; the definition is German and may be empty."""

    de: str
    en: str
    definition_de: str


def label(thing: Labelled, language: str) -> str:
    """The name to show: English for `en`, else German."""
    return thing.name_en if language == "en" else thing.name_de
