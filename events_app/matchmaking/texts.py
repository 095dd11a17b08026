"""Reasons as words, one by one. A reason is a code with values (tables in `rules/`); here it becomes text.

All texts begin small: they stand beside an organisation's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from events_app import reference
from events_app.kit.i18n import Language, translations
from events_app.matchmaking.rules.constants import ANY
from events_app.matchmaking.rules.values import Reason
from events_app.registration.texts import KINDS

CLOSE_DIGITS, RELATED_DIGITS = 4, 3  # of the KldB code in common
ADJECTIVES = ("Gemeinsames ", "Digitale ")  # German forms that begin with one: small within a sentence
CITIES = frozenset({"Kreisfreie Stadt", "Stadtkreis"})

SUPPLY_COLUMNS = (
    "KldB 2010",
    "Group of occupations",
    "District or city",
    "Requests",
    "Places sought",
    "Offers",
    "Places offered",
    "Near",
    "Missing",
)


class Words:
    """The vocabulary of matching in one language; `names` of organisations by id, for readers who may know them."""

    def __init__(self, language: Language, names: Mapping[str, str] | None = None) -> None:
        self.language = language
        self.names = names or {}
        self._ = translations(language).gettext
        self.ngettext = translations(language).ngettext

    def reason(self, reason: Reason) -> str:
        """One reason, seen from neither side. Raises `LookupError` for a code that has no text."""
        say = getattr(self, f"_{reason.code}", None)
        if say is None:
            raise LookupError(f"no text for the reason {reason.code}")
        text: str = say(**reason.values)
        return text

    def occupation(self, identifier: str) -> str:
        known = reference.occupation(identifier)
        return self._("all occupations") if known is None else reference.label(known, self.language)

    def form(self, identifier: str) -> str:
        """A form of cooperation in the middle of a sentence: its short name where that is a word, no brackets."""
        known = reference.form(identifier)
        if known is None:
            return identifier
        if self.language == "en":
            return _small(known.name_en.partition(" (")[0])
        if known.name_de.startswith(f"{known.short_de} "):
            return known.short_de
        name = known.name_de.partition(" (")[0]
        return _small(name) if name.startswith(ADJECTIVES) else name

    def kind(self, kind: str) -> str:
        """What an organisation is; nothing for `other`."""
        return str(self._(KINDS[kind])) if kind in KINDS and kind != "other" else ""

    def about(self, kind: str, postcode: str | None, district: str | None) -> str:
        """What it is and where, as "Bildungsträger, Leuna"."""
        return ", ".join(filter(None, (self.kind(kind), place_of(postcode, district))))

    def district(self, ags: str) -> str:
        known = reference.district(ags)
        return ags if known is None else reference.label(known, self.language)

    def themes(self, identifiers: Sequence[str]) -> str:
        known = [reference.theme(one) for one in identifiers]
        return ", ".join(reference.label(one, self.language) for one in known if one)

    def places(self, count: int, unit: str) -> str:
        """`12 Plätze`: what a form's places are counted in."""
        units = {
            "places": self.ngettext("%(num)s place", "%(num)s places", count),
            "placements": self.ngettext("%(num)s placement", "%(num)s placements", count),
            "days": self.ngettext("%(num)s day", "%(num)s days", count),
            "licences": self.ngettext("%(num)s licence", "%(num)s licences", count),
            "contacts": self.ngettext("%(num)s contact", "%(num)s contacts", count),
            "slots": self.ngettext("%(num)s slot", "%(num)s slots", count),
        }
        return str(units.get(unit, units["places"]) % {"num": count})

    def _same_occupation(self, need: str) -> str:
        return self._("occupation asked for: %(occupation)s") % {"occupation": self.occupation(need)}

    def _any_occupation(self, need: str, offer: str) -> str:
        del need
        if offer == ANY:
            return self._("open to all occupations")
        return self._("no particular occupation asked for: %(occupation)s") % {"occupation": self.occupation(offer)}

    def _related_occupation(self, need: str, offer: str, level: int) -> str:
        values = {"need": self.occupation(need), "offer": self.occupation(offer)}
        if level >= CLOSE_DIGITS:
            return self._("closely related occupation: %(offer)s instead of %(need)s") % values
        if level >= RELATED_DIGITS:
            return self._("related occupation: %(offer)s instead of %(need)s") % values
        return self._("occupation of the same field: %(offer)s instead of %(need)s") % values

    def _same_form(self, need: str, form: str) -> str:
        del need
        return self._("form of cooperation as asked for: %(form)s") % {"form": self.form(form)}

    def _related_form(self, need: str, wanted: str, offered: str) -> str:
        del need
        values = {"offered": self.form(offered), "wanted": self.form(wanted)}
        return self._("another form of cooperation than asked for: %(offered)s instead of %(wanted)s") % values

    def _capacity(self, need: str, offered: int, wanted: int | None, unit: str) -> str:
        del need
        values = {"offered": self.places(offered, unit), "wanted": wanted}
        text = self._("%(offered)s offered, %(wanted)s sought") if wanted else self._("%(offered)s offered")
        return text % values

    def _unmet_needs(self, count: int) -> str:
        return self.ngettext("one request stays open", "%(num)s requests stay open", count) % {"num": count}

    def _same_district(self, district: str) -> str:
        if _is_city(district):
            return self._("in the same city: %(district)s") % {"district": self.district(district)}
        return self._("in the same district: %(district)s") % {"district": self.district(district)}

    def _served_district(self, district: str) -> str:
        return self._("also works in: %(district)s") % {"district": self.district(district)}

    def _neighbour_district(self, district: str) -> str:
        if _is_city(district):
            return self._("in the neighbouring city: %(district)s") % {"district": self.district(district)}
        return self._("in the neighbouring district: %(district)s") % {"district": self.district(district)}

    def _same_nuts2(self, nuts2: str) -> str:
        del nuts2
        return self._("in the same region")

    def _same_state(self, state: str) -> str:
        return self._("in the same federal state: %(state)s") % {"state": state}

    def _distance(self, km: int) -> str:
        return self._("%(km)s km as the crow flies") % {"km": km}

    def _remote(self) -> str:
        return self._("also online")

    def _not_near(self) -> str:
        return self._("nothing known about how near they are")

    def _shared_themes(self, themes: Sequence[str]) -> str:
        return self._("shared themes: %(themes)s") % {"themes": self.themes(themes)}

    def _wish(self, by: str) -> str:
        if by == "both":
            return self._("both sides want to meet")
        return self._("wish of the side that seeks") if by == "company" else self._("wish of the side that offers")

    def _pinned(self) -> str:
        return self._("both sides want to meet in any case")

    def _weakest(self, criterion: str) -> str:
        criteria = {
            "occupation": self._("occupation"),
            "region": self._("distance"),
            "cooperation": self._("form of cooperation"),
            "capacity": self._("number of places"),
            "themes": self._("themes"),
        }
        return self._("weakest point: %(criterion)s") % {"criterion": criteria[criterion]}

    def _no_profile(self) -> str:
        return self._("neither seeks nor offers anything")

    def _no_offers(self) -> str:
        return self._("nobody else offers anything")

    def _no_needs(self) -> str:
        return self._("nobody else seeks anything")

    def _none_left(self, count: int) -> str:
        text = self.ngettext(
            "one organisation fits, but no meeting with it was possible",
            "%(num)s organisations fit, but no meeting with them was possible",
            count,
        )
        return text % {"num": count}

    def _all_together(self, count: int) -> str:
        text = self.ngettext(
            "the only organisation that fits is one you work with already",
            "you work with all %(num)s organisations that fit already",
            count,
        )
        return text % {"num": count}

    def _form_not_matched(self, form: str) -> str:
        return self._("no partners are proposed for this form: %(form)s") % {"form": self.form(form)}

    def _form_not_offerable(self, form: str) -> str:
        return self._("organisations of this kind can't offer: %(form)s") % {"form": self.form(form)}

    def _only_other_forms(self, occupation: str, form: str, offered: Sequence[str]) -> str:
        values = {"entry": self.entry(occupation, form), "offered": ", ".join(self.form(one) for one in offered)}
        return self._("nobody offers %(entry)s; there is only: %(offered)s") % values

    def _no_partner_trains(self, occupation: str, form: str) -> str:
        return self._("nobody offers %(entry)s") % {"entry": self.entry(occupation, form)}

    def _no_company_seeks(self, occupation: str, form: str) -> str:
        return self._("nobody seeks %(entry)s") % {"entry": self.entry(occupation, form)}

    def _no_location(self, occupation: str, form: str) -> str:
        values = {"entry": self.entry(occupation, form)}
        return self._("%(entry)s: there is something, but neither postcode nor district is given") % values

    def _too_far(self, occupation: str, form: str, within_km: int, nearest_km: int | None, nearest: str | None) -> str:
        values = {"entry": self.entry(occupation, form), "km": within_km, "nearest_km": nearest_km}
        said = self._("%(entry)s: nobody within %(km)s km") % values
        if nearest_km is None:
            return said
        name = self.names.get(nearest or "")
        nearest_one = self._("nearest: %(name)s, %(nearest_km)s km") if name else self._("nearest: %(nearest_km)s km")
        return f"{said}; {nearest_one % {**values, 'name': name}}"

    def _help_profile(self) -> str:
        return self._("say what you seek or offer")

    def _help_location(self) -> str:
        return self._("give postcode and district")

    def _help_forms(self, forms: Sequence[str]) -> str:
        return self._("take another form of cooperation: %(forms)s") % {"forms": ", ".join(map(self.form, forms))}

    def _help_other_form(self) -> str:
        return self._("choose a form of cooperation that partners are proposed for")

    def _help_reach(self, km: int) -> str:
        return self._("offer or accept it online as well, or serve districts farther than %(km)s km away") % {"km": km}

    def _help_related(self) -> str:
        return self._("name related occupations too, or all occupations")

    def _help_limits(self) -> str:
        return self._("more conversations per organisation, or more times at which you can come")

    def _help_invite(self) -> str:
        return self._("the cluster office can invite organisations that fit")

    def entry(self, occupation: str, form: str) -> str:
        """A need or an offer: "Grundlehrgang für Mechatroniker/-in"."""
        values = {"form": self.form(form), "occupation": self.occupation(occupation)}
        return self._("%(form)s for %(occupation)s") % values


def distance_km(reasons: Sequence[Reason]) -> int | None:
    """How far apart the two are, where both postcodes are known."""
    return next((int(str(one.values["km"])) for one in reasons if one.code == "distance"), None)


def place_of(postcode: str | None, district: str | None) -> str:
    """The town of a postcode, in its district where it has several; else the district; else nothing."""
    places = reference.postcode(postcode) if postcode else ()
    at_home = [place for place in places if place.ags == district] or places
    known = reference.district(district) if district else None
    return at_home[0].place if at_home else known.name if known else ""


def _is_city(ags: str) -> bool:
    known = reference.district(ags)
    return known is not None and known.kind in CITIES


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
