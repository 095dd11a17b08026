"""Use cases of clusters and organisations: enter them, and say which sites may show them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.kit import clock, db
from events_app.kit.errors import FieldError, Forbidden, Invalid, NotFound
from events_app.organisations import queries, rules
from events_app.organisations.schemas import NewCluster, NewOrganisation


async def create_cluster(entered: NewCluster, actor: Actor) -> UUID:
    """A new cluster; only an admin may. Raises `Invalid` (fields, a slug that is taken) or `Forbidden`."""
    if actor.role != "admin":
        raise Forbidden
    cluster_id = uuid4()
    columns = _cluster_columns(entered) | {"id": cluster_id, "created_at": clock.now()}
    async with db.transaction():
        try:
            await _insert("cluster", columns)
        except asyncpg.UniqueViolationError:
            taken = FieldError("/slug", "slug_taken", "Another cluster has this address already.")
            raise Invalid(errors=[taken]) from None
        await audit.record((actor.kind, actor.id), "cluster-created", "cluster", cluster_id)
    return cluster_id


async def set_embed_hosts(cluster_id: UUID, lines: Sequence[str], actor: Actor) -> None:
    """Which sites may show the cluster's events in a frame. Raises `Forbidden` or `Invalid`."""
    if not actor.runs_cluster(cluster_id):
        raise Forbidden
    hosts = rules.tidied_origins(lines)
    _refuse(rules.origin_problems(hosts))
    async with db.transaction():
        await db.execute("UPDATE cluster SET embed_hosts = $2 WHERE id = $1", cluster_id, hosts)
        await audit.record(
            (actor.kind, actor.id), "embed-hosts-changed", "cluster", cluster_id, details={"hosts": len(hosts)}
        )


async def create_organisation(entered: NewOrganisation, actor: Actor, *, demo_id: str | None = None) -> UUID:
    """A new organisation of a cluster that this actor runs. Raises `Invalid`, `NotFound` (cluster) or `Forbidden`."""
    cluster_id = await _cluster_to_run(entered.cluster, actor)
    organisation_id = uuid4()
    own = {"id": organisation_id, "cluster": cluster_id, "demo_id": demo_id, "created_at": clock.now()}
    async with db.transaction():
        await _insert("organisation", _organisation_columns(entered) | own)
        await audit.record((actor.kind, actor.id), "organisation-created", "organisation", organisation_id)
    return organisation_id


async def _cluster_to_run(slug: str | None, actor: Actor) -> UUID | None:
    """The id of a cluster that this actor may change (null: of none, which is an admin's)."""
    cluster_id = None if slug is None else await queries.cluster_id(slug)
    if slug is not None and cluster_id is None:
        raise NotFound("There is no such cluster.")
    if not actor.runs_cluster(cluster_id):
        raise Forbidden
    return cluster_id


def _cluster_columns(entered: NewCluster) -> dict[str, Any]:
    cluster = rules.tidied_cluster(entered)
    _refuse(rules.cluster_problems(cluster))
    return msgspec.structs.asdict(cluster)


def _organisation_columns(entered: NewOrganisation) -> dict[str, Any]:
    organisation = rules.tidied_organisation(entered)
    _refuse(rules.organisation_problems(organisation))
    return msgspec.structs.asdict(organisation) | {
        "name_key": rules.name_key(organisation.name),
        "turnover_meur": _decimal(organisation.turnover_meur),
        "balance_meur": _decimal(organisation.balance_meur),
        "training": db.as_json(organisation.training),
    }


def _decimal(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))


def _refuse(found: list[FieldError]) -> None:
    if found:
        raise Invalid(errors=found)


async def _insert(table: str, columns: dict[str, Any]) -> None:
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values())  # noqa: S608 - own names
