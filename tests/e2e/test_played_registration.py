"""Registering three people on a phone and seven by paste, played as `make bench NAME=played` plays them."""

from __future__ import annotations

import pytest

from benchmarks.played import DESK, KEY, PHONE, PHONE_KEY, Player, seven_by_hand, seven_by_paste, three_on_a_phone
from events_app.kit import db
from tests.e2e.conftest import OpenBrowser
from tests.factories import make_event

pytestmark = [pytest.mark.browser]

MOST_INPUTS = 10
THREE_MINUTES = 180


async def test_three_people_on_a_phone_are_ten_inputs_and_under_three_minutes(
    database: None, live_server: str, open_browser: OpenBrowser
) -> None:
    event = await make_event()
    player = Player(await (await open_browser(**PHONE)).new_page(), PHONE_KEY)
    await three_on_a_phone(player, f"{live_server}/events/{event.slug}/register")
    print("three on a phone:", player.told())  # noqa: T201 - shown by `pytest -s`
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE status = 'confirmed'") == 3
    assert player.inputs <= MOST_INPUTS
    assert player.human_seconds < THREE_MINUTES
    assert player.loads == ["GET", "POST", "GET"], "the form, sending it, and the confirmation"


async def test_seven_people_by_paste_cost_less_than_half_of_typing_them(
    database: None, live_server: str, open_browser: OpenBrowser
) -> None:
    players = []
    for game in (seven_by_paste, seven_by_hand):
        event = await make_event()
        player = Player(await (await open_browser(**DESK)).new_page(), KEY)
        await game(player, f"{live_server}/events/{event.slug}/register")
        print(game.__name__, player.told())  # noqa: T201 - shown by `pytest -s`
        players.append(player)
    pasted, typed = players
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE status = 'confirmed'") == 16
    assert pasted.inputs == 7
    assert len(pasted.loads) == 3
    assert pasted.human_seconds < typed.human_seconds / 2
