"""What web and worker hold of the memory after they have worked."""

from __future__ import annotations

import time
from functools import partial

import msgspec

from benchmarks import stage
from benchmarks.figures import Figure
from benchmarks.load import Order
from benchmarks.world import World, pss_mib, python
from events_app.events.queries import EventRow
from events_app.kit import db

PATIENCE_SECONDS = 60


def memory(world: World) -> list[Figure]:
    """After a rush of registrations and readers and mails with tickets as PDF. The baseline, a bare handler and a
    bare arq worker with their connections, has done nothing."""
    world.stop_baseline()
    _work(world)
    ours = pss_mib(world.web), pss_mib(world.worker)
    handler, _ = world.serve_bare()
    worker = world.start(python("benchmarks.bare_worker", world.settings.queue_url, folder=world.settings.data_dir))
    time.sleep(2)
    baseline = pss_mib(handler) + pss_mib(worker)
    note = f"PSS of web {ours[0]:.0f} + worker {ours[1]:.0f}; less is better"
    return [Figure.of("memory", [(sum(ours), baseline)], "MiB", note)]


def _work(world: World) -> None:
    event = world.run(stage.new_event)
    path, port = f"/events/{event.slug}", world.settings.port
    rush = Order(port, f"POST /api/v1{path}/registrations", 32, stage.registration(), seconds=world.pace.seconds)
    world.load(rush)
    world.load(msgspec.structs.replace(rush, request=f"GET {path}", body=""))
    _wait_for_mails(world, event)


def _wait_for_mails(world: World, event: EventRow) -> None:
    sent = partial(db.fetch_value, "SELECT count(*) FROM outbox_mail WHERE event_id = $1 AND status = 'sent'", event.id)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while world.run(sent) < world.pace.mails:
        assert time.monotonic() < deadline, "the worker sends no mail"
        time.sleep(0.2)
