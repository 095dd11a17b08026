"""From the command to the first page."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.bare import Plan
from benchmarks.figures import Figure, side_by_side
from benchmarks.world import START_SECONDS, World, answers, bare, child, free_port, ours, private_folder
from events_app.kit import db
from events_app.kit.settings import Settings
from events_app.supervisor.postgres import embedded_postgres
from events_app.supervisor.valkey import embedded_valkey

STOP_SECONDS = 12.0
NOTE = "less is better; the baseline has servers and a handler, but no schema and no demo data"


def first_page(world: World) -> list[Figure]:
    """Seconds from `clustertreff up` to the home page, on an empty data directory and on the same once more."""
    world.drop_mail()
    firsts: list[tuple[float, float]] = []
    seconds: list[tuple[float, float]] = []
    for number in range(world.pace.rounds):
        with private_folder() as ours_folder, private_folder() as bare_folder:
            for pairs in (firsts, seconds):
                pairs.append(side_by_side(number, lambda: _up(Path(ours_folder)), lambda: _bare(Path(bare_folder))))
    return [Figure.of("first-page", firsts, "s", NOTE), Figure.of("second-start", seconds, "s", NOTE)]


def _up(folder: Path) -> float:
    now = Settings(data_dir=folder, port=free_port())
    process = ours("up", now)
    began = time.perf_counter()
    process.spawn()
    try:
        process.wait_until(lambda: answers(now.port, "/"), START_SECONDS)
        return time.perf_counter() - began
    finally:
        process.stop(STOP_SECONDS)


def _bare(folder: Path) -> float:
    began = time.perf_counter()
    with embedded_postgres(folder) as dsn, embedded_valkey(folder):
        plan = Plan(free_port(), dsn, db.POOL_SIZE)
        with child(bare(plan, folder), plan.port):
            return time.perf_counter() - began
