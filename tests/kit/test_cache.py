from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass

import pytest
from litestar import Request, Response, get
from litestar.testing import create_async_test_client

from events_app.kit.http.cache import Keeper, Ready, answer


@dataclass
class Writer:
    """Writes `1`, `2`, `3` … and counts how often it was asked; as slow as it is told."""

    pause: float = 0.0
    written: int = 0
    fails: bool = False

    async def __call__(self) -> bytes:
        self.written += 1
        await asyncio.sleep(self.pause)
        if self.fails:
            raise LookupError
        return str(self.written).encode()


@dataclass
class Hands:
    """A clock and a version set by hand."""

    seconds: float = 0.0
    version: int = 0

    def keeper(self, **limits: int) -> Keeper:
        return Keeper(version=lambda: self.version, elapsed=lambda: self.seconds, **limits)


async def test_page_is_written_once_while_it_is_fresh() -> None:
    hands, write = Hands(), Writer()
    keeper = hands.keeper()
    first = await keeper.get("a", write)
    hands.seconds = 0.99
    assert await keeper.get("a", write) is first
    assert write.written == 1


async def test_page_is_written_anew_when_its_second_is_over() -> None:
    hands, write = Hands(), Writer()
    keeper = hands.keeper()
    await keeper.get("a", write)
    hands.seconds = 1.0
    assert (await keeper.get("a", write)).body == b"2"


async def test_fifty_readers_at_once_cost_one_writing() -> None:
    keeper, write = Hands().keeper(), Writer(pause=0.02)
    pages = await asyncio.gather(*(keeper.get("a", write) for _ in range(50)))
    assert write.written == 1
    assert {page.body for page in pages} == {b"1"}


async def test_pages_of_other_keys_are_others() -> None:
    keeper, write = Hands().keeper(), Writer()
    assert {(await keeper.get(key, write)).body for key in ("a", "b")} == {b"1", b"2"}


async def test_change_in_this_process_is_seen_at_once() -> None:
    hands, write = Hands(), Writer()
    keeper = hands.keeper()
    await keeper.get("a", write)
    hands.version += 1
    assert (await keeper.get("a", write)).body == b"2"


async def test_reader_after_a_change_does_not_get_the_writing_begun_before_it() -> None:
    hands, write = Hands(), Writer(pause=0.02)
    keeper = hands.keeper()
    early = asyncio.create_task(keeper.get("a", write))
    await asyncio.sleep(0)
    hands.version += 1
    late = await keeper.get("a", write)
    assert late is not await early
    assert write.written == 2


async def test_rush_of_changes_costs_a_bounded_number_of_writings() -> None:
    hands, write = Hands(), Writer()
    keeper = hands.keeper(rewrites=5)
    for step in range(100):
        hands.version, hands.seconds = step, step / 200
        await keeper.get("a", write)
    assert write.written == 5
    hands.seconds = 1.5
    await keeper.get("a", write)
    hands.version += 1
    await keeper.get("a", write)
    assert write.written == 7


async def test_failure_reaches_every_reader_and_is_not_kept() -> None:
    keeper, write = Hands().keeper(), Writer(pause=0.01, fails=True)
    results = await asyncio.gather(*(keeper.get("a", write) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    assert len(keeper) == 0
    write.fails = False
    assert (await keeper.get("a", write)).body == b"2"


async def test_reader_who_leaves_does_not_spoil_the_page_for_the_others() -> None:
    keeper, write = Hands().keeper(), Writer(pause=0.02)
    leaving = asyncio.create_task(keeper.get("a", write))
    staying = asyncio.create_task(keeper.get("a", write))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).body == b"1"
    assert leaving.cancelled()


async def test_keeper_forgets_what_was_written_longest_ago() -> None:
    keeper, write = Hands().keeper(most=3), Writer()
    for number in range(10):
        await keeper.get(number, write)
    assert len(keeper) == 3
    await keeper.get(9, write)
    assert write.written == 10


async def test_clear_forgets_everything() -> None:
    keeper, write = Hands().keeper(), Writer()
    await keeper.get("a", write)
    keeper.clear()
    assert (await keeper.get("a", write)).body == b"2"


def test_same_body_has_the_same_etag_and_bytes() -> None:
    assert Ready.of(b"text") == Ready.of(b"text")
    assert Ready.of(b"text").etag != Ready.of(b"text.").etag


READY = Ready.of(b"words " * 200)


@get("/")
async def _ready(request: Request[None, None, None]) -> Response[bytes | None]:
    return answer(request, READY, "text/plain", {"Vary": "Accept-Encoding"})


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (READY.etag, 304),
        (READY.etag.removeprefix("W/"), 304),
        (f'"other", {READY.etag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("", 200),
    ],
)
async def test_reader_who_has_the_body_gets_304(header: str, status: int) -> None:
    async with create_async_test_client([_ready]) as client:
        got = await client.get("/", headers={"If-None-Match": header})
    assert got.status_code == status
    assert got.headers["etag"] == READY.etag
    assert (got.content == b"") == (status == 304)


async def test_body_is_gzipped_for_those_who_take_it() -> None:
    async with create_async_test_client([_ready]) as client:
        packed = await client.get("/", headers={"Accept-Encoding": "br, gzip"})
        plain = await client.get("/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(READY.gzipped) < len(READY.body)
    assert packed.content == plain.content == gzip.decompress(READY.gzipped)
    assert "content-encoding" not in plain.headers
