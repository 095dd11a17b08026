"""The least sum of weights of literals, by cores: OLL (Morgado, Dodaro, Marques-Silva, CP 2014), as in RC2 (2019).

Literals are assumed false; a core that can't be so raises the proved lower bound by its least weight and is replaced
by counting: of its literals one more may be true at no further cost. Levels are minimised one after another; what is
settled becomes part of the formula, so the next one is minimised among the best of all before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pysat.card import ITotalizer
from pysat.solvers import Solver

TRIALS = 1000  # conflicts spent on leaving one literal out of a core, or on raising a core's bound by one
TRIED = 60  # literals; larger cores are left as they are


class OutOfConflictsError(Exception):
    """The conflicts allowed for the proof are spent."""


class Sum(NamedTuple):
    """One output of a counter: true if more than `bound` of its literals are."""

    counter: ITotalizer
    bound: int


class Minimiser:
    """One solver, minimised level by level; `found` is told each model, `bounded` each better lower bound."""

    def __init__(self, conflicts: int | None, solver: str = "g4") -> None:
        self.solver = Solver(name=solver)
        self.last, self.conflicts = 0, conflicts
        self.weight: dict[int, int] = {}
        self.sums: dict[int, Sum] = {}
        self.model: list[int] = []
        self.core: list[int] = []

    def solvable(self) -> bool:
        """Whether there is any model at all; it is kept in `model`."""
        return self._solve([])

    def minimise(
        self, weights: Mapping[int, int], found: Callable[[list[int]], object], bounded: Callable[[int], object]
    ) -> int:
        """The least sum of the weights of true literals; then it is held for all that comes after.

        Needs a model: call `solvable` before. Raises `OutOfConflictsError`.
        """
        self.weight = {-literal: weight for literal, weight in weights.items() if weight > 0}
        self.sums, bound, step = {}, 0, max(self.weight.values(), default=0)
        while self.weight:
            if self._solve([literal for literal, weight in self.weight.items() if weight >= step]):
                found(self.model)
                if all(weight >= step for weight in self.weight.values()):
                    break
                step = self._next_step(step)
            else:
                bound += self._relax(self._small(self.core))
                bounded(bound)
        for literal in self.weight:
            self.solver.add_clause([literal])
        return bound

    def climb(self, literals: list[int], start: int, bounded: Callable[[int], object]) -> None:
        """As few true literals as there can be, left in `model`: asks for each number from `start`, which is proved.

        Where there are few, this is many times quicker than by cores: the last question, which has an answer, is one
        among few assumptions. Needs a model: call `solvable` before. Raises `OutOfConflictsError`.
        """
        if len(literals) <= start:
            return
        counter = ITotalizer(literals, ubound=start, top_id=self.last)
        self.last = max(self.last, counter.top_id)
        for clause in counter.cnf.clauses:
            self.solver.add_clause(clause)
        for bound in range(start, len(literals)):
            if self._solve([-self._output(counter, bound)]):
                return
            bounded(bound + 1)

    def _next_step(self, step: int) -> int:
        """Down to the weights that are at least half the greatest of those left out so far."""
        below = max(weight for weight in self.weight.values() if weight < step)
        return min(weight for weight in self.weight.values() if 2 * weight > below)

    def _relax(self, core: list[int]) -> int:
        """Replace the literals of a core by their count; the weight by which the bound rises."""
        least = min(self.weight[literal] for literal in core)
        for literal in core:
            self.weight[literal] -= least
            if not self.weight[literal]:
                del self.weight[literal]
            if literal in self.sums:
                self._count_on(self.sums[literal], least)
        if len(core) == 1:
            self.solver.add_clause([-core[0]])
            return least
        return least * self._count(core, least)

    def _count(self, core: list[int], weight: int) -> int:
        """Count a new core; how many of its literals are known to be true."""
        counter = ITotalizer([-literal for literal in core], ubound=2, top_id=self.last)
        self.last = max(self.last, counter.top_id)
        for clause in counter.cnf.clauses:
            self.solver.add_clause(clause)
        known = 1
        while known < len(core) and self._solve_shortly([-self._output(counter, known)]) is False:
            known += 1
        self.solver.add_clause([counter.rhs[known - 1]])
        if known < len(core):
            self._demand(Sum(counter, known), weight)
        return known

    def _count_on(self, sum_: Sum, weight: int) -> None:
        if sum_.bound + 1 < len(sum_.counter.lits):
            self._demand(Sum(sum_.counter, sum_.bound + 1), weight)

    def _demand(self, sum_: Sum, weight: int) -> None:
        literal = -self._output(sum_.counter, sum_.bound)
        self.sums[literal] = sum_
        self.weight[literal] = self.weight.get(literal, 0) + weight

    def _output(self, counter: ITotalizer, bound: int) -> int:
        """The literal "more than `bound`", with the clauses that make it true."""
        if bound >= len(counter.rhs) or bound > counter.ubound:
            counter.increase(ubound=bound, top_id=self.last)
            self.last = max(self.last, counter.top_id)
            for clause in counter.cnf.clauses[-counter.nof_new :] if counter.nof_new else ():
                self.solver.add_clause(clause)
        return int(counter.rhs[bound])

    def _small(self, core: list[int]) -> list[int]:
        """Without literals that a short trial shows to be needless."""
        kept = sorted(core, key=lambda literal: (self.weight[literal], abs(literal)))
        for literal in list(kept) if 1 < len(kept) <= TRIED else ():
            rest = [one for one in kept if one != literal]
            if literal in kept and rest and self._solve_shortly(rest) is False:
                kept = [one for one in rest if one in set(self.core)]
        return kept

    def _solve_shortly(self, assumed: list[int]) -> bool | None:
        self.solver.conf_budget(TRIALS)
        answer = self.solver.solve_limited(assumptions=assumed)
        if answer is False:
            self.core = list(self.solver.get_core() or [])
        return answer if answer is None else bool(answer)

    def _solve(self, assumed: list[int]) -> bool:
        if self.conflicts is None:
            answer = self.solver.solve(assumptions=assumed)
        else:
            self.solver.conf_budget(max(1, self.conflicts - self.spent))
            answer = self.solver.solve_limited(assumptions=assumed)
        if answer is None:
            raise OutOfConflictsError
        if answer:
            self.model = self.solver.get_model()
        else:
            self.core = list(self.solver.get_core() or [])
        return bool(answer)

    @property
    def spent(self) -> int:
        return int(self.solver.accum_stats()["conflicts"])
