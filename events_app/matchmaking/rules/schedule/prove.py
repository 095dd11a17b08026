"""The exact search: the greatest score, then the fewest moves, then the fewest gaps, with a proof of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from events_app.matchmaking.rules.schedule.board import Board
from events_app.matchmaking.rules.schedule.bounds import least_gaps
from events_app.matchmaking.rules.schedule.encode import Encoding
from events_app.matchmaking.rules.schedule.minimise import Minimiser, OutOfConflictsError
from events_app.matchmaking.rules.schedule.news import News

GLUCOSE, CADICAL = "g4", "cd19"
SHRINKS = 5000  # conflicts spent on leaving one participant out of an explanation

Say = Callable[[News], object]


def prove(board: Board, home: Sequence[int], conflicts: int | None, say: Say, *, climb: bool = False) -> None:
    """Search until all is proved or the conflicts are spent.

    `home`: slots (or NOWHERE) to be kept where that costs no score. `climb`: look for the fewest gaps number by number
    from below, instead of by cores; the two find different problems hard.
    """
    search = Minimiser(conflicts, CADICAL if climb else GLUCOSE)
    encoding = Encoding(board, search.solver.add_clause)
    moves = _moves(encoding, home)
    search.last = encoding.last
    if home:  # else the solver finds its way faster alone
        search.solver.set_phases(encoding.phases(home))
    try:
        if search.solvable():
            _improve(search, encoding, moves, say, climb=climb)
        else:
            say(News("infeasible"))
            _explain(board, say)
    except OutOfConflictsError:
        return


def _improve(search: Minimiser, encoding: Encoding, moves: Mapping[int, int], say: Say, *, climb: bool) -> None:
    board = encoding.board

    def found(model: Sequence[int]) -> None:
        say(News("plan", slots=encoding.slots(model)))

    def bounded(bound: int) -> None:
        say(News("bound", bound=bound))

    found(search.model)
    missing = {-placed: board.worth[m] for m, placed in enumerate(encoding.placed) if placed is not None}
    search.minimise(missing, found, _nothing)
    search.minimise(moves, found, _nothing)
    if climb:
        search.climb(encoding.gap, sum(least_gaps(board)), bounded)
        found(search.model)
    else:
        search.minimise(dict.fromkeys(encoding.gap, 1), found, bounded)
    say(News("optimal"))


def _nothing(_: int) -> None:
    """Bounds of what comes before the gaps are not told."""


def _moves(encoding: Encoding, home: Sequence[int]) -> dict[int, int]:
    """One literal for each meeting with an old slot, true if it stands elsewhere."""
    moves: dict[int, int] = {}
    for meeting, slot in enumerate(home):
        x, placed = encoding.x[meeting].get(slot), encoding.placed[meeting]
        if x is not None and placed is None:
            moves[-x] = 1
        elif x is not None and placed is not None:
            moved = encoding.new()
            encoding.add([-placed, x, moved])
            moves[moved] = 1
    return moves


def _explain(board: Board, say: Say) -> None:
    """Whose demands clash: a core of participants, made smaller one by one."""
    search = Minimiser(None)
    encoding = Encoding(board, search.solver.add_clause, guarded=True)
    guards = [guard for one, guard in enumerate(encoding.guard) if guard is not None and board.of[one]]
    guards += [guard for guard in (encoding.guard_tables, encoding.guard_spread) if guard is not None]
    core = _core(search, guards, None)
    if core is None:
        return
    say(_clash(encoding, core))
    for guard in core:
        smaller = _core(search, [one for one in core if one != guard], SHRINKS) if guard in core else None
        if smaller is not None:
            core = [one for one in core if one in smaller]
            say(_clash(encoding, core))


def _core(search: Minimiser, assumed: list[int], conflicts: int | None) -> list[int] | None:
    """The assumptions that can't hold together; None if they can, or if the conflicts did not suffice to tell."""
    if conflicts is not None:
        search.solver.conf_budget(conflicts)
        answer = search.solver.solve_limited(assumptions=assumed)
    else:
        answer = search.solver.solve(assumptions=assumed)
    return None if answer is not False else list(search.solver.get_core() or [])


def _clash(encoding: Encoding, core: Sequence[int]) -> News:
    return News(
        "clash",
        participants=[one for one, guard in enumerate(encoding.guard) if guard in core],
        tables=encoding.guard_tables in core,
        spread=encoding.guard_spread in core,
    )
