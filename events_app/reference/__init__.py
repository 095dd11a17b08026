"""Reference data: regions, occupations, forms of cooperation, themes, sizes; looked up in memory, read once.

`from events_app import reference` and then `reference.occupation("mechatroniker")`. Nothing is read before
the first call, and postcodes stay lines of text. Sources and credits: `data/SOURCES.md`.
"""

from events_app.reference.cooperation import (
    form,
    forms,
    forms_offered_by,
    size_class,
    size_classes,
    size_of,
    theme,
    themes,
    vocabulary,
)
from events_app.reference.model import (
    ANY,
    CooperationForm,
    District,
    Labelled,
    Occupation,
    Place,
    SizeClass,
    Term,
    Theme,
    label,
)
from events_app.reference.occupations import (
    find_occupation,
    kldb_titles,
    occupation,
    occupations,
    search_occupations,
)
from events_app.reference.regions import (
    Point,
    distance_km,
    district,
    districts,
    located,
    location,
    neighbours,
    postcode,
    postcode_districts,
)
from events_app.reference.words import sort_key

__all__ = [
    "ANY",
    "CooperationForm",
    "District",
    "Labelled",
    "Occupation",
    "Place",
    "Point",
    "SizeClass",
    "Term",
    "Theme",
    "distance_km",
    "district",
    "districts",
    "find_occupation",
    "form",
    "forms",
    "forms_offered_by",
    "kldb_titles",
    "label",
    "located",
    "location",
    "neighbours",
    "occupation",
    "occupations",
    "postcode",
    "postcode_districts",
    "search_occupations",
    "size_class",
    "size_classes",
    "size_of",
    "sort_key",
    "theme",
    "themes",
    "vocabulary",
]
