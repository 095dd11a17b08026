"""Finding names in SQL as people type them: no case, no accents, umlauts written out or left out."""

from __future__ import annotations

from events_app.kit.text import search_key

MAX_WORDS = 8


def folded(column: str) -> str:
    """The SQL of a text to search in, twice: once with ä as ae and ß as ss (`kit.text.search_key`), once with ä as a.

    So `Müßig` is found by "müßig", "muessig" and "mussig" alike.
    """
    plain = f"replace(lower({column}), 'ß', 'ss')"
    german = f"replace(replace(replace({plain}, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue')"
    return f"concat({_bare(german)}, ' ', {_bare(plain)})"


def sorted_by(column: str) -> str:
    """The SQL twin of `kit.text.search_key`: ä is sorted as ae and é as e."""
    german = f"replace(replace(replace(replace(lower({column}), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss')"
    return _bare(german)


def patterns(wanted: str) -> list[str]:
    """What each word of a search must match (`LIKE ALL`)."""
    return [f"%{_escaped(word)}%" for word in search_key(wanted).split()[:MAX_WORDS]]


def _bare(text: str) -> str:
    return f"regexp_replace(normalize({text}, NFD), '[\\u0300-\\u036f]', '', 'g')"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
