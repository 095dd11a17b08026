"""Why two organisations fit: codes with values, for both sides to read.

Occupations, forms, districts and themes are ids of the reference data; `*` stands for any occupation.

| code | values | says |
|---|---|---|
| `same_occupation` | need | the partner offers the occupation asked for |
| `any_occupation` | need, offer | one of the two is `*` |
| `related_occupation` | need, offer, level | their KldB codes share `level` digits (2 to 5) |
| `same_form` | need, form | in the form asked for |
| `related_form` | need, wanted, offered | in another form of the same family |
| `capacity` | need, offered, wanted, unit | places offered; `wanted` is null where the two count different things |
| `unmet_needs` | count | so many needs find nothing here |
| `same_district` `served_district` | district | the company lies in the partner's own, or in a served district |
| `neighbour_district` | district | the company's district borders on this one of the partner's |
| `same_nuts2` | nuts2 | same region (NUTS 2) |
| `same_state` | state | same Land |
| `distance` | km | great circle, whole km; given whenever both postcodes are known |
| `remote` | | also remotely |
| `not_near` | | no nearness known (only with a pin) |
| `shared_themes` | themes | themes of both, sorted |
| `wish` | by (`company` `partner` `both`) | who wants to meet |
| `pinned` | | both must meet |
| `weakest` | criterion (`occupation` `region` `cooperation` `capacity` `themes`) | what costs the score most |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from events_app.matchmaking.rules.constants import ANY, EXPLAINED_ENTRIES, SAME_FORM, SAME_OCCUPATION
from events_app.matchmaking.rules.fit import Answer, Nearness, NeedMet, kilometres, shared_digits
from events_app.matchmaking.rules.values import Components, Knowledge, Participant, Reason, Weights


def pair_reasons(
    company: Participant, partner: Participant, met: Sequence[NeedMet], near: Nearness, knowledge: Knowledge
) -> tuple[Reason, ...]:
    """The table's codes for a pair: at most three needs, best first, then where, themes and wishes."""
    return (
        *_need_reasons(met, knowledge),
        *_where(company, partner, met, near),
        *_themes(company, partner),
        *_wishes(company, partner),
    )


def weakest(met: Sequence[NeedMet], components: Components, weights: Weights) -> Iterator[Reason]:
    """The criterion that costs the score most, by both sides' weights; none if nothing is missing.

    The occupation's share is split exactly into what similarity lacks and what the forms take away.
    """
    places = sum(one.need.places for one in met)
    similar = sum(one.need.places * one.similarity for one in met) / (SAME_OCCUPATION * places)
    ours, theirs = weights.company, weights.partner
    losses = {
        "occupation": (ours.occupation + theirs.occupation) * (1 - similar),
        "region": (ours.region + theirs.region) * (1 - components.region),
        "cooperation": (ours.occupation + theirs.occupation) * (similar - components.occupation),
        "capacity": theirs.capacity * (1 - components.capacity),
        "themes": (ours.themes + theirs.themes) * (1 - components.themes),
    }
    criterion = max(losses, key=losses.__getitem__)
    if losses[criterion] > 0:
        yield Reason("weakest", {"criterion": criterion})


def _need_reasons(met: Sequence[NeedMet], knowledge: Knowledge) -> Iterator[Reason]:
    found = sorted((one.best for one in met if one.best), key=_best_first)
    for answer in found[:EXPLAINED_ENTRIES]:
        yield _occupation(answer, knowledge)
        yield _form(answer)
        yield _capacity(answer, knowledge)
    if len(found) < len(met):
        yield Reason("unmet_needs", {"count": len(met) - len(found)})


def _best_first(answer: Answer) -> tuple[int, int, str, str]:
    return (-answer.fit, -answer.need.places, answer.need.occupation, answer.need.form)


def _occupation(answer: Answer, knowledge: Knowledge) -> Reason:
    need, offer = answer.need.occupation, answer.offer.occupation
    if ANY in (need, offer):
        return Reason("any_occupation", {"need": need, "offer": offer})
    if need == offer:
        return Reason("same_occupation", {"need": need})
    return Reason("related_occupation", {"need": need, "offer": offer, "level": shared_digits(need, offer, knowledge)})


def _form(answer: Answer) -> Reason:
    need, wanted, offered = answer.need.occupation, answer.need.form, answer.offer.form
    if answer.form == SAME_FORM:
        return Reason("same_form", {"need": need, "form": wanted})
    return Reason("related_form", {"need": need, "wanted": wanted, "offered": offered})


def _capacity(answer: Answer, knowledge: Knowledge) -> Reason:
    unit = knowledge.forms[answer.offer.form].unit
    comparable = knowledge.forms[answer.need.form].unit == unit
    return Reason(
        "capacity",
        {
            "need": answer.need.occupation,
            "offered": answer.offer.places,
            "wanted": answer.need.places if comparable else None,
            "unit": unit,
        },
    )


def _where(company: Participant, partner: Participant, met: Sequence[NeedMet], near: Nearness) -> Iterator[Reason]:
    yield near.reason
    km = kilometres(company.point, partner.point)
    if km is not None and near.reason.code != "distance":
        yield Reason("distance", {"km": round(km)})
    if near.reason.code != "remote" and any(one.best and one.best.offer.remote for one in met):
        yield Reason("remote", {})


def _themes(company: Participant, partner: Participant) -> Iterator[Reason]:
    shared = sorted(company.themes & partner.themes)
    if shared:
        yield Reason("shared_themes", {"themes": shared})


def _wishes(company: Participant, partner: Participant) -> Iterator[Reason]:
    ours = partner.id in company.wishes | company.musts
    theirs = company.id in partner.wishes | partner.musts
    if ours or theirs:
        by = "both" if ours and theirs else "company" if ours else "partner"
        yield Reason("wish", {"by": by})
    if partner.id in company.musts and company.id in partner.musts:
        yield Reason("pinned", {})
