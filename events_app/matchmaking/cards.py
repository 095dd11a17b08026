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
from events_app.matchmaking.queries import Meeting, Pair
from events_app.matchmaking.rules.constants import ANY
from events_app.matchmaking.rules.values import Reason
from events_app.matchmaking.schemas import Side
from events_app.matchmaking.texts import CLOSE_DIGITS, Words, distance_km

OCCUPATION_CODES = frozenset({"same_occupation", "any_occupation", "related_occupation"})
FORM_CODES = frozenset({"same_form", "related_form"})
JOINT_TRAINING = "verbund"


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
    )


def lines(reasons: Sequence[Reason], language: Language, reader: Side, partner_kind: str) -> list[Line]:
    """The remarks for the side that reads, the good ones first. `partner_kind` is the offering organisation's."""
    words = Words(language)
    needs = list(_needs(reasons))
    strong = [*_about_needs(needs, words, reader, partner_kind), *_about_both(reasons, words, reader)]
    weak = [*_but(needs, words), *_weakest(reasons, needs, words)]
    return [
        *(Line(text) for text in dict.fromkeys(strong)),
        *(Line(text, strong=False) for text in dict.fromkeys(weak)),
    ]


def _needs(reasons: Sequence[Reason]) -> Iterator[_Need]:
    """The rules give a need's three reasons one after the other."""
    for one, two, three in zip(reasons, reasons[1:], reasons[2:], strict=False):
        if one.code in OCCUPATION_CODES and two.code in FORM_CODES and three.code == "capacity":
            yield _Need(one, two, three.values)


def _about_needs(needs: Sequence[_Need], words: Words, reader: Side, partner_kind: str) -> Iterator[str]:
    for need in needs:
        yield _sought(need, words) if reader == "partner" else _offered(need, words, partner_kind)


def _offered(need: _Need, words: Words, partner_kind: str) -> str:
    occupation, form = need.offered
    values = {
        "form": words.form(form),
        "occupation": words.occupation(occupation),
        "places": words.places(need.places["offered"], need.places["unit"]),
    }
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
    values = {"form": words.form(form), "occupation": words.occupation(occupation)}
    text = words._("seeks %(form)s") if occupation == ANY else words._("seeks %(form)s for %(occupation)s")
    places = "" if wanted is None else f", {words.places(wanted, need.places['unit'])}"
    return text % values + places


def _about_both(reasons: Sequence[Reason], words: Words, reader: Side) -> Iterator[str]:
    for reason in reasons:
        if reason.code == "neighbour_district" and reader == "partner":
            yield words._("in a neighbouring district")  # the district it names is the reader's own
        elif reason.code == "served_district" and reader == "partner":
            yield words._("in a district where you work")
        elif reason.code == "wish":
            yield _wish(str(reason.values["by"]), words, reader)
        elif reason.code in {
            "same_district",
            "neighbour_district",
            "served_district",
            "same_nuts2",
            "same_state",
            "remote",
            "shared_themes",
            "pinned",
        }:
            yield words.reason(reason)


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


def _weakest(reasons: Sequence[Reason], needs: Sequence[_Need], words: Words) -> Iterator[str]:
    """The weakest criterion, unless a remark on it stands there already."""
    said = {"occupation": "related_occupation", "cooperation": "related_form"}
    codes = {one.code for need in needs for one in (need.occupation, need.form)}
    for reason in reasons:
        if reason.code == "unmet_needs" or (
            reason.code == "weakest" and said.get(str(reason.values["criterion"])) not in codes
        ):
            yield words.reason(reason)


def _family(form: str) -> str:
    known = reference.form(form)
    return known.family if known else ""
