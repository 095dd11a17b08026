"""An event moves: what people stated about their time moves along, and collisions are listed."""

from __future__ import annotations

from datetime import datetime, timedelta

from events_app.events.schemas import EventPatch
from events_app.registration import service
from events_app.registration.service import moving
from tests.factories import ADMIN, make_event, make_registration, soon

JONAS = {"given_name": "Jonas", "family_name": "Beck", "email": "j.beck@example.org"}


async def test_unavailabilities_move_with_the_event(database: None) -> None:
    event = await make_event()
    busy = event.public.starts_at + timedelta(hours=2)
    made = await make_registration(event, training={"unavailable": [busy.isoformat()]})
    later = event.public.starts_at + timedelta(days=1)
    await service.change_event(event.slug, EventPatch(starts_at=later, ends_at=later + timedelta(hours=5)), ADMIN)
    training = (await service.get_registration(made.id)).training
    assert training is not None
    assert training.unavailable == [busy + timedelta(days=1)]


async def test_unavailabilities_stay_when_only_the_title_changes(database: None) -> None:
    event = await make_event()
    busy = event.public.starts_at + timedelta(hours=2)
    made = await make_registration(event, training={"unavailable": [busy.isoformat()]})
    await service.change_event(event.slug, EventPatch(title="Neuer Titel"), ADMIN)
    training = (await service.get_registration(made.id)).training
    assert training is not None
    assert training.unavailable == [busy]


async def test_moved_event_lists_whoever_is_elsewhere_at_that_time(database: None) -> None:
    here, there = await make_event(starts_at=soon(days=30)), await make_event(starts_at=soon(days=40))
    for event in (here, there):
        await make_registration(event, attendees=[JONAS, {"given_name": "Nur", "family_name": f"Hier {event.slug}"}])
    assert await moving.clashes(here.id) == []
    await move(here.slug, there.public.starts_at + timedelta(hours=4))
    [clash] = await moving.clashes(here.id)
    assert (clash.name, clash.slug) == ("Jonas Beck", there.slug)
    await move(here.slug, there.public.ends_at)
    assert await moving.clashes(here.id) == []


async def move(slug: str, starts_at: datetime) -> None:
    await service.change_event(slug, EventPatch(starts_at=starts_at, ends_at=starts_at + timedelta(hours=5)), ADMIN)
