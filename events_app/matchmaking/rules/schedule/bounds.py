"""How few gaps a participant can have whatever the others do: a bound that holds without any search."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from events_app.matchmaking.rules.schedule.board import Board

NEVER = 1 << 30


def least_gaps(board: Board) -> list[int]:
    """The fewest gaps of each participant in any plan that holds the required meetings, with any of the others."""
    return [_least(board, one, meetings) for one, meetings in enumerate(board.of)]


def _least(board: Board, one: int, meetings: Sequence[int]) -> int:
    """From its number of meetings, the slots they may have, and those they must have."""
    required = [m for m in meetings if board.required[m]]
    open_slots, forced = 0, 0
    for meeting in meetings:
        open_slots |= board.allowed[meeting]
    for meeting in required:
        allowed = board.allowed[meeting]
        forced |= allowed if allowed & (allowed - 1) == 0 else 0
    fewest = -(-len(required) // board.capacity[one])
    most = min(len(meetings), open_slots.bit_count())
    return fewest_gaps(board.slots, open_slots, forced, fewest, most)


@lru_cache(maxsize=4096)
def fewest_gaps(slots: int, open_slots: int, forced: int, fewest: int, most: int) -> int:
    """The fewest gaps of a set of `fewest` to `most` open slots with all forced ones in it; 0 if there is none.

    Dynamic programme over the slots: `idle[n]` and `held[n]` are the fewest runs with n slots taken so far, the
    last one not taken or taken.
    """
    idle, held = [NEVER] * (most + 1), [NEVER] * (most + 1)
    idle[0] = 0
    for slot in range(slots):
        leave = [min(pair) for pair in zip(idle, held, strict=True)]
        enter = [NEVER, *(min(a + 1, b) for a, b in zip(idle[:-1], held[:-1], strict=True))]
        idle = [NEVER] * (most + 1) if forced >> slot & 1 else leave
        held = enter if open_slots >> slot & 1 else [NEVER] * (most + 1)
    runs = min([*idle[fewest:], *held[fewest:]], default=NEVER)
    return max(runs - 1, 0) if runs < NEVER else 0
