"""What would have helped those without a match: codes with values, from the reasons why they have none.

| code | values | says |
|---|---|---|
| `help_profile` | | state what you seek or offer |
| `help_location` | | give postcode and district |
| `help_forms` | forms | these forms are offered for the same occupation |
| `help_other_form` | | choose a form that partners are proposed for |
| `help_reach` | km | who is farther apart than these can come together online or by serving more districts |
| `help_related` | | related occupations, or all, find more |
| `help_limits` | | more meetings for each organisation would make room |
| `help_invite` | | the cluster office can ask organisations that fit to come |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from events_app.matchmaking.rules.values import Reason


def what_helps(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The table's codes, each once, in the order of the reasons."""
    found: list[Reason] = []
    for one in chain.from_iterable(_helps(reason) for reason in reasons):
        if one not in found:
            found.append(one)
    return tuple(found)


def _helps(reason: Reason) -> Iterator[Reason]:
    values = reason.values
    match reason.code:
        case "no_profile":
            yield Reason("help_profile", {})
        case "no_location":
            yield Reason("help_location", {})
        case "only_other_forms":
            yield Reason("help_forms", {"forms": values["offered"]})
        case "form_not_matched" | "form_not_offerable":
            yield Reason("help_other_form", {})
        case "too_far":
            yield Reason("help_reach", {"km": values["within_km"]})
        case "no_partner_trains" | "no_company_seeks":
            yield Reason("help_related", {})
            yield Reason("help_invite", {})
        case "no_offers" | "no_needs" | "all_together":
            yield Reason("help_invite", {})
        case "none_left":
            yield Reason("help_limits", {})
