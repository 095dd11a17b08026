"""Two languages. Msgids are English; German stands in one catalogue per room (`locale/de/<room>.po`)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")
DEFAULT_LANGUAGE: Language = "de"
LOCALE_DIR = Path(__file__).parent.parent / "locale"


def known_language(text: str | None) -> Language:
    """`de` or `en`; everything else reads German."""
    return "en" if text == "en" else DEFAULT_LANGUAGE


@lru_cache(maxsize=4)
def babel_locale(language: Language) -> Locale:
    return Locale.parse("de_DE" if language == "de" else "en_GB")


@lru_cache(maxsize=4)
def translations(language: Language) -> NullTranslations:
    """Gettext translations; English is what the msgids say."""
    return NullTranslations() if language == "en" else _compiled(read_catalogues(language))


def read_catalogues(language: Language) -> Catalog:
    """All rooms' catalogues of a language as one."""
    whole = Catalog(locale=language)
    for path in sorted((LOCALE_DIR / language).glob("*.po")):
        with path.open("rb") as file:
            part = read_po(file, locale=language)
        whole.num_plurals, whole.plural_expr  # noqa: B018 - fixes the plural rule of the locale before merging
        for message in part:
            if message.id:
                whole[message.id] = message
    return whole


def _compiled(catalogue: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def translate(language: Language, msgid: str, values: dict[str, object] | None = None) -> str:
    text: str = translations(language).gettext(msgid)
    return text % values if values else text


@lru_cache(maxsize=256)
def accepted_language(header: str) -> Language:
    """The better of our languages by an Accept-Language header; German where it is silent or equal."""
    ranked = sorted(_ranges(header), key=lambda item: -item[1])
    for tag, quality in ranked:
        language = tag.partition("-")[0].lower()
        if quality > 0 and language in LANGUAGES:
            return known_language(language)
    return DEFAULT_LANGUAGE


def _ranges(header: str) -> Sequence[tuple[str, float]]:
    found = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        text = parameter.strip().removeprefix("q=")
        found.append((tag.strip(), float(text) if text.replace(".", "", 1).isdecimal() else float(not parameter)))
    return found
