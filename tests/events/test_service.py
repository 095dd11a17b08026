from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from msgspec import UNSET

from events_app.accounts.rules import Actor
from events_app.events import queries, service
from events_app.events.keys import unseal
from events_app.events.queries import EventRow
from events_app.events.schemas import AgendaItem, EventIn, EventPatch, Matchmaking, Venue
from events_app.kit import db, settings
from events_app.kit.errors import EventCancelled, EventNotFound, Forbidden, Invalid
from tests.factories import ADMIN, make_cluster, make_event, soon


def entered(**fields: object) -> EventIn:
    start = soon()
    return EventIn(
        **{
            "title": "Werkstattgespräch",
            "kind": "workshop",
            "mode": "onsite",
            "starts_at": start,
            "ends_at": start + timedelta(hours=2),
            **fields,
        }
    )


def agent_of(event_or_id: object) -> Actor:
    return Actor("account", uuid4(), "agent", event_or_id)


async def changed(event: EventRow, **fields: object) -> EventRow:
    return (await service.store_change(event, EventPatch(**fields), ADMIN))[1]


async def test_new_event_is_a_draft_with_a_key_of_its_own(database: None) -> None:
    event = await service.create_event(entered(), ADMIN)
    assert event.public.status == "draft"
    seed = unseal(event.signing_seed, settings.current().secret)
    assert (len(seed), len(event.public_key)) == (32, 32)
    assert seed not in event.signing_seed


async def test_events_of_one_title_get_addresses_of_their_own(database: None) -> None:
    made = await asyncio.gather(*(service.create_event(entered(), ADMIN) for _ in range(4)))
    year = made[0].public.starts_at.year
    base = f"werkstattgespraech-{year}"
    assert {event.slug for event in made} == {base, f"{base}-2", f"{base}-3", f"{base}-4"}


async def test_address_that_another_event_has_is_refused(database: None) -> None:
    await service.create_event(entered(slug="treff"), ADMIN)
    with pytest.raises(Invalid) as refused:
        await service.create_event(entered(slug="treff"), ADMIN)
    assert [(error.field, error.code) for error in refused.value.errors] == [("/slug", "slug_taken")]


async def test_refused_event_leaves_nothing_behind(database: None) -> None:
    with pytest.raises(Invalid):
        await service.create_event(entered(title=" "), ADMIN)
    assert await db.fetch_value("SELECT count(*) FROM event") == 0


async def test_agent_creates_for_her_own_cluster_only(database: None) -> None:
    own, other = await make_cluster("own"), await make_cluster("other")
    agent = agent_of(own.id)
    event = await service.create_event(entered(cluster="own"), agent)
    assert event.cluster_id == own.id
    for cluster in ("other", None):
        with pytest.raises(Forbidden):
            await service.create_event(entered(cluster=cluster), agent)
    assert other.id != own.id


async def test_unknown_cluster_is_named_at_its_field(database: None) -> None:
    with pytest.raises(Invalid) as refused:
        await service.create_event(entered(cluster="nirgends"), ADMIN)
    assert refused.value.errors[0].field == "/cluster"


async def test_draft_exists_for_those_who_run_it_only(database: None) -> None:
    own, other = await make_cluster("own"), await make_cluster("other")
    event = await make_event(published=False, cluster="own")
    assert (await service.get_event(event.slug, agent_of(own.id))).id == event.id
    for stranger in (None, agent_of(other.id), Actor("account", uuid4(), "door", event_id=event.id)):
        with pytest.raises(EventNotFound):
            await service.get_event(event.slug, stranger)


async def test_published_event_of_another_cluster_can_be_seen_but_not_run(database: None) -> None:
    other = await make_cluster("other")
    event = await make_event()
    assert await service.get_event(event.slug, agent_of(other.id))
    with pytest.raises(Forbidden):
        await service.managed_event(event.slug, agent_of(other.id))


@pytest.mark.parametrize("slug", ["gibt-es-nicht", "\x00", "A B", "x" * 5000])
async def test_unknown_address_is_not_found(database: None, slug: str) -> None:
    with pytest.raises(EventNotFound):
        await service.get_event(slug, ADMIN)


async def test_desk_events_are_those_of_the_cluster(database: None) -> None:
    own, _ = await make_cluster("own"), await make_cluster("other")
    mine = await make_event(cluster="own", published=False)
    await make_event(cluster="other")
    await make_event()
    assert [event.id for event in await service.desk_events(agent_of(own.id))] == [mine.id]
    assert len(await service.desk_events(ADMIN)) == 3
    assert await service.desk_events(agent_of(None)) == []


async def test_change_touches_only_what_is_sent(database: None) -> None:
    event = await make_event(summary="Alt")
    after = await changed(event, title="Neu")
    assert (after.public.title, after.public.summary) == ("Neu", "Alt")
    assert after.public.venue == event.public.venue
    assert after.slug == event.slug


async def test_change_of_title_time_place_or_mode_raises_the_sequence(database: None) -> None:
    event = await make_event()
    assert (await changed(event, summary="Neu")).sequence == 0
    assert (await changed(event, capacity=5)).sequence == 0
    assert (await changed(event, title="Neu")).sequence == 1
    assert (await changed(event, venue=Venue(name="Anderswo"))).sequence == 2


async def test_moved_event_moves_its_slots_and_agenda(database: None) -> None:
    start = soon().replace(hour=9)  # no clock changes in the course of the day
    slot = start + timedelta(hours=3)
    event = await make_event(
        starts_at=start, matchmaking=Matchmaking(enabled=True, slots=[slot]), agenda=[AgendaItem(start, "Beginn")]
    )
    later = EventPatch(starts_at=start + timedelta(hours=2), ends_at=start + timedelta(hours=7))
    _, after = await service.store_change(event, later, ADMIN)
    assert after.public.agenda[0].starts_at == start + timedelta(hours=2)
    assert after.public.matchmaking.slots == [slot + timedelta(hours=2)]


async def test_change_that_is_wrong_as_a_whole_is_refused(database: None) -> None:
    event = await make_event()
    with pytest.raises(Invalid) as refused:
        await changed(event, ends_at=event.public.starts_at - timedelta(minutes=1))
    assert refused.value.errors[0].code == "ends_before_start"
    assert (await queries.by_id(event.id)) == event


async def test_cancelled_event_is_changed_and_published_no_more(database: None) -> None:
    event = await make_event()
    await service.store_cancellation(event, "Sturm\x00", ADMIN)
    again = await service.get_event(event.slug)
    assert (again.public.status, again.cancel_reason, again.sequence) == ("cancelled", "Sturm", 1)
    with pytest.raises(EventCancelled):
        await changed(event, title="Neu")
    with pytest.raises(EventCancelled):
        await service.publish_event(event.slug, ADMIN)


async def test_capacity_below_what_is_taken_counts_the_excess(database: None) -> None:
    event = await make_event(capacity=10)
    assert await service.take_seats(event.id, event.revision, 8, None)
    after = await changed(event, capacity=5)
    assert (after.capacity, after.taken, after.seats_left) == (5, 8, 0)
    assert await db.fetch_value("SELECT excess FROM event_seats WHERE event = $1", event.id) == 3


async def test_seats_are_refused_once_the_event_has_changed(database: None) -> None:
    event = await make_event(capacity=10)
    await changed(event, capacity=9)
    assert not await service.take_seats(event.id, event.revision, 1, None)


async def test_seats_are_never_taken_beyond_the_capacity(database: None) -> None:
    event = await make_event(capacity=7)
    tries = await asyncio.gather(*(service.take_seats(event.id, event.revision, 2, None) for _ in range(10)))
    assert tries.count(True) == 3
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE event_seats SET taken = 8 WHERE event = $1", event.id)


async def test_waiting_for_nothing_is_refused(database: None) -> None:
    event = await make_event(capacity=2)
    assert not await service.take_seats(event.id, event.revision, 0, 1)
    assert await service.take_seats(event.id, event.revision, 2, None)
    assert await service.take_seats(event.id, event.revision, 0, 1)


async def test_event_may_get_another_address_and_cluster(database: None) -> None:
    cluster = await make_cluster("own")
    event = await make_event()
    after = await changed(event, slug="neu", cluster="own")
    assert (after.slug, after.cluster_id) == ("neu", cluster.id)
    await make_event(slug="vergeben")
    with pytest.raises(Invalid):
        await changed(after, slug="vergeben")
    with pytest.raises(Forbidden):
        await service.store_change(after, EventPatch(cluster=None), agent_of(cluster.id))


async def test_each_deed_is_noted(database: None) -> None:
    event = await make_event()
    await changed(event, title="Neu")
    await service.store_cancellation(event, "", ADMIN)
    rows = await db.fetch("SELECT action FROM audit_entry WHERE event_id = $1 ORDER BY id", event.id)
    assert [row["action"] for row in rows] == ["event-created", "event-published", "event-changed", "event-cancelled"]


def test_patch_without_fields_changes_nothing() -> None:
    assert all(getattr(EventPatch(), name) is UNSET for name in EventPatch.__struct_fields__)
