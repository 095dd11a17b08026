"""Training occupations: by id, by what somebody typed, and by their place in the KldB 2010."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from sys import intern
from typing import NamedTuple

from events_app.reference.files import rows
from events_app.reference.model import Occupation
from events_app.reference.words import folded, one_letter_off, sort_key

EXACT, PREFIX, INFIX, TYPO = 0, 2, 4, 6  # an alias ranks one behind a name
INFIX_LETTERS, TYPO_LETTERS = 3, 4  # shorter words would match anywhere
_FIRST_OF_TWO = re.compile(r"\w+/(?=[^\W\d_a-z])")  # Koch/Köchin: both words in full


class _Spelling(NamedTuple):
    """A name, folded: `beginnings` are its words with a blank before each, `padded` these in one text."""

    joined: str
    padded: str
    words: tuple[str, ...]
    beginnings: tuple[str, ...]
    penalty: int


_Rank = Callable[[_Spelling, _Spelling], int | None]


@cache
def _by_id() -> dict[str, Occupation]:
    read = [_occupation(row) for row in rows("occupations")]
    return {found.id: found for found in sorted(read, key=lambda one: sort_key(one.name_de))}


def _occupation(row: dict[str, str]) -> Occupation:
    return Occupation(
        id=row["id"],
        kldb=row["kldb"],
        name_de=row["name"],
        name_en=row["name_en"] or row["name"],
        regulation=row["regulation"],
        specialisation_of=row["specialisation_of"] or None,
        focus=_listed(row["cluster_focus"]),
        aliases=_listed(row["aliases"]),
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def occupations() -> tuple[Occupation, ...]:
    """All of them, by German name."""
    return tuple(_by_id().values())


def occupation(identifier: str) -> Occupation | None:
    return _by_id().get(identifier)


def search_occupations(text: str, limit: int = 12) -> tuple[Occupation, ...]:
    """Occupations whose name or alias has every typed word, best first.

    Word beginnings come before inner parts, names before aliases (official example titles of the same KldB
    code, everyday words, English names), occupations a cluster trains before others, then by name. A word with
    one wrong letter counts only where nothing else is found.
    """
    typed = _spelling(text, 0)
    if not typed.joined:
        return ()
    found = _ranked(typed, _rank) or _ranked(typed, _misspelt_rank)
    return tuple(one for _, _, _, one in found[:limit])


def find_occupation(text: str) -> str | None:
    """The id of the occupation that was typed in full (name, alias of it alone, or id), else None."""
    if text.strip() in _by_id():
        return text.strip()
    return _by_alias().get(_spelling(text, 0).joined)


@cache
def kldb_titles() -> dict[str, str]:
    """KldB 2010 titles by code; the code's length (1 to 5 digits) is its level."""
    return {row["code"]: row["name"] for row in rows("kldb2010")}


def _ranked(typed: _Spelling, rank: _Rank) -> list[tuple[int, bool, int, Occupation]]:
    found = (
        (min((r for s in spellings if (r := rank(s, typed)) is not None), default=None), place, one)
        for place, (one, spellings) in enumerate(_index())
    )
    return sorted((best, not one.focus, place, one) for best, place, one in found if best is not None)


def _rank(spelling: _Spelling, typed: _Spelling) -> int | None:
    if spelling.joined.startswith(typed.joined):
        return (EXACT if len(spelling.joined) == len(typed.joined) else PREFIX) + spelling.penalty
    if _has_all(spelling.padded, typed.beginnings):
        return PREFIX + spelling.penalty
    if len(typed.joined) >= INFIX_LETTERS and (
        typed.joined in spelling.joined or _has_all(spelling.padded, typed.words)
    ):
        return INFIX + spelling.penalty
    return None


def _has_all(padded: str, parts: tuple[str, ...]) -> bool:
    for part in parts:  # noqa: SIM110 - `all` of a generator takes twice as long, 1,500 times a key
        if part not in padded:
            return False
    return True


def _misspelt_rank(spelling: _Spelling, typed: _Spelling) -> int | None:
    near = all(any(_meant(part, word) for word in spelling.words) for part in typed.words)
    return TYPO + spelling.penalty if near or _meant(typed.joined, spelling.joined) else None


def _meant(typed: str, word: str) -> bool:
    if word.startswith(typed):
        return True
    half = len(typed) // 2  # the wrong letter leaves one half of the word untouched
    worth_a_look = word.startswith(typed[:half]) or typed[half + 1 :] in word
    return worth_a_look and len(typed) >= TYPO_LETTERS and one_letter_off(typed, word)


@cache
def _index() -> tuple[tuple[Occupation, tuple[_Spelling, ...]], ...]:
    shared = _titles_by_code()
    return tuple((one, (*_own_spellings(one), *shared.get(one.kldb, ()))) for one in occupations())


def _own_spellings(one: Occupation) -> Iterator[_Spelling]:
    yield _spelling(one.name_de, 0)
    yield _spelling(_FIRST_OF_TWO.sub("", one.name_de), 0)
    for alias in (one.name_en, *one.aliases):
        if alias != one.name_de:
            yield _spelling(alias, 1)


def _titles_by_code() -> dict[str, list[_Spelling]]:
    by_code: dict[str, list[_Spelling]] = {}
    for row in rows("occupation_aliases"):
        by_code.setdefault(row["kldb"], []).append(_spelling(row["title"], 1))
    return by_code


def _spelling(name: str, penalty: int) -> _Spelling:
    words = tuple(map(intern, folded(name).split()))
    beginnings = tuple(intern(f" {word}") for word in words)
    return _Spelling("".join(words), "".join(beginnings), words, beginnings, penalty)


@cache
def _by_alias() -> dict[str, str]:
    """Joined spelling → id; a name wins over an alias, an alias of several occupations names none."""
    owners: dict[tuple[str, int], set[str]] = {}
    for one, spellings in _index():
        for spelling in spellings:
            owners.setdefault((spelling.joined, spelling.penalty), set()).add(one.id)
    alone = [(joined, penalty, ids) for (joined, penalty), ids in owners.items() if len(ids) == 1]
    return {joined: min(ids) for joined, _, ids in sorted(alone, key=lambda entry: -entry[1])}
