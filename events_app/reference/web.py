"""Look-ups for forms: place of a postcode, occupations by what is typed."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from events_app import reference
from events_app.kit.http.guards import anyone

CACHED = {"Cache-Control": "public, max-age=86400"}


@get("/reference/postcodes/{plz:str}", guards=[anyone], include_in_schema=False)
async def places(plz: FromPath[str]) -> Response[list[dict[str, str]]]:
    """The places of a postcode with their districts; empty where there is no such postcode."""
    found = [
        {"place": place.place, "district": place.ags, "district_name": _district(place.ags)}
        for place in reference.postcode(plz)
    ]
    return Response(found, headers=CACHED)


@get("/reference/occupations", guards=[anyone], include_in_schema=False)
async def occupations(q: FromQuery[str] = "") -> Response[list[dict[str, str]]]:
    """Up to twelve occupations that fit what was typed."""
    found = [{"id": one.id, "name": one.name_de} for one in reference.search_occupations(q[:100])]
    return Response(found, headers=CACHED)


def _district(ags: str) -> str:
    found = reference.district(ags)
    return found.name_de if found else ags


routes = [places, occupations]
