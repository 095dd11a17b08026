"""When two organisations may be one, when a registration is surely of a known one, and what a merge makes of two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Literal
from uuid import UUID

from events_app import reference
from events_app.kit.text import search_key
from events_app.organisations.rules import name_key

UNDO_WITHIN = timedelta(days=30)
Choice = Literal["name", "kind", "startup", "place"]
CHOICES: dict[Choice, tuple[str, ...]] = {
    "name": ("name", "name_key"),
    "kind": ("kind", "size"),
    "startup": ("startup",),
    "place": ("postcode", "place", "district"),
}
"""What is chosen as a whole when two are merged, and the columns it stands in."""
FILLED_UP = ("employees", "turnover_meur", "balance_meur", "themes", "training")
"""Kept as they are, or taken from the other one where there is nothing."""
EMPTY: tuple[Any, ...] = (None, "", "{}", [])


@dataclass(frozen=True)
class Known:
    """An organisation as far as it can be told from another. `contacts`: addresses that registered it before."""

    id: UUID
    name: str
    postcode: str | None = None
    place: str = ""
    district: str | None = None
    contacts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stated:
    """An organisation as a registration names it."""

    name: str
    postcode: str | None = None
    district: str | None = None
    contact: str = ""


def same_place(one: Known, other: Known) -> bool:
    """Same postcode, same town or same district; true also if one of them has no place."""
    mine, theirs = set(_marks(one)), set(_marks(other))
    return not mine or not theirs or not mine.isdisjoint(theirs)


def _marks(known: Known) -> Iterator[tuple[str, str]]:
    """Everything by which a place is known again, each with its kind."""
    if known.postcode:
        yield "postcode", known.postcode
        for place in reference.postcode(known.postcode):
            yield "town", _town(place.place)
            yield "district", place.ags
    if known.place:
        yield "town", _town(known.place)
    if known.district:
        yield "district", known.district


def _town(name: str) -> str:
    """`Halle (Saale)`, `Halle, Stadt` and `halle` are one town."""
    return search_key(name.partition("(")[0].partition(",")[0])


def pairs(known: Sequence[Known], apart: set[frozenset[UUID]]) -> list[tuple[Known, Known]]:
    """All near-duplicates among them but for those that somebody told apart, in the order given.

    Near-duplicates have one name but for legal form, case and punctuation, and stand in one place. Where one of them
    says nothing about its place, the name alone counts: somebody looks at each pair anyway.
    """
    by_name: dict[str, list[Known]] = {}
    for one in known:
        by_name.setdefault(name_key(one.name), []).append(one)
    return [
        (one, other)
        for group in by_name.values()
        for one, other in combinations(group, 2)
        if frozenset((one.id, other.id)) not in apart and same_place(one, other)
    ]


def surely(stated: Stated, known: Sequence[Known]) -> UUID | None:
    """The one organisation that this can only be: spelled the same, legal form and all, at the same postcode.

    Of several that differ in case alone, the one that is written exactly so. Without a postcode, or where that leaves
    several, the contact must have registered it before.
    None: nothing is certain, and whoever runs the cluster decides.
    """
    alike = [one for one in known if search_key(one.name) == search_key(stated.name) and _no_contradiction(stated, one)]
    placed = [one for one in alike if stated.postcode and one.postcode == stated.postcode]
    exactly = [one for one in placed if one.name == stated.name]
    known_there = [one for one in alike if stated.contact and stated.contact in one.contacts]
    certain = (ids.pop() for found in (placed, exactly, known_there) if len(ids := {one.id for one in found}) == 1)
    return next(certain, None)


def _no_contradiction(stated: Stated, one: Known) -> bool:
    return (
        stated.postcode is None
        or one.postcode is None
        or (stated.postcode == one.postcode and (stated.district or one.district) == (one.district or stated.district))
    )


def survivor(one: Mapping[str, Any], other: Mapping[str, Any]) -> UUID:
    """Whose row stays when two are merged: a member's, else the one that was entered by hand, else the older."""

    def rank(row: Mapping[str, Any]) -> tuple[bool, bool, datetime, UUID]:
        return (row["cluster"] is None, row["from_registration"], row["created_at"], row["id"])

    kept: UUID = min(one, other, key=rank)["id"]
    return kept


def merged(kept: Mapping[str, Any], other: Mapping[str, Any], chosen: Mapping[Choice, UUID]) -> dict[str, Any]:
    """The columns of the kept row that change: what was chosen of the other one, and what only the other one has."""
    picked = [column for choice, columns in CHOICES.items() if chosen.get(choice) == other["id"] for column in columns]
    lacking = [column for column in (*FILLED_UP, "cluster") if kept[column] in EMPTY]
    by_hand = kept["from_registration"] and other["from_registration"]
    wanted = {column: other[column] for column in (*picked, *lacking)} | {"from_registration": by_hand}
    return {column: value for column, value in wanted.items() if value != kept[column]}


def may_be_undone(merged_at: datetime, now: datetime) -> bool:
    return now - merged_at < UNDO_WITHIN
