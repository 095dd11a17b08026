"""Districts, who borders on whom, postcodes, and how far apart two points lie."""

from __future__ import annotations

import csv
import math
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

from events_app.reference.files import rows, text
from events_app.reference.model import District, Place, label
from events_app.reference.words import sort_key

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
PLZ_DIGITS = 5
Point = tuple[float, float]  # latitude, longitude in degrees, WGS 84
COALFIELDS_EN = {
    "Lausitzer Revier": "Lusatian coalfield",
    "Mitteldeutsches Revier": "Central German coalfield",
    "Rheinisches Revier": "Rhenish coalfield",
}


@cache
def _by_ags() -> dict[str, District]:
    table = rows("districts")
    names = [row["name"] for row in table]
    read = [_district(row, shared=names.count(row["name"]) > 1) for row in table]
    return {one.ags: one for one in sorted(read, key=lambda one: (sort_key(one.name_de), one.ags))}


def _district(row: dict[str, str], *, shared: bool) -> District:
    is_city = row["kind"] in {"Kreisfreie Stadt", "Stadtkreis"}
    kind_de, kind_en = ("Stadt", "city") if is_city else ("Landkreis", "district")
    return District(
        ags=row["ags"],
        nuts3=row["nuts3"],
        name=row["name"],
        name_de=f"{row['name']} ({kind_de})" if shared else row["name"],
        name_en=f"{row['name']} ({kind_en})" if shared else row["name"],
        kind=row["kind"],
        state=row["state"],
        coalfield=row["coalfield"] or None,
        lat=float(row["lat"]),
        lon=float(row["lon"]),
    )


def districts() -> tuple[District, ...]:
    """All 400, by name."""
    return tuple(_by_ags().values())


def district(ags: str) -> District | None:
    return _by_ags().get(ags)


def located(one: District, language: str, *, unless: str = "") -> str:
    """A district and its coalfield in words; without the district where its name is `unless`, that of its city."""
    coalfield = one.coalfield or ""
    name = "" if one.name == unless else label(one, language)
    return ", ".join(filter(None, [name, COALFIELDS_EN.get(coalfield, coalfield) if language == "en" else coalfield]))


def neighbours(ags: str) -> frozenset[str]:
    """The keys of the districts that share a border with this one; empty for an unknown one."""
    return _neighbours().get(ags, frozenset())


@cache
def _neighbours() -> dict[str, frozenset[str]]:
    beside: dict[str, set[str]] = {}
    for row in rows("district_neighbours"):
        beside.setdefault(row["ags"], set()).add(row["neighbour_ags"])
    return {ags: frozenset(others) for ags, others in beside.items()}


def postcode(plz: str) -> tuple[Place, ...]:
    """The places of a postcode, main town first; empty for an unknown one.

    136 postcodes lie in two or more districts: ask then, or take the place of the district that was chosen.
    """
    if len(plz) != PLZ_DIGITS or not (plz.isascii() and plz.isdecimal()):
        return ()
    return tuple(Place(name, ags, float(lat), float(lon)) for _, name, ags, lat, lon in _rows_of(plz))


def postcode_districts(plz: str) -> tuple[District, ...]:
    """The districts a postcode lies in, the main town's first."""
    keys = dict.fromkeys(place.ags for place in postcode(plz))
    return tuple(_by_ags()[ags] for ags in keys)


def location(plz: str | None, ags: str | None) -> Point | None:
    """Where an organisation of this postcode is, in its district where the postcode has several."""
    places = postcode(plz) if plz else ()
    at_home = [place for place in places if place.ags == ags] or places
    return (at_home[0].lat, at_home[0].lon) if at_home else None


def _rows_of(plz: str) -> Iterator[list[str]]:
    """Found by halving, as the file is sorted, and parsed only now: 13,000 rows as objects would be 5 MB."""
    lines = _postcode_lines()
    return csv.reader(lines[bisect_left(lines, f"{plz},") : bisect_left(lines, f"{plz}-")])  # "-" follows ","


@cache
def _postcode_lines() -> list[str]:
    return text("postcodes").splitlines()[1:]


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance (haversine)."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))
