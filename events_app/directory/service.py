"""Use cases of the directory: file what registrations state, merge two organisations, part them, tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.directory import queries, rules
from events_app.directory.queries import Listed
from events_app.directory.rules import Choice, Known, Stated
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, Forbidden, NotFound
from events_app.organisations.rules import name_key

LOCK = 0x0D12EC7
BATCH = 100


async def file_registrations() -> int:
    """Let each new registration point to the organisation that stated it, and drop filed ones that nobody needs.

    A known organisation is taken only where it can be no other; else a new one is filed, and whoever runs the cluster
    sees both side by side. Safe to run in many processes at once. Gives how many registrations were filed.
    """
    filed = 0
    while batch := await _file_some():
        filed += batch
    await _drop_unneeded()
    return filed


async def _file_some() -> int:
    async with db.transaction():
        if not await db.fetch_value("SELECT pg_try_advisory_xact_lock($1)", LOCK):
            return 0
        found = await queries.unfiled(BATCH)
        known = await queries.by_name_keys(sorted({name_key(stated.name) for _, stated in found}))
        links = [(row["id"], await _filed(row, stated, known)) for row, stated in found]
        await _link(links)
    return len(links)


async def _filed(row: Mapping[str, Any], stated: Stated, known: list[Known]) -> UUID:
    """The organisation of a registration, filed anew if no known one is surely it; `known` learns what is found."""
    organisation_id = rules.surely(stated, [one for one in known if name_key(one.name) == name_key(stated.name)])
    if organisation_id is None:
        organisation_id = uuid4()
        await _file(organisation_id, row)
    contacts = frozenset(filter(None, [stated.contact]))
    known.append(Known(organisation_id, stated.name, stated.postcode, district=stated.district, contacts=contacts))
    return organisation_id


async def _file(organisation_id: UUID, row: Mapping[str, Any]) -> None:
    await db.execute(
        """INSERT INTO organisation (id, name, name_key, kind, size, startup, postcode, place, district, themes,
             training, from_registration, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, '{}', '{}', true, $9)""",
        organisation_id,
        row["organisation_name"],
        name_key(row["organisation_name"]),
        row["organisation_kind"],
        row["organisation_size"],
        row["organisation_startup"],
        row["organisation_postcode"],
        row["organisation_district"],
        clock.now(),
    )


async def _link(links: Sequence[tuple[UUID, UUID]]) -> None:
    """Which organisation a registration is filed under; nothing that its contact can see changes."""
    await db.execute(
        """UPDATE registration r SET organisation = l.organisation
           FROM unnest($1::uuid[], $2::uuid[]) AS l(id, organisation) WHERE r.id = l.id""",
        [registration_id for registration_id, _ in links],
        [organisation_id for _, organisation_id in links],
    )


async def _drop_unneeded() -> None:
    """What was filed from registrations that have all been erased says nothing any more; its other names go with it."""
    await db.execute(
        """DELETE FROM organisation o WHERE from_registration AND cluster IS NULL AND merged_into IS NULL
             AND NOT EXISTS (SELECT FROM registration r WHERE r.organisation = o.id)"""
    )


async def proposals(actor: Actor) -> list[tuple[Listed, Listed]]:
    """Pairs of organisations that this person sees and that may be one."""
    found = {one.id: one for one in await queries.namesakes(actor)}
    pairs = rules.pairs([one.known for one in found.values()], await queries.apart())
    return [(found[one.id], found[other.id]) for one, other in pairs]


def may_merge(actor: Actor, one: Listed, other: Listed) -> bool:
    """Whether neither is a member of somebody else's cluster."""
    return all(row.cluster is None or actor.runs_cluster(row.cluster) for row in (one, other))


async def pair(one_id: UUID, other_id: UUID, actor: Actor) -> tuple[Listed, Listed]:
    """Two organisations that this person sees. Raises `NotFound`."""
    seen = await queries.visible(actor, [one_id, other_id])
    if one_id == other_id or len(seen) != 2:  # noqa: PLR2004 - a pair
        raise NotFound
    return seen[one_id], seen[other_id]


async def merge(one_id: UUID, other_id: UUID, chosen: Mapping[Choice, UUID], actor: Actor) -> UUID:
    """Make one organisation of two: registrations move, the name of the one that goes stays known as another name.

    `chosen` says for name, kind, start-up and place whose value stays; of the one that stays if nothing is said.
    Gives the id of the merge, by which it can be undone. Raises `NotFound`, `Forbidden`, `Conflict` (merged already).
    """
    if not may_merge(actor, *await pair(one_id, other_id, actor)):
        raise Forbidden
    async with db.transaction():
        rows = await queries.locked([one_id, other_id])
        if any(row["merged_into"] is not None for row in rows.values()):
            raise Conflict
        kept_id = rules.survivor(rows[one_id], rows[other_id])
        other = rows[other_id if kept_id == one_id else one_id]
        merge_id = await _merged(rows[kept_id], other, chosen, actor)
        await _note(actor, "organisations-merged", kept_id, merge_id)
    return merge_id


async def _merged(
    kept: Mapping[str, Any], other: Mapping[str, Any], chosen: Mapping[Choice, UUID], actor: Actor
) -> UUID:
    changes = rules.merged(kept, other, chosen)
    await _update(kept["id"], changes)
    await _update(other["id"], {"merged_into": kept["id"]})
    moved = await db.fetch(
        "UPDATE registration SET organisation = $2 WHERE organisation = $1 RETURNING id", other["id"], kept["id"]
    )
    merge_id = uuid4()
    await db.execute(
        """INSERT INTO organisation_merge (id, kept, dissolved, before, registrations, actor_kind, actor_id, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        merge_id,
        kept["id"],
        other["id"],
        _as_json({column: kept[column] for column in changes}),
        [row["id"] for row in moved],
        actor.kind,
        str(actor.id or ""),
        clock.now(),
    )
    return merge_id


def _as_json(values: Mapping[str, Any]) -> str:
    """Columns as `jsonb_populate_record` reads them; the profile comes from the database as JSON already."""
    profile = {"training": msgspec.Raw(values["training"].encode())} if "training" in values else {}
    return db.as_json({**values, **profile})


async def undo(merge_id: UUID, actor: Actor) -> None:
    """Part two organisations that were merged: values and registrations go back to where they were.

    Registrations that came in since stay where they are. Raises `NotFound`, `Forbidden`, and `Conflict` where it is
    done already, longer ago than 30 days, or where another merge stands on top of it.
    """
    async with db.transaction():
        made = await queries.merge_row(merge_id)
        shown = next((row for row in await queries.merges(actor) if row.id == merge_id), None)
        if made is None or shown is None:
            raise NotFound
        rows = await queries.locked([made["kept"], made["dissolved"]])
        if not all(row["cluster"] is None or actor.runs_cluster(row["cluster"]) for row in rows.values()):
            raise Forbidden
        if not shown.is_last or not rules.may_be_undone(made["created_at"], clock.now()):
            raise Conflict
        await _part(made)
        await _note(actor, "organisations-parted", made["kept"], merge_id)


async def _part(made: Mapping[str, Any]) -> None:
    await db.execute(
        """UPDATE organisation o SET (name, name_key, kind, size, startup, postcode, place, district, cluster,
             from_registration, employees, turnover_meur, balance_meur, themes, training)
           = (SELECT name, name_key, kind, size, startup, postcode, place, district, cluster,
             from_registration, employees, turnover_meur, balance_meur, themes, training
             FROM jsonb_populate_record(o, $2)) WHERE o.id = $1""",
        made["kept"],
        made["before"],
    )
    await _update(made["dissolved"], {"merged_into": None})
    await db.execute(
        "UPDATE registration SET organisation = $2 WHERE id = ANY($3::uuid[]) AND organisation = $1",
        made["kept"],
        made["dissolved"],
        made["registrations"],
    )
    await db.execute("UPDATE organisation_merge SET undone_at = $2 WHERE id = $1", made["id"], clock.now())


async def tell_apart(one_id: UUID, other_id: UUID, actor: Actor) -> None:
    """Remember that two organisations of one name are different; repeating is harmless.

    Raises `NotFound`, `Forbidden`.
    """
    if not may_merge(actor, *await pair(one_id, other_id, actor)):
        raise Forbidden
    one, other = sorted((one_id, other_id))
    async with db.transaction():
        await db.execute(
            """INSERT INTO organisation_difference (id, one, other, created_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (one, other) DO NOTHING""",
            uuid4(),
            one,
            other,
            clock.now(),
        )
        await _note(actor, "organisations-told-apart", one, other)


async def _update(organisation_id: UUID, changes: Mapping[str, Any]) -> None:
    if changes:
        settings = ", ".join(f"{name} = ${n}" for n, name in enumerate(changes, start=2))
        await db.execute(f"UPDATE organisation SET {settings} WHERE id = $1", organisation_id, *changes.values())  # noqa: S608 - own names


async def _note(actor: Actor, action: str, organisation_id: UUID, other: UUID) -> None:
    await audit.record(
        (actor.kind, actor.id), action, "organisation", organisation_id, details={"with_or_by": str(other)}
    )
