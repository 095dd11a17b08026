"""Badges and the poster, set by typst from `templates/pdf/{badges,poster}.typ`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from events_app.checkin.badges import Badge, Layout
from events_app.checkin.poster import PosterSheet
from events_app.kit.i18n import LANGUAGES, Language, babel_locale, translate
from events_app.tickets import qr
from events_app.tickets.pdf import compiled, picture, printable

TEMPLATE = "badges.typ"
POSTER = "poster.typ"
PREVIEW_PPI = 96


def badges_pdf(badges: Sequence[Badge], layout: Layout, occasion: str, language: Language) -> bytes:
    """All badges in their order, a PDF for at least one of them. Takes about 4 ms of CPU a badge: call it in a thread.

    Names shrink until they fit; nothing is cut off. Characters that no font at hand has are left as boxes.
    """
    return compiled(TEMPLATE, _values(badges, layout, occasion, language))


def badges_picture(badges: Sequence[Badge], layout: Layout, occasion: str, language: Language) -> bytes:
    """The first page as a PNG."""
    return picture(TEMPLATE, _values(badges[: layout.per_page], layout, occasion, language), PREVIEW_PPI)


def _values(badges: Sequence[Badge], layout: Layout, occasion: str, language: Language) -> dict[str, Any]:
    sheet = {
        **asdict(layout),
        "title": f"{translate(language, 'Name badges')}: {printable(occasion)}",
        "language": language,
        "region": babel_locale(language).territory,
    }
    return {"sheet": sheet, "badges": [_printed(badge, occasion, language) for badge in badges]}


def _printed(badge: Badge, occasion: str, language: Language) -> dict[str, str]:
    return {
        "occasion": printable(occasion),
        "given_name": printable(badge.given_name),
        "family_name": printable(badge.family_name),
        "organisation": printable(badge.organisation),
        "role": printable(badge.role),
        "qr": qr.svg(badge.code) if badge.code else "",
        "alt": translate(language, "QR code of the ticket"),
    }


def poster_pdf(sheet: PosterSheet, language: Language) -> bytes:
    """One A4 page in both languages, the given one on top. Takes about 20 ms of CPU: call it in a thread."""
    others = [other for other in LANGUAGES if other != language]
    poster = {
        "title": f"{translate(language, 'Not registered yet?')} {printable(sheet.event)}",
        "occasion": printable(sheet.occasion),
        "event": printable(sheet.event),
        "typed": sheet.typed,
        "qr": qr.svg(sheet.address),
        "alt": translate(language, "QR code: leads to %(address)s", {"address": sheet.typed}),
        "texts": [_poster_words(one) for one in (language, *others)],
    }
    return compiled(POSTER, {"poster": poster})


def _poster_words(language: Language) -> dict[str, Any]:
    return {
        "language": language,
        "region": babel_locale(language).territory,
        "question": translate(language, "Not registered yet?"),
        "steps": [
            translate(language, "Scan the code with your phone"),
            translate(language, "Enter your name and organisation"),
            translate(language, "Show your ticket at the door"),
        ],
        "typed": translate(language, "or type"),
        "help": translate(language, "No phone? Our people at the door will help you."),
    }
