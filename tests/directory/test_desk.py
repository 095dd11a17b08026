from __future__ import annotations

import re

import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.directory import service
from tests.directory.test_service import member, register
from tests.factories import make_cluster, make_event
from tests.pagecheck import Page

LIST = "/desk/organisations"


@pytest.fixture
async def desk(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser in which the agent of the cluster `own` is logged in."""
    cluster = await make_cluster("own")
    account = await accounts.create_account("agentin@example.org", "agent", cluster_id=cluster.id)
    client.cookies.set("session", await accounts.log_in_by_link((await accounts.new_login(account)).token, "test"))
    return client


async def a_pair() -> None:
    await member("Werkhof GmbH")
    await register(await make_event(cluster="own"), "Werkhof gGmbH", size="small")
    await service.file_registrations()


async def test_an_empty_list_says_when_it_fills(desk: httpx.AsyncClient) -> None:
    assert "sobald sich jemand anmeldet" in Page((await desk.get(LIST)).text).text


async def test_the_list_shows_place_registrations_and_last_event(desk: httpx.AsyncClient) -> None:
    await a_pair()
    text = Page((await desk.get(LIST)).text).text
    assert "1 Paar könnte ein und dieselbe Organisation sein" in text
    assert re.search(r"Werkhof gGmbH Betrieb 06112 Halle \(Saale\) \S+ 1 Auftakt in Halle", text)
    assert "Werkhof GmbH" not in Page((await desk.get(LIST, params={"q": "ggmbh"})).text).text


async def test_a_pair_is_merged_with_the_values_chosen_and_parted_again(desk: httpx.AsyncClient) -> None:
    await a_pair()
    similar = (await desk.get(LIST, params={"show": "similar"})).text
    assert "Name verschieden" in Page(similar).text
    assert "Ort verschieden" not in Page(similar).text
    chooser = re.search(r'href="(/desk/organisations/merge\?[^"]+)"', similar)
    assert chooser is not None
    form = (await desk.get(chooser[1].replace("&amp;", "&"))).text
    sent = dict(re.findall(r'<input type="hidden" name="(one|other)" value="([^"]+)"', form))
    names = dict(re.findall(r'name="name" value="([^"]+)"[^>]*>\s*<span><span class="check-label">([^<]+)', form))
    wanted = next(id_ for id_, name in names.items() if name == "Werkhof gGmbH")
    answer = await desk.post(f"{LIST}/merge", data={**sent, "name": wanted})
    assert answer.headers["location"] == f"{LIST}?show=merged&done=merged"
    merged = (await desk.get(f"{LIST}?show=merged&done=merged")).text
    assert "Die beiden sind jetzt eine Organisation." in Page(merged).text
    assert Page((await desk.get(LIST)).text).text.count("Werkhof gGmbH") == 1
    undo = re.search(r'action="(/desk/organisations/merges/[^"]+/undo)"', merged)
    assert undo is not None
    await desk.post(undo[1])
    assert "Werkhof GmbH" in Page((await desk.get(LIST)).text).text


async def test_a_pair_that_is_different_is_gone(desk: httpx.AsyncClient) -> None:
    await a_pair()
    similar = (await desk.get(LIST, params={"show": "similar"})).text
    pair = dict(re.findall(r'<input type="hidden" name="(one|other)" value="([^"]+)"', similar))
    await desk.post(f"{LIST}/apart", data=pair)
    assert "Keine Dubletten" in Page((await desk.get(LIST, params={"show": "similar"})).text).text


async def test_nonsense_ids_are_not_found(desk: httpx.AsyncClient) -> None:
    assert (await desk.get(f"{LIST}/merge", params={"one": "x", "other": "y"})).status_code == 404
    assert (await desk.post(f"{LIST}/merge", data={"one": "x"})).status_code == 404
