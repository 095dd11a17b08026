from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events_app.accounts.rules import Actor
from events_app.directory import queries, service
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, Forbidden, NotFound
from events_app.organisations import queries as clusters
from events_app.organisations import service as organisations
from events_app.organisations.schemas import NewOrganisation
from events_app.registration.service.erase import erase_registration
from events_app.registration.service.view import get_registration
from tests.factories import ADMIN, make_cluster, make_event, make_registration

pytestmark = pytest.mark.usefixtures("database")


async def register(event: EventRow, name: str, **organisation: Any) -> UUID:
    stated = {"name": name, "kind": "company", "postcode": "06112", **organisation}
    made = await make_registration(event, people=1, organisation=stated)
    return UUID(str(made.id))


async def member(name: str, cluster: str = "own", **fields: Any) -> UUID:
    entered = NewOrganisation(**{"name": name, "kind": "company", "postcode": "06112", "cluster": cluster, **fields})
    return await organisations.create_organisation(entered, ADMIN)


async def filed_under(registration_id: UUID) -> UUID:
    found: UUID = await db.fetch_value("SELECT organisation FROM registration WHERE id = $1", registration_id)
    return found


async def agent_of(slug: str) -> Actor:
    cluster_id = await clusters.cluster_id(slug)
    return Actor("account", UUID(int=2), role="agent", cluster_id=cluster_id)


@pytest.fixture
async def own() -> EventRow:
    await make_cluster("own")
    return await make_event(cluster="own")


async def test_a_registration_is_filed_under_the_member_that_it_surely_is(own: EventRow) -> None:
    known = await member("Werkhof GmbH")
    registration_id = await register(own, "WERKHOF GmbH")
    assert await service.file_registrations() == 1
    assert await filed_under(registration_id) == known
    assert await service.file_registrations() == 0


async def test_a_nearly_same_name_is_filed_apart_and_proposed(own: EventRow) -> None:
    known = await member("Werkhof GmbH")
    registration_id = await register(own, "Werkhof gGmbH")
    await service.file_registrations()
    apart = await filed_under(registration_id)
    assert apart != known
    [(one, other)] = await service.proposals(await agent_of("own"))
    assert {one.id, other.id} == {known, apart}
    assert (one.registrations, other.registrations) == (0, 1)


async def test_two_registrations_of_a_new_organisation_share_it(own: EventRow) -> None:
    first, second = await register(own, "Neu & Fein KG"), await register(own, "Neu & Fein KG")
    await service.file_registrations()
    assert await filed_under(first) == await filed_under(second)


async def test_many_registrations_are_filed_batch_by_batch(own: EventRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    for number in range(5):
        await register(own, f"Werk {number} GmbH")
    assert await service.file_registrations() == 5


async def test_merging_moves_registrations_and_keeps_the_other_name_known(own: EventRow) -> None:
    known, agent = await member("Werkhof GmbH"), await agent_of("own")
    registration_id = await register(own, "Werkhof gGmbH", size="small")
    await service.file_registrations()
    other = await filed_under(registration_id)
    await service.merge(other, known, {"name": other, "kind": other}, agent)
    assert await filed_under(registration_id) == known
    [left] = await queries.listed(agent)
    assert (left.id, left.name, left.size, left.registrations) == (known, "Werkhof gGmbH", "small", 1)
    assert [one.name for one in await clusters.members(left.cluster or known)] == ["Werkhof gGmbH"]
    later = await register(own, "Werkhof gGmbH")
    await service.file_registrations()
    assert await filed_under(later) == known
    assert (await get_registration(registration_id)).organisation == "Werkhof gGmbH"


async def test_a_merge_is_on_record_and_undoing_it_restores_everything(own: EventRow) -> None:
    known, agent = await member("Werkhof GmbH", training={"needs": []}), await agent_of("own")
    registration_id = await register(own, "Werkhof gGmbH")
    await service.file_registrations()
    other = await filed_under(registration_id)
    before = {id_: dict(row) for id_, row in (await queries.locked([known, other])).items()}
    merge_id = await service.merge(known, other, {"name": other, "place": other}, agent)
    await service.undo(merge_id, agent)
    assert await filed_under(registration_id) == other
    assert await queries.locked([known, other]) == before
    rows = await db.fetch("SELECT action, actor_id FROM audit_entry WHERE action LIKE 'organisations-%' ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("organisations-merged", str(agent.id)),
        ("organisations-parted", str(agent.id)),
    ]
    with pytest.raises(Conflict):
        await service.undo(merge_id, agent)


async def test_a_filed_profile_comes_back_after_a_merge_is_undone(own: EventRow) -> None:
    agent = await agent_of("own")
    empty = await member("Werkhof GmbH")
    full = await member("Werkhof AG", training={"needs": [{"occupation": "mechatroniker"}]})
    merge_id = await service.merge(empty, full, {}, agent)
    training = "SELECT training -> 'needs' ->> 0 FROM organisation WHERE id = $1"
    assert "mechatroniker" in await db.fetch_value(training, empty)
    await service.undo(merge_id, agent)
    assert await db.fetch_value("SELECT training::text FROM organisation WHERE id = $1", empty) == "{}"


async def test_merges_are_undone_in_the_order_they_were_stacked(own: EventRow) -> None:
    agent = await agent_of("own")
    one, two, three = await member("Werkhof"), await member("Werkhof AG"), await member("Werkhof KG")
    lower = await service.merge(one, two, {}, agent)
    upper = await service.merge(one, three, {}, agent)
    with pytest.raises(Conflict):
        await service.undo(lower, agent)
    await service.undo(upper, agent)
    await service.undo(lower, agent)
    assert len(await queries.listed(agent)) == 3


async def test_after_thirty_days_a_merge_stays(own: EventRow) -> None:
    agent = await agent_of("own")
    merge_id = await service.merge(await member("Werkhof"), await member("Werkhof AG"), {}, agent)
    long_ago = clock.now() - timedelta(days=31)
    await db.execute("UPDATE organisation_merge SET created_at = $2 WHERE id = $1", merge_id, long_ago)
    with pytest.raises(Conflict):
        await service.undo(merge_id, agent)


async def test_what_is_different_is_never_proposed_again(own: EventRow) -> None:
    agent = await agent_of("own")
    one, other = await member("Werkhof"), await member("Werkhof AG")
    assert len(await service.proposals(agent)) == 1
    await service.tell_apart(other, one, agent)
    await service.tell_apart(one, other, agent)
    assert await service.proposals(agent) == []


async def test_an_agent_sees_members_and_guests_of_the_own_cluster_alone(own: EventRow) -> None:
    await make_cluster("elsewhere")
    theirs, agent = await member("Fremdwerk GmbH", "elsewhere"), await agent_of("own")
    mine = await member("Werkhof GmbH")
    await register(own, "Gastwerk GmbH")
    await register(await make_event(cluster="elsewhere"), "Ferne GmbH")
    await service.file_registrations()
    assert [one.name for one in await queries.listed(agent)] == ["Gastwerk GmbH", "Werkhof GmbH"]
    assert len(await queries.listed(ADMIN)) == 4
    with pytest.raises(NotFound):
        await service.merge(mine, theirs, {}, agent)


async def test_a_member_of_another_cluster_is_merged_by_an_admin_only(own: EventRow) -> None:
    await make_cluster("elsewhere")
    theirs, mine, agent = await member("Werkhof AG", "elsewhere"), await member("Werkhof GmbH"), await agent_of("own")
    await register(own, "Werkhof AG")
    await service.file_registrations()
    [(one, other)] = await service.proposals(agent)
    assert not service.may_merge(agent, one, other)
    for refused in (service.merge(mine, theirs, {}, agent), service.tell_apart(mine, theirs, agent)):
        with pytest.raises(Forbidden):
            await refused
    await service.merge(mine, theirs, {}, ADMIN)
    assert [row.is_last for row in await queries.merges(ADMIN)] == [True]


async def test_what_was_filed_goes_when_its_registrations_are_erased(own: EventRow) -> None:
    registration_id = await register(own, "Inh. Erika Muster e. K.")
    other_id = await register(own, "Inh. Erika Muster GmbH")
    await member("Werkhof GmbH")
    await service.file_registrations()
    await service.merge(await filed_under(registration_id), await filed_under(other_id), {}, ADMIN)
    for id_ in (registration_id, other_id):
        await erase_registration(id_, ADMIN)
    await service.file_registrations()
    assert await db.fetch_value("SELECT array_agg(name) FROM organisation") == ["Werkhof GmbH"]
    assert await db.fetch_value("SELECT count(*) FROM organisation_merge") == 0


@pytest.mark.parametrize("wanted", ["müßig", "muessig", "mussig", "MÜSSIG 06112"])
async def test_search_folds_umlauts_both_ways(own: EventRow, wanted: str) -> None:
    await member("Müßig Metall GmbH")
    await member("Werkhof GmbH")
    assert [one.name for one in await queries.listed(ADMIN, wanted)] == ["Müßig Metall GmbH"]
