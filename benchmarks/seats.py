"""Ways to take a seat of one busy event, measured in PostgreSQL alone (docs/decisions/0003)."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.world import World
from events_app.kit import db
from events_app.supervisor.postgres import binaries

SCRIPTS = Path(__file__).with_name("sql")
BASELINE = "first"
WAYS: Mapping[str, str] = {
    "last": "ours: read, write, then take what was read",
    "statement": "everything in one statement",
    "places": "a row per place, SKIP LOCKED",
}
_TPS = re.compile(r"tps = ([\d.]+)")


def seats(world: World) -> list[Figure]:
    """Transactions a second at each number of clients; the baseline locks the counter first and then writes."""
    _run(world, "setup")
    rates: dict[tuple[str, int], list[float]] = defaultdict(list)
    for number in range(world.pace.rounds):
        for clients in world.pace.clients:
            for script in _in_turn([BASELINE, *WAYS], number):
                rates[script, clients].append(_rate(world, script, clients))
    return [_figure(world, way, clients, rates) for way in WAYS for clients in world.pace.clients]


def _in_turn(scripts: Sequence[str], number: int) -> Sequence[str]:
    """Another one goes first in each round."""
    return [*scripts[number:], *scripts[:number]]


def _figure(world: World, way: str, clients: int, rates: Mapping[tuple[str, int], Sequence[float]]) -> Figure:
    name = "seats" if way == "last" else f"seats-{way}"
    shown = name if clients == world.pace.usual_clients else f"{name}-{clients}"
    pairs = list(zip(rates[way, clients], rates[BASELINE, clients], strict=True))
    return Figure.of(shown, pairs, "transactions/s", f"{clients} clients; {WAYS[way]}")


def _rate(world: World, script: str, clients: int) -> float:
    _run(world, "empty")
    options = ("-n", "-M", "prepared", "-j", "2", "-c", str(clients), "-T", "2")
    done = subprocess.run(
        [str(binaries() / "pgbench"), *options, "-f", str(SCRIPTS / f"{script}.sql"), world.settings.database_url],
        capture_output=True,
        text=True,
        check=True,
    )
    found = _TPS.search(done.stdout)
    assert found, done.stdout + done.stderr
    return float(found[1])


def _run(world: World, script: str) -> None:
    world.run(partial(db.execute, (SCRIPTS / f"{script}.sql").read_text()))
