"""Scanning at the door."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from benchmarks import stage
from benchmarks.figures import Figure
from benchmarks.load import CODE, ID, Order
from benchmarks.loads import Contest, hold
from benchmarks.record import post, record
from benchmarks.replay import Script
from benchmarks.world import World

PATH = "/api/v1/door/scans"
TICKETS = 6000
BATCH = 500


def scan(world: World) -> list[Figure]:
    """One code per request, each of another guest."""
    return hold(world, _contest(world, "scan", 1, offline=False))


def scan_batch(world: World) -> list[Figure]:
    """What a phone brings that was offline: 500 scans in one request."""
    (figure,) = hold(world, _contest(world, "scan-batch", BATCH, offline=True), clients=(1,))
    note = f"500 offline scans in {BATCH / figure.ours:.2f} s; {figure.note}"
    return [Figure(figure.name, figure.ours, figure.baseline, figure.ratio, figure.unit, note)]


def _contest(world: World, name: str, per_request: int, *, offline: bool) -> Contest:
    event = world.run(stage.new_event)
    headers = world.run(partial(stage.paired_device, event))
    tickets = sorted(world.run(partial(stage.issue_tickets, event, TICKETS)))  # batches are written in this order
    body = _body(per_request, offline=offline)
    parts = [tickets[n * per_request : (n + 1) * per_request] for n in (2, 0, 1)]
    world.run(stage.tidy_tables)
    _, first, second = world.run(lambda: record([post(PATH, _filled(body, part), headers) for part in parts]))
    _, port = world.serve_bare({name: Script(first, second, rows=tickets, per_request=per_request)})
    codes = [code for _, code in tickets]
    requests = TICKETS // per_request if per_request > 1 else 0
    return Contest(
        name,
        "scans/s",
        Order(world.settings.port, f"POST {PATH}", 1, body, headers, codes, requests=requests),
        Order(port, f"POST /replay/{name}", 1, body, headers, codes, requests=requests),
        lambda: world.run(stage.empty_house),
        per_request,
    )


def _body(scans: int, *, offline: bool) -> str:
    one: dict[str, Any] = {
        "id": ID,
        "code": CODE,
        "scanned_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "direction": "entry",
        "offline": offline,
        "shown": "admitted",
    }
    return json.dumps({"scans": [one] * scans})


def _filled(body: str, tickets: Sequence[tuple[UUID, str]]) -> str:
    for _, code in tickets:
        body = body.replace(CODE, code, 1).replace(ID, str(uuid4()), 1)
    return body
