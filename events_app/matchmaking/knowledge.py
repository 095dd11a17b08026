"""The reference facts that the matching rules need, gathered as values."""

from __future__ import annotations

from functools import cache

from events_app import reference
from events_app.matchmaking.rules.values import DistrictFacts, FormFacts, Knowledge


@cache
def knowledge() -> Knowledge:
    """Built once per process from the reference room, about 800 entries."""
    return Knowledge(
        kldb={one.id: one.kldb for one in reference.occupations()},
        forms={
            one.id: FormFacts(one.family, one.capacity_unit, one.offered_by, one.matchable) for one in reference.forms()
        },
        districts={
            one.ags: DistrictFacts(one.nuts2, one.state, reference.neighbours(one.ags)) for one in reference.districts()
        },
    )
