"""Text from outside, made fit to store: one normal form, no invisible control characters."""

from __future__ import annotations

import unicodedata

# Bidirectional overrides and isolates can make a name show as another; letters of right-to-left scripts stay.
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_KEPT_JOINERS = frozenset("\u200c\u200d")


def one_line(text: str) -> str:
    """NFC, no control or direction characters, single blanks, none at the ends."""
    normal = unicodedata.normalize("NFC", text)
    if not normal.isprintable():  # most texts are, and need no look at each character
        normal = "".join(map(_shown, normal))
    return " ".join(normal.split())


def many_lines(text: str) -> str:
    """As `one_line`, but line ends (as LF), paragraphs and the indents that Markdown lists need stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_indent(line) + one_line(line) for line in lines).strip()


def _indent(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" "))) if line.strip() else ""


def search_key(text: str) -> str:
    """For comparing and searching: no case, no accents, ä as ae and ß as ss, single blanks."""
    text = one_line(text).lower().translate(_GERMAN)
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def _shown(character: str) -> str:
    if character in _KEPT_JOINERS:
        return character
    if character.isspace():
        return " "
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs"} or character in _DIRECTION_CONTROLS
    return "" if hidden else character
