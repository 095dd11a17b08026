"""Look-ups for forms: place of a postcode, occupations by what is typed."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from events_app import reference
from events_app.kit.http.guards import anyone
from events_app.reference.model import Place

CACHED = {"Cache-Control": "public, max-age=86400"}


@get("/reference/postcodes/{plz:str}", guards=[anyone], include_in_schema=False)
async def places(plz: FromPath[str], lang: FromQuery[str] = "de") -> Response[list[dict[str, str]]]:
    """The places of a postcode with district and coalfield; empty where there is no such postcode."""
    return Response([_told(place, lang) for place in reference.postcode(plz)], headers=CACHED)


@get("/reference/occupations", guards=[anyone], include_in_schema=False)
async def occupations(q: FromQuery[str] = "") -> Response[list[dict[str, str]]]:
    """Up to twelve occupations that fit what was typed."""
    found = [{"id": one.id, "name": one.name_de} for one in reference.search_occupations(q[:100])]
    return Response(found, headers=CACHED)


def _told(place: Place, language: str) -> dict[str, str]:
    """`region` is what the place's name does not say yet."""
    found = reference.district(place.ags)
    name = reference.located(found, language) if found else place.ags
    region = reference.located(found, language, unless=place.place) if found else ""
    return {"place": place.place, "district": place.ags, "district_name": name, "region": region}


routes = [places, occupations]
