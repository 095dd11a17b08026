from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from events_app.accounts.rules import Actor
from events_app.kit import db
from events_app.kit.errors import Forbidden, Invalid, NotFound
from events_app.organisations import queries, service
from events_app.organisations.schemas import NewCluster, NewOrganisation
from tests.factories import ADMIN

CLUSTER = NewCluster(
    slug="tab-mint",
    name="TAB_MINT",
    agent_organisation="Beispielwerk e. V.",
    color="#1F7A6C",
    tagline_de="Mechatronik  macht\tZukunft",
    occupations=["mechatroniker", "mechatroniker"],
    districts=["15002"],
)
ORGANISATION = NewOrganisation(
    name="Saaleblick Automation GmbH",
    kind="company",
    size="small",
    employees=38,
    turnover_meur=6.2,
    postcode="06112",
    place="Halle (Saale)",
    district="15002",
    training={"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}]},
    cluster="tab-mint",
)


def agent_of(cluster_id: UUID) -> Actor:
    return Actor("account", uuid4(), role="agent", cluster_id=cluster_id)


async def test_a_cluster_is_kept_as_entered_and_tidied(database: None) -> None:
    made = await service.create_cluster(CLUSTER, ADMIN)
    cluster = await queries.cluster_by_slug("tab-mint")
    assert cluster is not None
    assert (cluster.id, cluster.color) == (made, "#1f7a6c")
    assert cluster.tagline_de == "Mechatronik macht Zukunft"
    assert cluster.occupations == ("mechatroniker",)


async def test_two_clusters_can_t_have_one_address(database: None) -> None:
    await service.create_cluster(CLUSTER, ADMIN)
    with pytest.raises(Invalid) as refused:
        await service.create_cluster(replace(CLUSTER, name="Zweiter"), ADMIN)
    assert [(error.field, error.code) for error in refused.value.errors] == [("/slug", "slug_taken")]


async def test_only_an_admin_makes_clusters(database: None) -> None:
    agent = agent_of(await service.create_cluster(CLUSTER, ADMIN))
    with pytest.raises(Forbidden):
        await service.create_cluster(replace(CLUSTER, slug="other"), agent)


async def test_an_organisation_becomes_a_member_of_its_cluster(database: None) -> None:
    cluster_id = await service.create_cluster(CLUSTER, ADMIN)
    made = await service.create_organisation(ORGANISATION, agent_of(cluster_id))
    assert [member.name for member in await queries.members(cluster_id)] == ["Saaleblick Automation GmbH"]
    row = await db.fetch_row("SELECT name_key, turnover_meur::text AS turnover FROM organisation WHERE id = $1", made)
    assert row is not None
    assert tuple(row) == ("saaleblick automation", "6.200")


async def test_an_agent_enters_organisations_of_her_own_cluster_only(database: None) -> None:
    await service.create_cluster(CLUSTER, ADMIN)
    stranger = agent_of(await service.create_cluster(replace(CLUSTER, slug="other"), ADMIN))
    with pytest.raises(Forbidden):
        await service.create_organisation(ORGANISATION, stranger)
    with pytest.raises(Forbidden):
        await service.create_organisation(replace(ORGANISATION, cluster=None), stranger)


async def test_what_is_not_there_can_t_be_joined(database: None) -> None:
    with pytest.raises(NotFound):
        await service.create_organisation(ORGANISATION, ADMIN)


async def test_nothing_wrong_is_stored(database: None) -> None:
    with pytest.raises(Invalid):
        await service.create_cluster(replace(CLUSTER, color="#ffffff"), ADMIN)
    with pytest.raises(Invalid):
        await service.create_organisation(replace(ORGANISATION, name="", cluster=None), ADMIN)
    assert await db.fetch_value("SELECT count(*) FROM cluster") == 0
