from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from events_app.accounts.rules import Actor
from events_app.checkin import service
from events_app.checkin.schemas import DeviceIn, PairIn
from events_app.kit import clock, db, settings
from events_app.kit.errors import EventNotFound, Forbidden, Invalid, NotFound, Unauthorised
from events_app.kit.settings import Settings
from tests.checkin.doorway import Doorway
from tests.factories import ADMIN, make_cluster, make_event


async def test_pairing_code_works_once(doorway: Doorway) -> None:
    made = await service.create_device(doorway.event.slug, DeviceIn("Tür 2"), ADMIN)
    paired = await service.pair_device(PairIn(made.pairing_code.lower()))
    assert paired.event == doorway.event.slug
    assert (await service.living_door(paired.token)).device_name == "Tür 2"
    with pytest.raises(NotFound):
        await service.pair_device(PairIn(made.pairing_code))


async def test_parallel_pairings_by_one_code_give_one_token(doorway: Doorway) -> None:
    made = await service.create_device(doorway.event.slug, DeviceIn("Tür 2"), ADMIN)
    tries = await asyncio.gather(
        *(service.pair_device(PairIn(made.pairing_code)) for _ in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in tries) == 1


async def test_pairing_code_dies_after_ten_minutes(app_settings: Settings, doorway: Doorway) -> None:
    made = await service.create_device(doorway.event.slug, DeviceIn("Tür 2"), ADMIN)
    assert made.expires_at - clock.now() <= timedelta(minutes=10)
    settings.use(replace(app_settings, fixed_now=made.expires_at))
    with pytest.raises(NotFound):
        await service.pair_device(PairIn(made.pairing_code))
    assert (await service.device_of_event(doorway.event.slug, made.id, ADMIN)).pairing_code is None


@pytest.mark.parametrize("code", ["", "ABC", "ÄÖÜ!!!", "7K2M9X", "x" * 5000, "\0\0\0\0\0\0"])
async def test_pairing_by_a_wrong_code_is_refused(doorway: Doorway, code: str) -> None:
    with pytest.raises(NotFound):
        await service.pair_device(PairIn(code))


async def test_desk_sees_the_pairing_code_again_while_it_is_good(doorway: Doorway) -> None:
    made = await service.create_device(doorway.event.slug, DeviceIn("Tür 2"), ADMIN)
    shown = await service.device_of_event(doorway.event.slug, made.id, ADMIN)
    assert (shown.pairing_code, shown.pairing_url) == (made.pairing_code, made.pairing_url)
    await service.pair_device(PairIn(made.pairing_code))
    assert (await service.device_of_event(doorway.event.slug, made.id, ADMIN)).pairing_code is None
    stored = await db.fetch_value("SELECT string_agg(d::text, ' ') FROM device d")
    assert made.pairing_code not in stored


async def test_revoked_device_is_locked_out_at_once(doorway: Doorway) -> None:
    first = await service.revoke_device(doorway.door.device_id, ADMIN)
    with pytest.raises(Unauthorised):
        await service.living_door(doorway.token)
    assert await service.revoke_device(doorway.door.device_id, ADMIN) == first


async def test_revoked_device_can_not_be_paired_any_more(doorway: Doorway) -> None:
    made = await service.create_device(doorway.event.slug, DeviceIn("Tür 2"), ADMIN)
    await service.revoke_device(made.id, ADMIN)
    with pytest.raises(NotFound):
        await service.pair_device(PairIn(made.pairing_code))


@pytest.mark.parametrize("name", ["", " \u200b\n", "x" * 101])
async def test_device_needs_a_name_that_fits(doorway: Doorway, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await service.create_device(doorway.event.slug, DeviceIn(name), ADMIN)
    assert [error.field for error in refusal.value.errors] == ["/name"]


async def test_devices_belong_to_the_events_agent(database: None) -> None:
    own, other = await make_cluster("tab-mint"), await make_cluster("tab-bau")
    event = await make_event(cluster="tab-mint")
    agent, stranger = (Actor("account", None, role="agent", cluster_id=cluster.id) for cluster in (own, other))
    made = await service.create_device(event.slug, DeviceIn("Tür 1"), agent)
    for forbidden in (
        service.create_device(event.slug, DeviceIn("Tür 2"), stranger),
        service.devices(event.slug, stranger),
        service.device_of_event(event.slug, made.id, stranger),
        service.revoke_device(made.id, stranger),
    ):
        with pytest.raises(Forbidden):
            await forbidden
    with pytest.raises(EventNotFound):
        await service.create_device("kein-event", DeviceIn("Tür 1"), agent)


async def test_device_of_another_event_is_not_found(doorway: Doorway) -> None:
    other = await make_event()
    with pytest.raises(NotFound):
        await service.device_of_event(other.slug, doorway.door.device_id, ADMIN)


async def test_last_sync_follows_the_devices_calls(app_settings: Settings, doorway: Doorway) -> None:
    settings.use(replace(app_settings, fixed_now=clock.now() + timedelta(minutes=5)))
    await service.living_door(doorway.token)
    _, [row] = await service.devices(doorway.event.slug, ADMIN)
    assert row.seen_at == clock.now()
