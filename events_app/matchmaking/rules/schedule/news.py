"""What the exact search tells while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec


class News(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the search has found so far.

    `plan`: a timetable (`slots`); `bound`: no plan that is the best in all before gaps has fewer gaps than this;
    `optimal`: the last plan is; `infeasible`: there is none; `clash`: the demands of these participants alone (and
    of the tables, and of fairness) can't be met together.
    """

    kind: Literal["plan", "bound", "optimal", "infeasible", "clash"]
    slots: Sequence[int] = ()
    bound: int = 0
    participants: Sequence[int] = ()
    tables: bool = False
    spread: bool = False
