"""`python -m benchmarks [--quick] [--out FILE] [NAME…]`: measure, print one table, write it to `latest.json`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import figures
from benchmarks.camera import door_camera
from benchmarks.door import scan, scan_batch
from benchmarks.feed import feed
from benchmarks.figures import QUICK, Figure, Pace
from benchmarks.joining import joining
from benchmarks.mail import mail_drain, mail_drain_tickets
from benchmarks.matching import matching_score, matching_select
from benchmarks.memory import memory
from benchmarks.pages import event_page
from benchmarks.played import played
from benchmarks.registering import registration, registration_waiting, statements
from benchmarks.schedule import schedule_loose, schedule_real
from benchmarks.seats import seats
from benchmarks.start import first_page
from benchmarks.world import World, world
from events_app.supervisor.signals import stops_interrupt

BENCHMARKS: Mapping[str, Callable[[World], list[Figure]]] = {
    "registration": registration,
    "registration-waiting": registration_waiting,
    "scan": scan,
    "scan-batch": scan_batch,
    "door-camera": door_camera,
    "event-page": event_page,
    "seats": seats,
    "mail-drain": mail_drain,
    "mail-drain-tickets": mail_drain_tickets,
    "statements": statements,
    "memory": memory,
    "first-page": first_page,
    "played": played,
    "feed": feed,
    "matching-select": matching_select,
    "matching-score": matching_score,
    "schedule-real": schedule_real,
    "schedule-loose": schedule_loose,
    "join": joining,
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="only show that it runs")
    parser.add_argument("--out", type=Path, default=figures.LATEST)
    chosen = parser.parse_args(argv)
    unknown = set(chosen.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    found = measure(chosen.names or list(BENCHMARKS), QUICK if chosen.quick else Pace())
    print(figures.table(found))
    figures.write(found, chosen.out)


def measure(names: Sequence[str], pace: Pace) -> list[Figure]:
    found: list[Figure] = []
    with stops_interrupt(), world(pace) as running:
        for name in names:
            began, load = time.monotonic(), os.getloadavg()[0]
            found += BENCHMARKS[name](running)
            print(f"{name}: {time.monotonic() - began:.0f} s, load before {load:.1f}", flush=True)
    return found


if __name__ == "__main__":
    main()
