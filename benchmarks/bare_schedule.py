"""The baseline of planning: CP-SAT with the natural model, as one would write it down first."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from ortools.sat.python import cp_model

from events_app.matchmaking.rules.schedule.board import Board, each

WORKERS = 2


class Found(NamedTuple):
    """`gaps` is None where there is no timetable (`proved`) or none was found."""

    gaps: int | None
    proved: bool
    seconds: float


def solve(board: Board, seconds: float) -> Found:
    """All meetings placed, the fewest gaps; for boards without optional meetings."""
    model = cp_model.CpModel()
    x = [{slot: model.new_bool_var("") for slot in each(allowed)} for allowed in board.allowed]
    for row in x:
        model.add_exactly_one(row.values())
    ends = [_participant(model, board, x, one) for one in range(len(board.capacity))]
    for slot in range(board.slots):
        model.add(sum(row[slot] for row in x if slot in row) <= board.tables)
    for late, others in enumerate(board.earlier):
        for early in others:
            model.add(_slot(x[late]) > _slot(x[early]))
    if board.spread is not None:
        least, most = model.new_int_var(0, board.slots, ""), model.new_int_var(0, board.slots, "")
        for one in ends:
            model.add(sum(one) >= least)
            model.add(sum(one) <= most)
        model.add(most - least <= board.spread)
    model.minimize(sum(end for one in ends for end in one))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = WORKERS
    status = solver.solve(model)
    found = round(solver.objective_value) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None
    return Found(found, status in (cp_model.OPTIMAL, cp_model.INFEASIBLE), solver.wall_time)


def _slot(row: dict[int, cp_model.IntVar]) -> cp_model.LinearExprT:
    return sum(slot * x for slot, x in row.items())


def _participant(
    model: cp_model.CpModel, board: Board, x: list[dict[int, cp_model.IntVar]], one: int
) -> list[cp_model.IntVar]:
    """Nobody in more meetings than they can hold; the literals of which each true one is the end of a gap."""
    used, begun, ends = [], [], []
    for slot in range(board.slots):
        here = [x[m][slot] for m in board.of[one] if slot in x[m]]
        model.add(sum(here) <= board.capacity[one])
        used.append(model.new_bool_var(""))
        model.add_max_equality(used[-1], [0, *here])
        begun.append(model.new_bool_var(""))
        model.add_max_equality(begun[-1], [used[-1], *begun[-2:-1]])
    for (before, now), started in zip(pairwise(used), begun, strict=False):
        ends.append(model.new_bool_var(""))
        model.add_bool_or(~started, before, ~now, ends[-1])
        model.add_implication(ends[-1], started)
        model.add_implication(ends[-1], ~before)
        model.add_implication(ends[-1], now)
    return ends
