"""German words made comparable: for sorting, and for finding an occupation however it was typed."""

from __future__ import annotations

import re
import unicodedata

_GENDER_MARK = re.compile(r"\(?\b[mwdxif](?:/[mwdxif]){1,3}\b\)?")  # (m/w/d)
_SECOND_FORM = re.compile(r"(?<=\w)[/*:_]-?[^\W\d_]+")  # /-in, *in, :in, _innen, /-frau, /Kauffrau
_NO_WORD = re.compile(r"[^a-z0-9]+")
_FEMALE = re.compile(r"(er|or|ist|ant|ent|log|ekt|eur|ar|man|kant)in(?:nen)?\b")
_PERSON = re.compile(r"(?:frau|leute)\b")
_ADJECTIVE = re.compile(r"(\w{3}che)[rnms]\b")  # technischer, technisches
_UMLAUT_PAIR = re.compile(r"([aou])e")
_SORTED_AS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"})


def sort_key(text: str) -> tuple[str, str]:
    """Sorts names as DIN 5007-1 does (ä as a, ß as ss); equal ones by the text itself.

    The embedded database has no ICU collations, so lists are sorted by this.
    """
    return (bare(text), text)


def bare(text: str) -> str:
    """Lower case without accents: `Weißwasser/O.L.` → `weisswasser/o.l.`."""
    apart = unicodedata.normalize("NFKD", text.lower().translate(_SORTED_AS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def folded(text: str) -> str:
    """An occupation's words in one spelling for all ways to type them.

    Case, hyphens, umlauts (`ä`, `ae` and `a` alike) and gender forms are evened out:
    `Mechatroniker/-in`, `MECHATRONIKERIN`, `Mechatroniker*innen (m/w/d)` all give `mechatroniker`.
    """
    one_form = _SECOND_FORM.sub("", _GENDER_MARK.sub(" ", text.strip().lower()))
    words = _NO_WORD.sub(" ", _UMLAUT_PAIR.sub(r"\1", bare(one_form))).strip()
    return _ADJECTIVE.sub(r"\1", _PERSON.sub("mann", _FEMALE.sub(r"\1", words)))


def one_letter_off(typed: str, word: str) -> bool:
    """Whether `word` begins with `typed`, but for one letter wrong, missing, too many, or two swapped."""
    at = next((i for i, (a, b) in enumerate(zip(typed, word, strict=False)) if a != b), min(len(typed), len(word)))
    rest, left = typed[at:], word[at:]
    return (
        left[1:].startswith(rest[1:])  # another letter
        or left[1:].startswith(rest)  # one missing
        or left.startswith(rest[1:])  # one too many
        or (left[:2] == rest[1::-1] and left[2:].startswith(rest[2:]))  # two swapped
    )
