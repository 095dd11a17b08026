"""When a mail that did not go out is tried again, when it is given up, and which mail goes first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import idna

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
BATCH = 50
UNLUCKY_IN_A_ROW = 10
"""So many troubles one after the other end a round: the server wants to be left alone for a moment."""

NOT_NEEDED = "not sent: "
"""How the last word on a parked mail begins if what it was about is gone: nobody has to look at it."""

UNHELD = frozenset({"login-link"})
"""Kinds that leave during a pause."""

UNREPEATED = frozenset({"login-link"})
"""Kinds of which a second one would be of no use: what they bring works once and for minutes."""

MASS = frozenset({"newsletter-issue", "reminder", "certificate"})
"""Kinds that come by the thousand and are in no hurry."""

_URGENT = timedelta(hours=1)
_AWAITED = timedelta(minutes=10)

_SECOND = timedelta(seconds=1)
_CLOSING = 421
_TOO_LARGE = 552
_MAILBOX = frozenset({550, 551, 553})
_ENHANCED = re.compile(r"\s*5\.(\d{1,3})\.(\d{1,3})\b")


def head_start(kind: str) -> timedelta:
    """A mail overtakes those that have been waiting for less than this: somebody sits there and waits for it."""
    if kind in MASS:
        return timedelta()
    return _URGENT if kind == "login-link" else _AWAITED


def is_bounce(code: int, words: str) -> bool:
    """Whether an answer to RCPT says that the address takes no mail: what RFC 3463 calls its addressing status.

    Not a full mailbox (5.2.2), nor what the server thinks of us: our sender (5.1.7, 5.1.8) or its policy (5.7.x).
    Without such a code, the three replies of RFC 5321 that speak of the mailbox alone count.
    """
    found = _ENHANCED.match(words)
    if found is None:
        return code in _MAILBOX
    return (found[1] == "1" and found[2] not in {"7", "8"}) or (found[1], found[2]) == ("2", "1")


def wire_address(address: str) -> str:
    """An address as every mail server takes it: `info@bücher.example` as `info@xn--bcher-kva.example` (RFC 5891).

    What stands before the @ has no such spelling: an address beyond ASCII there stays as it is (RFC 6531).
    """
    mailbox, at, domain = address.rpartition("@")
    if domain.isascii() or not mailbox.isascii():
        return address
    try:
        return f"{mailbox}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:  # no name that could be looked up
        return address


def batch(gap: timedelta | None) -> int:
    """How many mails a line takes at once; with a limit, no more than leave within a second or so."""
    return BATCH if gap is None else max(1, min(BATCH, int(_SECOND / gap)))


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
