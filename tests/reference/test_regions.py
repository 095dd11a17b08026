from __future__ import annotations

import csv
from pathlib import Path

import pytest

from events_app import reference

DATA = Path(reference.__file__).parent / "data"


def test_districts_are_400_by_name() -> None:
    names = [one.name_de for one in reference.districts()]
    assert len(set(names)) == 400
    assert names == sorted(names, key=reference.sort_key)


def test_district_of_halle() -> None:
    halle = reference.district("15002")
    assert halle is not None
    assert (halle.name, halle.state, halle.coalfield) == (
        "Halle (Saale)",
        "Sachsen-Anhalt",
        "Mitteldeutsches Revier",
    )
    assert (halle.nuts3, halle.nuts2) == ("DEE02", "DEE0")


def test_districts_both_named_leipzig_are_told_apart() -> None:
    city, county = reference.district("14713"), reference.district("14729")
    assert city is not None
    assert county is not None
    assert city.name == county.name == "Leipzig"
    assert (city.name_de, county.name_de) == ("Leipzig (Stadt)", "Leipzig (Landkreis)")
    assert reference.label(county, "en") == "Leipzig (district)"


def test_district_unknown_is_none() -> None:
    assert reference.district("16056") is None  # Eisenach, merged in 2021


def test_coalfields_hold_their_districts() -> None:
    fields = [one.coalfield for one in reference.districts() if one.coalfield]
    assert {name: fields.count(name) for name in set(fields)} == {
        "Lausitzer Revier": 7,
        "Mitteldeutsches Revier": 8,
        "Rheinisches Revier": 7,
        "Helmstedter Revier": 1,
    }


def test_neighbours_are_mutual_and_never_oneself() -> None:
    for one in reference.districts():
        beside = reference.neighbours(one.ags)
        assert one.ags not in beside
        assert all(one.ags in reference.neighbours(other) for other in beside)
    assert reference.neighbours("15002") == {"15088"}
    assert reference.neighbours("99999") == frozenset()


def test_postcode_in_two_districts_gives_both() -> None:
    assert [(place.place, place.ags) for place in reference.postcode("06120")] == [
        ("Halle (Saale)", "15002"),
        ("Salzatal", "15088"),
    ]
    assert [one.ags for one in reference.postcode_districts("06120")] == ["15002", "15088"]


def test_location_follows_the_chosen_district() -> None:
    assert reference.location("06120", "15002") == (51.5124, 11.9055)
    assert reference.location("06120", "15088") == (51.5040, 11.8621)
    assert reference.location("06120", None) == (51.5124, 11.9055)
    assert reference.location("06120", "01001") == (51.5124, 11.9055)  # a slip: the postcode's main town


@pytest.mark.parametrize("plz", ["", "0612", "061200", "00000", "99999", "abcde", "06120,", "٠٦١٢٠", "06 20"])
def test_postcode_unknown_is_empty(plz: str) -> None:
    assert reference.postcode(plz) == ()
    assert reference.location(plz, "15002") is None


def test_location_needs_a_postcode() -> None:
    assert reference.location(None, "15002") is None


def test_postcodes_are_read_as_the_file_has_them() -> None:
    wanted: dict[str, list[tuple[str, str, float, float]]] = {}
    with (DATA / "postcodes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = (row["place"], row["ags"], float(row["lat"]), float(row["lon"]))
            wanted.setdefault(row["plz"], []).append(place)
    assert len(wanted) == 8297
    assert {plz: [tuple(place) for place in reference.postcode(plz)] for plz in wanted} == wanted


def test_postcodes_lie_in_known_districts() -> None:
    with (DATA / "postcodes.csv").open(encoding="utf-8", newline="") as file:
        assert {row["ags"] for row in csv.DictReader(file)} == {one.ags for one in reference.districts()}


def test_distance_of_known_cities() -> None:
    halle, leipzig, berlin = (51.4828, 11.9697), (51.3397, 12.3731), (52.5200, 13.4050)
    assert reference.distance_km(halle, leipzig) == pytest.approx(32.2, abs=0.3)
    assert reference.distance_km(leipzig, berlin) == pytest.approx(149.0, abs=1.0)
    assert reference.distance_km(halle, halle) == 0
    assert reference.distance_km(halle, berlin) == reference.distance_km(berlin, halle)
    assert reference.distance_km((0, 0), (0, 180)) == pytest.approx(20015.1, abs=0.1)
