"""When a mail that did not go out is tried again, when it is given up, and which mail goes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

Trouble = Literal["refused", "deferred", "cut", "down"]
"""What went wrong. `refused`: this mail, for good. `deferred`: this mail, for now. `cut`: the connection broke while
it was handed over, so that it may have arrived. `down`: the server can't be used, whatever the mail."""

FIRST_DELAY = timedelta(seconds=10)
DELAY_FACTOR = 3
LONGEST_DELAY: Mapping[Trouble, timedelta] = {
    "deferred": timedelta(hours=6),
    "cut": timedelta(hours=6),
    "down": timedelta(minutes=5),  # it is not the mails' fault: they leave soon after the server is back
}
LEAST_TRIES = 8
PATIENCE = timedelta(days=2)

LEASE = timedelta(seconds=30)
BATCH = 25
UNLUCKY_IN_A_ROW = 10
"""So many troubles one after the other end a round: the server wants to be left alone for a moment."""

HEAD_START: Mapping[str, timedelta] = {"login-link": timedelta(hours=1)}
"""Kinds that somebody sits and waits for overtake what has been waiting for less than this."""

_CLOSING = 421
_TOO_LARGE = 552


def trouble_of(code: int, *, about_sender: bool = False) -> Trouble:
    """What an SMTP reply (RFC 5321, 4.2) that is not a success means for the mail.

    A refused sender address is our own setting and meets every mail, except where the size was refused with it.
    """
    if code // 100 == 5 and about_sender and code != _TOO_LARGE:  # noqa: PLR2004 - first digit: permanent
        return "down"
    if code // 100 == 5:  # noqa: PLR2004 - same
        return "refused"
    return "deferred" if code // 100 == 4 and code != _CLOSING else "down"  # noqa: PLR2004 - first digit: transient


def next_delay(trouble: Trouble, tries: int, age: timedelta) -> timedelta | None:
    """How long to wait after the `tries`-th try failed (10 s, 30 s, 90 s, …); None: give up.

    A mail is given up when it is refused for good, or after eight tries once it is two days old (`age`).
    """
    if trouble == "refused" or (tries >= LEAST_TRIES and age >= PATIENCE):
        return None
    growth: int = DELAY_FACTOR ** min(tries - 1, LEAST_TRIES)
    return min(FIRST_DELAY * growth, LONGEST_DELAY[trouble])
