"""The page that everybody looks at before an event."""

from __future__ import annotations

import http.client

from benchmarks import stage
from benchmarks.bare import Page
from benchmarks.figures import Figure
from benchmarks.load import Order
from benchmarks.loads import Contest, hold
from benchmarks.world import World

AS_BROWSERS_ASK = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br", "Accept-Language": "de,en;q=0.5"}


def event_page(world: World) -> list[Figure]:
    """The event's page for a reader who has not been there before; the baseline sends the finished page's bytes."""
    event = world.run(stage.new_event)
    path = f"/events/{event.slug}"
    page = _fetched(world.settings.port, path)
    assert page.body[:2] == b"\x1f\x8b", "not gzipped"
    _, port = world.serve_bare(pages={"event": page})
    ours = Order(world.settings.port, f"GET {path}", 1, headers=AS_BROWSERS_ASK)
    baseline = Order(port, "GET /page/event", 1, headers=AS_BROWSERS_ASK)
    note = f"{len(page.body) / 1024:.1f} KiB gzipped"
    return hold(world, Contest("event-page", "pages/s", ours, baseline, world.drop_mail), note=note)


def _fetched(port: int, path: str) -> Page:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers=AS_BROWSERS_ASK)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return Page(answer.read(), {"Content-Encoding": "gzip"})
