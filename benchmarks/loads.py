"""The same load on ours and on the baseline, by one, eight and 32 clients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from benchmarks import stage
from benchmarks.figures import Figure, side_by_side
from benchmarks.load import Order, Report
from benchmarks.world import World

Pairs = Sequence[tuple[Report, Report]]


@dataclass(frozen=True)
class Contest:
    """Two orders to compare. `between` comes before each phase; one request brings `per_request` units."""

    name: str
    unit: str
    ours: Order
    baseline: Order
    between: Callable[[], None]
    per_request: int = 1


def hold(world: World, contest: Contest, clients: Sequence[int] = (), note: str = "") -> list[Figure]:
    """Figures `name` for eight clients (else the most) and `name-N` for each other number of clients."""
    counts = clients or world.pace.clients
    _warm_up(world, contest)
    pairs: dict[int, list[tuple[Report, Report]]] = {count: [] for count in counts}
    for number in range(world.pace.rounds):
        for count in counts:
            pairs[count].append(side_by_side(number, *_phases(world, contest, count)))
    usual = 8 if 8 in counts else max(counts)
    figures = [_figure(contest, contest.name, usual, pairs[usual], note)]
    for count in sorted(set(counts) - {usual}):
        scaling = median(one.rate / other.rate for (one, _), (other, _) in zip(pairs[count], pairs[usual], strict=True))
        figures.append(
            _figure(contest, f"{contest.name}-{count}", count, pairs[count], f"{scaling:.2f} of {usual} clients")
        )
    return figures


def _warm_up(world: World, contest: Contest) -> None:
    """Fill caches and statement plans, on tables that PostgreSQL knows."""
    for _ in range(2):
        for order in (contest.ours, contest.baseline):
            contest.between()
            world.load(msgspec.structs.replace(order, clients=4, requests=0, seconds=world.pace.seconds / 4))
        world.run(stage.tidy_tables)


def _phases(world: World, contest: Contest, clients: int) -> tuple[Callable[[], Report], Callable[[], Report]]:
    def phase(order: Order) -> Callable[[], Report]:
        def measure() -> Report:
            contest.between()
            seconds = 0 if order.requests else world.pace.seconds
            return world.load(msgspec.structs.replace(order, clients=clients, seconds=seconds))

        return measure

    return phase(contest.ours), phase(contest.baseline)


def _figure(contest: Contest, name: str, clients: int, pairs: Pairs, note: str) -> Figure:
    rates = [(one.rate * contest.per_request, other.rate * contest.per_request) for one, other in pairs]
    p50, p99 = (median(getattr(one, field) for one, _ in pairs) for field in ("median_ms", "p99_ms"))
    times = f"{clients} client{'s' * (clients > 1)}, {p50:.1f} ms (p99 {p99:.0f})"
    return Figure.of(name, rates, contest.unit, "; ".join(filter(None, (times, note))))
