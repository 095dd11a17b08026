"""That this process has been asked to stop: answers that would never end by themselves end then.

A server waits for answers under way before it tells the application that it stops, so streams must hear of it earlier:
`supervisor.serve` begins it with the signal.
"""

from __future__ import annotations

from collections.abc import Callable

_waiting: set[Callable[[], None]] = set()
_begun = False


def begun() -> bool:
    return _begun


def begin() -> None:
    """Tell all who asked to be called."""
    global _begun  # noqa: PLW0603 - a process stops once
    _begun = True
    for told in list(_waiting):
        told()


def call(told: Callable[[], None]) -> Callable[[], None]:
    """Have `told` called when it begins; gives what takes that back."""
    _waiting.add(told)
    return lambda: _waiting.discard(told)
