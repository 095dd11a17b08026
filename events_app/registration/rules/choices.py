"""What a person may state about health and access, and what is wrong with a statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from events_app.kit.errors import FieldError

NEEDS = ("wheelchair", "sign_language", "hearing", "sight", "assistance", "allergy")
MAX_NOTE = 1000
NOTHING_SAID = "Please tick or write what you need."
NO_CONSENT = "Without your consent we may not store this."


@dataclass(frozen=True)
class Needs:
    """Ticked `NEEDS` in their order, and words of one's own."""

    keys: Sequence[str]
    note: str


def ticked(keys: Sequence[str]) -> list[str]:
    """Those of the keys that there are, each once, in the order of the form."""
    return [key for key in NEEDS if key in keys]


def problems(needs: Needs, *, consent: bool) -> Iterator[FieldError]:
    if not needs.keys and not needs.note:
        yield FieldError("/needs", "required", NOTHING_SAID)
    if len(needs.note) > MAX_NOTE:
        yield FieldError("/note", "too_long", "Please use at most %(most)s characters.", {"most": MAX_NOTE})
    if not consent:
        yield FieldError("/consent", "required", NO_CONSENT)
