"""Badges as PDF and picture, set by typst from `templates/pdf/badges.typ`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from events_app.checkin.badges import Badge, Layout
from events_app.kit.i18n import Language, babel_locale, translate
from events_app.tickets import qr
from events_app.tickets.pdf import compiled, picture, printable

TEMPLATE = "badges.typ"
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
