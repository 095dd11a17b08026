"""Mail that is owed, drained by one worker to a local sink, beside a bare aiosmtplib loop over the same sink."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import msgspec

from benchmarks import stage
from benchmarks.figures import Figure, side_by_side
from benchmarks.load import MARK
from benchmarks.world import CHECKOUT, World, child, free_port, ours, pss_mib, python
from events_app.kit import db
from events_app.outbox.service import NewMail, claims, delivery, queue
from events_app.registration import service as registrations
from events_app.registration.schemas import RegistrationIn
from workers.outbox import COMPOSERS

PEOPLE = 5
WARM = 0.2
"""Of the mails, so much is not measured: imports, caches, and the memory that is compared with that of the end."""
PATIENCE_SECONDS = 600
TABLE = "outbox_mail"


def mail_drain(world: World) -> list[Figure]:
    """Confirmations to contacts: HTML and text, no files. What a newsletter costs, too."""
    return [_drained(world, "mail-drain", "registration-confirmed", world.pace.drained)]


def mail_drain_tickets(world: World) -> list[Figure]:
    """Tickets: with QR, PDF and invitation, each another person's."""
    return [_drained(world, "mail-drain-tickets", "ticket", max(20, world.pace.drained // 20))]


def _drained(world: World, name: str, kind: str, mails: int) -> Figure:
    port, sizes = free_port(), list[str]()
    sink = world.start(python("benchmarks.mail_sink", str(port), folder=world.settings.data_dir))
    _wait_for(port)
    with _without_worker(world):
        letters = world.run(partial(_letters, kind, mails))
        file = world.settings.data_dir / f"{kind}.eml"
        file.write_bytes(world.run(partial(_composed, letters[0])))
        pairs = [
            side_by_side(number, lambda: _ours(world, port, letters, sizes), lambda: _bare(port, mails, file))
            for number in range(world.pace.rounds)
        ]
    sink.stop(1)
    note = f"{mails} mails of {file.stat().st_size / 1024:.0f} KiB, 1 worker; its memory {', '.join(sizes)} MiB"
    return Figure.of(name, pairs, "mails/s", note)


@contextmanager
def _without_worker(world: World) -> Iterator[None]:
    """The world's own would take mails for its catcher."""
    world.worker.stop(8)
    world.drop_mail()
    try:
        yield
    finally:
        world.drop_mail()
        world.worker.spawn()


async def _letters(kind: str, mails: int) -> list[NewMail]:
    """What registrations of `PEOPLE` each queue, of this kind; repeated if that many people would take too long."""
    event = await stage.new_event()
    people = min(mails, 500)
    for number in range(-(-people // PEOPLE)):
        body = stage.registration(PEOPLE).replace(MARK, f"m{number}")
        await registrations.register(event.slug, msgspec.json.decode(body, type=RegistrationIn), source="api")
    rows = await db.fetch(f"SELECT * FROM {TABLE} WHERE kind = $1 ORDER BY id", kind)  # noqa: S608 - own name
    await db.execute(f"DELETE FROM {TABLE}")  # noqa: S608 - same
    fields = ("kind", "recipient", "language", "event_id", "registration_id", "attendee_id")
    return list(islice(cycle([NewMail(**{name: row[name] for name in fields}) for row in rows]), mails))


async def _composed(letter: NewMail) -> bytes:
    """The bytes that the worker would send."""
    await queue([letter])
    [mail] = (await claims.claim(1)).mails
    content = await delivery.content_of(COMPOSERS, mail)
    await db.execute(f"DELETE FROM {TABLE}")  # noqa: S608 - same
    assert isinstance(content, bytes), content
    return content


def _ours(world: World, port: int, letters: list[NewMail], sizes: list[str]) -> float:
    """Mails per second between the warm mark and the end."""
    world.run(partial(_queue, letters))
    worker = ours("worker", world.settings)
    worker.environment = {
        **(worker.environment or {}),
        "CLUSTERTREFF_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "CLUSTERTREFF_ENV": "production",
        "CLUSTERTREFF_BASE_URL": "https://benchmark.example",
    }
    with child(worker):
        warm = _wait_until_sent(world, int(len(letters) * WARM))
        before = pss_mib(worker)
        _wait_until_sent(world, len(letters))
        sizes.append(f"{before:.0f} → {pss_mib(worker):.0f}")
    rate: float = world.run(partial(_rate, warm))
    return rate


async def _queue(letters: list[NewMail]) -> None:
    await db.execute(f"TRUNCATE {TABLE} CASCADE")
    for start in range(0, len(letters), 1000):
        await queue(letters[start : start + 1000])
    await db.execute(f"VACUUM ANALYZE {TABLE}")


def _wait_until_sent(world: World, mails: int) -> int:
    """How many are sent by then, a few more than asked for."""
    sent = partial(db.fetch_value, f"SELECT count(*) FROM {TABLE} WHERE status = 'sent'")  # noqa: S608 - same
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := int(world.run(sent))) < mails:
        assert time.monotonic() < deadline, "the worker sends no mail"
        time.sleep(0.5)
    return found


async def _rate(warm: int) -> float:
    """By the times that stand at the mails, from the warm mark on; few of them may stand at the same moment."""
    return float(
        await db.fetch_value(
            f"""SELECT count(*) / greatest(extract(epoch FROM max(sent_at) - min(sent_at)), 0.001) FROM (
                  SELECT sent_at FROM {TABLE} WHERE status = 'sent' ORDER BY sent_at OFFSET $1) AS later""",  # noqa: S608 - same
            warm if warm < await db.fetch_value(f"SELECT count(*) FROM {TABLE}") else 0,  # noqa: S608 - same
        )
    )


def _bare(port: int, mails: int, file: Path) -> float:
    argv = [sys.executable, "-m", "benchmarks.bare_mail", str(port), str(mails), str(file)]
    done = subprocess.run(argv, cwd=CHECKOUT, env=os.environ, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the sink does not listen"
            time.sleep(0.1)
        else:
            return
