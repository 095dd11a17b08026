"""The feed that counters come from: few questions, nobody forgotten, an end."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest

from events_app.checkin.live import Feeds
from events_app.kit import closing

EVENT = uuid4()


@pytest.fixture(autouse=True)
def begun_anew() -> Iterator[None]:
    yield
    closing._begun = False  # noqa: SLF001 - a process stops once, a test process goes on


class Asked:
    """A database that counts how often it is asked."""

    def __init__(self) -> None:
        self.times, self.answer, self.trouble = 0, b"0", 0

    async def __call__(self) -> bytes:
        self.times += 1
        if self.trouble:
            self.trouble -= 1
            raise asyncpg.InterfaceError("the pool is closing")
        return self.answer


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def until_nobody_asks(feeds: Feeds) -> None:
    async with asyncio.timeout(20):
        while feeds.feeds:  # noqa: ASYNC110 - ends by itself
            await asyncio.sleep(0.01)


async def heard(telling: AsyncIterator[bytes | None], many: int) -> list[bytes | None]:
    async with asyncio.timeout(20):
        return [await anext(telling) for _ in range(many)]


async def test_many_listeners_are_one_question_at_a_time() -> None:
    ask, feeds = Asked(), Feeds(pause=0.05)
    listeners = [feeds.follow(EVENT, ask, yes) for _ in range(50)]
    first = await asyncio.gather(*(heard(one, 1) for one in listeners))
    assert first == [[b"0"]] * 50
    asked = ask.times
    assert asked <= 2
    ask.answer = b"1"
    then = await asyncio.gather(*(heard(one, 1) for one in listeners))
    assert then == [[b"1"]] * 50
    assert ask.times <= asked + 2
    for one in listeners:
        await one.aclose()
    await until_nobody_asks(feeds)
    ended = ask.times
    await asyncio.sleep(0.12)
    assert ask.times == ended


async def test_what_has_not_changed_is_not_told_again_but_there_is_a_sign_of_life() -> None:
    ask, feeds = Asked(), Feeds(pause=0.01, heartbeat=0.05)
    assert await heard(feeds.follow(EVENT, ask, yes), 4) == [b"0", None, None, None]


async def test_listener_who_is_not_allowed_any_more_is_let_go() -> None:
    feeds = Feeds(pause=0.01, heartbeat=0.05)
    assert [told async for told in feeds.follow(EVENT, Asked(), no)] == [b"0"]


async def test_database_that_is_away_for_a_moment_is_asked_again() -> None:
    ask, feeds = Asked(), Feeds(pause=0.01)
    ask.trouble = 3
    assert await heard(feeds.follow(EVENT, ask, yes), 1) == [b"0"]
    assert ask.times == 4


async def test_streams_end_when_the_process_is_asked_to_stop() -> None:
    feeds = Feeds(pause=0.01)

    async def listen() -> list[bytes | None]:
        return [told async for told in feeds.follow(EVENT, Asked(), yes)]

    listening = [asyncio.create_task(listen()) for _ in range(5)]
    await asyncio.sleep(0.1)
    closing.begin()
    async with asyncio.timeout(10):
        assert await asyncio.gather(*listening) == [[b"0"]] * 5
    assert [told async for told in feeds.follow(EVENT, Asked(), yes)] == []
    await until_nobody_asks(feeds)


async def test_listener_that_is_cancelled_while_it_is_told_is_not_counted_any_more() -> None:
    """As when a phone goes away: the response is dropped in the middle, nobody closes its iterator."""
    feeds = Feeds(pause=0.01)

    async def listen() -> None:
        async for _ in feeds.follow(EVENT, Asked(), yes):
            await asyncio.sleep(60)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.05)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    del listening
    gc.collect()
    await until_nobody_asks(feeds)
