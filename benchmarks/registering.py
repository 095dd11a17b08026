"""Registering for one busy event."""

from __future__ import annotations

from functools import partial

from benchmarks import stage
from benchmarks.figures import Figure
from benchmarks.load import MARK, Order
from benchmarks.loads import Contest, hold
from benchmarks.record import post, record
from benchmarks.replay import Recording, Script
from benchmarks.world import World
from events_app.events.queries import EventRow
from events_app.kit import db

MARKS = ("aaaa1111", "bbbb2222")
SEATS = 100
RUSH_REQUESTS = 400
RUSH_CLIENTS = 100
MOST_STATEMENTS = 12


def registration(world: World) -> list[Figure]:
    """A company and two people in a request, seats for all."""
    event = world.run(partial(stage.new_event, capacity=1_000_000))
    figures = hold(world, _contest(world, "registration", event), note=f"{stage.PEOPLE} people each")
    world.run(partial(_check_seats, event))
    return figures


def registration_waiting(world: World) -> list[Figure]:
    """The seats are gone, everybody gets a place in line; and 400 requests at once for 100 seats."""
    rush = _rush(world)
    event = world.run(partial(stage.new_event, capacity=stage.PEOPLE))
    world.load(Order(world.settings.port, f"POST {_path(event)}", 1, stage.registration(), requests=1))
    figures = hold(world, _contest(world, "registration-waiting", event), (world.pace.clients[-1],), note=rush)
    world.run(partial(_check_seats, event))
    return figures


def statements(world: World) -> list[Figure]:
    """How often one registration asks the database for something, BEGIN and COMMIT counted."""
    event = world.run(stage.new_event)
    count = len(_recorded(world, event)[1].statements)
    note = "less is better; the baseline is the aim"
    return [Figure.of("statements", [(count, MOST_STATEMENTS)], "statements", note)]


def _contest(world: World, name: str, event: EventRow) -> Contest:
    _, first, second = _recorded(world, event)
    _, port = world.serve_bare({name: Script(first, second, MARKS)})
    ours = Order(world.settings.port, f"POST {_path(event)}", 1, stage.registration())
    baseline = Order(port, f"POST /replay/{name}", 1, stage.registration())
    return Contest(name, "requests/s", ours, baseline, world.drop_mail)


def _recorded(world: World, event: EventRow) -> list[Recording]:
    """The first of three requests also opens connections and is not used."""
    bodies = [stage.registration().replace(MARK, mark) for mark in ("warm", *MARKS)]
    return world.run(lambda: record([post(_path(event), body) for body in bodies]))


def _rush(world: World) -> str:
    """What 400 requests at once make of 100 seats."""
    event = world.run(partial(stage.new_event, capacity=SEATS))
    body = stage.registration(people=1)
    report = world.load(Order(world.settings.port, f"POST {_path(event)}", RUSH_CLIENTS, body, requests=RUSH_REQUESTS))
    places = dict(world.run(partial(_check_seats, event)))
    assert places == {"confirmed": SEATS, "waiting": RUSH_REQUESTS - SEATS}, places
    told = ", ".join(f"{count} {status}" for status, count in sorted(places.items()))
    return f"{RUSH_REQUESTS} registrations for {SEATS} seats, {RUSH_CLIENTS} at once: {told} in {report.seconds:.1f} s"


async def _check_seats(event: EventRow) -> list[tuple[str, int]]:
    """Never more than there are, every taken one counted, and nobody left out of the line."""
    rows = await db.fetch("SELECT status, count(*) FROM attendee WHERE event = $1 GROUP BY status", event.id)
    counted = {row["status"]: row["count"] for row in rows}
    seats = await db.fetch_row("SELECT capacity, taken FROM event_seats WHERE event = $1", event.id)
    assert seats is not None
    assert counted["confirmed"] <= seats["capacity"], counted
    return list(counted.items())


def _path(event: EventRow) -> str:
    return f"/api/v1/events/{event.slug}/registrations"
