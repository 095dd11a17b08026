"""The load: a lean HTTP/1.1 client in a process of its own, so that it costs the servers little.

`python -m benchmarks.load` reads one order (JSON) per line and answers each with one line of what it measured.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, cycle
from typing import cast
from uuid import uuid4

import msgspec
import uvloop

MARK, ID, CODE = "@MARK@", "@ID@", "@CODE@"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PLACES = re.compile(f"({MARK}|{ID}|{CODE})")
GRACE_SECONDS = 20


class Order(msgspec.Struct):
    """What to send, by how many clients at once, and when to stop: after `seconds`, or after `requests` in all.

    In `body`, `@MARK@` becomes a word that no other request has, each `@ID@` a new UUID, each `@CODE@` the next of
    `codes`. `refusable`: answers other than 2xx are expected.
    """

    port: int
    request: str
    clients: int
    body: str = ""
    headers: dict[str, str] = {}
    codes: list[str] = []
    seconds: float = 0
    requests: int = 0
    refusable: bool = False


class Report(msgspec.Struct):
    """`done` answers of status 2xx in `seconds`; times of one request in milliseconds; other answers by status."""

    done: int
    seconds: float
    median_ms: float
    p99_ms: float
    others: dict[str, int]
    sample: str

    @property
    def rate(self) -> float:
        return self.done / self.seconds


class Shop:
    """Makes the requests one by one and keeps the books."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.make = _maker(order)
        self.left = order.requests or sys.maxsize
        self.until = float("inf")
        self.times: list[float] = []
        self.others: Counter[str] = Counter()
        self.sample = ""

    def next(self) -> bytes | None:
        if self.left == 0 or time.perf_counter() >= self.until:
            return None
        self.left -= 1
        return self.make()

    def note(self, status: str, body: bytes, seconds: float) -> None:
        if time.perf_counter() > self.until:
            return
        if status.startswith("2"):
            self.times.append(seconds)
        else:
            self.others[status] += 1
            self.sample = self.sample or body[:300].decode(errors="replace")


class Client(asyncio.Protocol):
    """One keep-alive connection with one request under way."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.done = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        request = self.shop.next()
        if request is None:
            self.transport.close()
            return
        self.began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = _LENGTH.search(head)
        if length is not None and len(body) < int(length[1]):
            return
        self.buffer = b""
        self.shop.note(head[9:12].decode(), body, time.perf_counter() - self.began)
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            self.shop.note("lost", repr(error).encode(), 0)
        if not self.done.done():
            self.done.set_result(None)


def _maker(order: Order) -> Callable[[], bytes]:
    """A function that fills the places of the body; a request without places is the same each time."""
    marks, codes = _marks(), cycle(order.codes)
    fillers: dict[str, Callable[[], str]] = {ID: lambda: str(uuid4()), CODE: lambda: next(codes)}
    parts = _PLACES.split(order.body)
    head = _head(order)
    if len(parts) == 1:
        whole = head(len(order.body.encode())) + order.body.encode()
        return lambda: whole

    def make() -> bytes:
        mark = next(marks)
        filled = [mark if part == MARK else fillers[part]() if part in fillers else part for part in parts]
        body = "".join(filled).encode()
        return head(len(body)) + body

    return make


def _marks() -> Iterator[str]:
    begin = uuid4().hex[:8]
    return (f"{begin}{number}" for number in count())


def _head(order: Order) -> Callable[[int], bytes]:
    lines = [f"{order.request} HTTP/1.1", f"Host: 127.0.0.1:{order.port}"]
    lines += [f"{name}: {value}" for name, value in order.headers.items()]
    if not order.body:
        whole = "\r\n".join([*lines, "", ""]).encode()
        return lambda _: whole
    lines += ["Content-Type: application/json", "Content-Length: "]
    begin = "\r\n".join(lines).encode()
    return lambda length: begin + b"%d\r\n\r\n" % length


async def carry_out(order: Order) -> Report:
    shop, loop = Shop(order), asyncio.get_running_loop()
    clients = []
    for _ in range(order.clients):
        _, client = await loop.create_connection(lambda: Client(shop), "127.0.0.1", order.port)
        clients.append(client)
    began = time.perf_counter()
    shop.until = began + order.seconds if order.seconds else float("inf")
    for client in clients:
        client.send()
    async with asyncio.timeout((order.seconds or 60) + GRACE_SECONDS):
        await asyncio.gather(*(client.done for client in clients))
    return _report(shop, min(time.perf_counter(), shop.until) - began)


def _report(shop: Shop, seconds: float) -> Report:
    times = sorted(shop.times) or [0.0]
    return Report(
        done=len(shop.times),
        seconds=seconds,
        median_ms=1000 * times[len(times) // 2],
        p99_ms=1000 * times[int(len(times) * 0.99)],
        others=dict(shop.others),
        sample=shop.sample,
    )


def main() -> None:
    decoder = msgspec.json.Decoder(Order)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin:
            report = runner.run(carry_out(decoder.decode(line)))
            print(msgspec.json.encode(report).decode(), flush=True)


if __name__ == "__main__":
    main()
