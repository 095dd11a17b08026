"""A pair's reasons as one of the two organisations reads them.

What belongs to one need becomes one line ("bietet Grundlehrgang für Mechatroniker/-in, 12 Plätze"); what doesn't fit
so well is said too, once. The distance is left to the card's head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from events_app import reference
from events_app.kit.i18n import Language
from events_app.matchmaking.queries import Entrant, Meeting, Organisation, Pair
from events_app.matchmaking.rules.constants import ANY
from events_app.matchmaking.rules.values import Reason
from events_app.matchmaking.schemas import Side
from events_app.matchmaking.texts import CLOSE_DIGITS, Words, distance_km
from events_app.registration.queries import RegistrationRow

OCCUPATION_CODES = frozenset({"same_occupation", "any_occupation", "related_occupation"})
FORM_CODES = frozenset({"same_form", "related_form"})
WHERE_CODES = frozenset(
    {"same_district", "served_district", "neighbour_district", "same_nuts2", "same_state", "remote"}
)
SAYS = {
    "occupation": frozenset({"related_occupation", "unmet_needs"}),
    "region": WHERE_CODES,
    "cooperation": frozenset({"related_form"}),
    "themes": frozenset({"shared_themes"}),
}
"""The reasons that speak of a criterion: if it is the weakest, nothing has to be added."""
JOINT_TRAINING = "verbund"
BROWSED_LINES = 4


class Line(NamedTuple):
    """One remark about a proposal; `strong` is false for what fits less well."""

    text: str
    strong: bool = True


class Card(NamedTuple):
    """A proposed organisation as another one sees it; `km` great circle, where both postcodes are known."""

    name: str
    about: str
    km: int | None
    lines: list[Line]
    meeting: Meeting | None
    id: UUID
    """Of the other's registration."""


class Browsed(NamedTuple):
    """An organisation in the list of those that could be met: `lines` say what it offers and seeks."""

    id: UUID
    name: str
    about: str
    km: int | None
    lines: list[Line]


class _Need(NamedTuple):
    """The three reasons that speak of one need: occupation, form, places."""

    occupation: Reason
    form: Reason
    places: Mapping[str, Any]

    @property
    def sought(self) -> tuple[str, str]:
        values = self.form.values
        return str(self.places["need"]), str(values.get("form") or values["wanted"])

    @property
    def offered(self) -> tuple[str, str]:
        values = self.form.values
        occupation = self.occupation.values.get("offer") or self.places["need"]
        return str(occupation), str(values.get("form") or values["offered"])


def card(pair: Pair, reader_id: UUID, language: Language) -> Card:
    """The other organisation of a pair, for the one that reads (its registration's id)."""
    other = pair.other(reader_id)
    reader: Side = "company" if other is pair.partner else "partner"
    return Card(
        name=other.name,
        about=Words(language).about(other.kind, other.postcode, other.district),
        km=distance_km(pair.reasons),
        lines=lines(pair.reasons, language, reader, pair.partner.kind),
        meeting=pair.meeting,
        id=other.id,
    )


def browsed(one: Entrant, reader: RegistrationRow, language: Language) -> Browsed:
    """A registration as another one finds it: of what it states, what the reader's own needs and offers call for."""
    words, who = Words(language), one.organisation
    said = list(_stated(one, reader, words))
    return Browsed(
        id=who.id,
        name=who.name,
        about=words.about(who.kind, who.postcode, who.district),
        km=_kilometres(who, reader),
        lines=[*map(Line, said[:BROWSED_LINES]), *_and_more(len(said) - BROWSED_LINES, words)],
    )


def _and_more(count: int, words: Words) -> Iterator[Line]:
    if count > 0:
        text = words.ngettext("and one more entry", "and %(num)s more entries", count)
        yield Line(text % {"num": count}, strong=False)


def _stated(one: Entrant, reader: RegistrationRow, words: Words) -> Iterator[str]:
    if reader.training.needs:
        for offer in one.training.offers:
            places = words.places(offer.places, _unit(offer.form))
            yield _offers(words, offer.occupation, offer.form, places, one.organisation.kind)
    if reader.training.offers:
        for need in one.training.needs:
            yield _seeks(words, need.occupation, need.form, words.places(need.places, _unit(need.form)))


def _kilometres(one: Organisation, reader: RegistrationRow) -> int | None:
    here = reference.location(reader.organisation_postcode, reader.organisation_district)
    there = reference.location(one.postcode, one.district)
    return round(reference.distance_km(here, there)) if here and there else None


def lines(reasons: Sequence[Reason], language: Language, reader: Side | None, partner_kind: str) -> list[Line]:
    """The remarks for the side that reads (none: the agent), the good ones first.

    `partner_kind` is the offering organisation's.
    """
    words = Words(language)
    needs, weakest = list(_needs(reasons)), _weakest(reasons)
    told = [
        *(Line(text) for text in _about_needs(needs, words, reader, partner_kind)),
        *_about_both(reasons, words, reader, weakest),
        *(Line(text, strong=False) for text in _but(needs, words)),
        *(Line(text, strong=False) for text in _left_to_say(reasons, words, reader, weakest)),
    ]
    return sorted(dict.fromkeys(told), key=lambda line: not line.strong)


def _needs(reasons: Sequence[Reason]) -> Iterator[_Need]:
    """The rules give a need's three reasons one after the other."""
    for one, two, three in zip(reasons, reasons[1:], reasons[2:], strict=False):
        if one.code in OCCUPATION_CODES and two.code in FORM_CODES and three.code == "capacity":
            yield _Need(one, two, three.values)


def _about_needs(needs: Sequence[_Need], words: Words, reader: Side | None, partner_kind: str) -> Iterator[str]:
    for need in needs:
        yield _sought(need, words) if reader == "partner" else _offered(need, words, partner_kind)


def _offered(need: _Need, words: Words, partner_kind: str) -> str:
    occupation, form = need.offered
    places = words.places(need.places["offered"], need.places["unit"])
    return _offers(words, occupation, form, places, partner_kind)


def _offers(words: Words, occupation: str, form: str, places: str, partner_kind: str) -> str:
    values = {"form": words.form(form), "occupation": words.occupation(occupation), "places": places}
    if partner_kind == "company" and _family(form) == JOINT_TRAINING:  # companies train, providers offer
        text = words._("trains for %(occupation)s (%(form)s), %(places)s")
    elif occupation == ANY:
        text = words._("offers %(form)s, %(places)s")
    else:
        text = words._("offers %(form)s for %(occupation)s, %(places)s")
    return text % values


def _sought(need: _Need, words: Words) -> str:
    occupation, form = need.sought
    wanted = need.places["wanted"]
    return _seeks(words, occupation, form, "" if wanted is None else words.places(wanted, need.places["unit"]))


def _seeks(words: Words, occupation: str, form: str, places: str) -> str:
    values = {"form": words.form(form), "occupation": words.occupation(occupation)}
    text = words._("seeks %(form)s") if occupation == ANY else words._("seeks %(form)s for %(occupation)s")
    return ", ".join(filter(None, (text % values, places)))


def _about_both(reasons: Sequence[Reason], words: Words, reader: Side | None, weakest: str) -> Iterator[Line]:
    for reason in reasons:
        if reason.code in WHERE_CODES:
            yield Line(_seen_by(reason, words, reader), strong=weakest != "region")
        elif reason.code in {"shared_themes", "wish", "pinned"}:
            yield Line(_seen_by(reason, words, reader))


def _seen_by(reason: Reason, words: Words, reader: Side | None) -> str:
    if reader is not None and reason.code == "wish":
        return _wish(str(reason.values["by"]), words, reader)
    if reader == "partner" and reason.code == "neighbour_district":
        return words._("in a neighbouring district")  # the district it names is the reader's own
    if reader == "partner" and reason.code == "served_district":
        return words._("in a district where you work")
    return words.reason(reason)


def _wish(by: str, words: Words, reader: Side) -> str:
    if by == "both":
        return words._("you both want to meet")
    return words._("you want to meet") if by == reader else words._("wants to meet you")


def _but(needs: Sequence[_Need], words: Words) -> Iterator[str]:
    """What of the offers isn't quite what was asked for."""
    for need in needs:
        for reason in (need.occupation, need.form):
            close = int(str(reason.values.get("level", 0))) > CLOSE_DIGITS
            if reason.code in {"related_occupation", "related_form"} and not close:
                yield words.reason(reason)


def _weakest(reasons: Sequence[Reason]) -> str:
    return next((str(one.values["criterion"]) for one in reasons if one.code == "weakest"), "")


def _left_to_say(reasons: Sequence[Reason], words: Words, reader: Side | None, weakest: str) -> Iterator[str]:
    """Needs that stay open, and the weakest criterion where nothing speaks of it yet."""
    if reader != "partner":
        yield from (words.reason(one) for one in reasons if one.code == "unmet_needs")
    if any(one.code in SAYS.get(weakest, ()) for one in reasons):
        return
    if weakest == "themes":
        yield words._("no themes in common")
    elif weakest:
        yield words.reason(Reason("weakest", {"criterion": weakest}))


def _unit(form: str) -> str:
    known = reference.form(form)
    return known.capacity_unit if known else ""


def _family(form: str) -> str:
    known = reference.form(form)
    return known.family if known else ""
