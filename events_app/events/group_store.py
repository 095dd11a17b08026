"""Writing ticket groups and the counts of seats by group. All of it runs while the event's seats are locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from events_app.events.groups import GroupRow
from events_app.events.schemas import Group
from events_app.kit import db

COLUMNS = "id, key, label, label_en, quota, invitation_only, taken, held"


async def of_event(event_id: UUID) -> list[GroupRow]:
    rows = await db.fetch(f"SELECT {COLUMNS} FROM ticket_group WHERE event = $1 ORDER BY position, key", event_id)  # noqa: S608 - own column names
    return [GroupRow(**dict(row)) for row in rows]


async def lock_without(event_id: UUID, keys: Sequence[str]) -> list[UUID]:
    """Hold the groups other than these, before the event's seats: who registers in them has finished, or waits."""
    rows = await db.fetch(
        "SELECT id FROM ticket_group WHERE event = $1 AND key <> ALL($2::text[]) ORDER BY id FOR UPDATE",
        event_id,
        list(keys),
    )
    return [row["id"] for row in rows]


async def store(event_id: UUID, groups: Sequence[Group]) -> None:
    """These are the event's groups from now on; the counts of those that stay are kept, also beyond a lower quota."""
    await db.execute("DELETE FROM ticket_group WHERE event = $1 AND key <> ALL($2::text[])", event_id, _keys(groups))
    for position, group in enumerate(groups):
        await db.execute(
            """INSERT INTO ticket_group AS g
                 (id, event, key, position, label, label_en, quota, invitation_only, taken, excess, held)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0)
               ON CONFLICT (event, key) DO UPDATE SET position = $4, label = $5, label_en = $6, quota = $7,
                 invitation_only = $8, excess = CASE WHEN $7::int IS NULL THEN 0 ELSE greatest(0, g.taken - $7) END""",
            uuid4(),
            event_id,
            group.key,
            position,
            group.label,
            group.label_en,
            group.quota,
            group.invitation_only,
        )


async def take(event_id: UUID, group_id: UUID | None, people: int, drawn: int, drawn_from_group: int) -> None:
    """Count seats given to people of a group; `drawn` of them had been held for their invitation."""
    await db.execute(
        "UPDATE event_seats SET taken = taken + $2, held = held - $3 WHERE event = $1", event_id, people, drawn
    )
    if group_id is not None:
        await db.execute(
            "UPDATE ticket_group SET taken = taken + $2, held = held - $3 WHERE id = $1",
            group_id,
            people,
            drawn_from_group,
        )


async def set_held(event_id: UUID, held: int) -> None:
    await db.execute("UPDATE event_seats SET held = $2 WHERE event = $1 AND held <> $2", event_id, held)


async def set_counts(counts: Mapping[UUID, tuple[int, int]], *, beyond: bool) -> None:
    """Write (taken, held) of groups as counted; more than the quota only where somebody decided that (`beyond`)."""
    await db.execute(
        """UPDATE ticket_group g SET taken = c.taken, held = c.held,
             excess = CASE WHEN g.quota IS NULL THEN 0 WHEN $4 THEN greatest(0, c.taken - g.quota)
               ELSE least(g.excess, greatest(0, c.taken - g.quota)) END
           FROM unnest($1::uuid[], $2::int[], $3::int[]) AS c(id, taken, held)
           WHERE g.id = c.id AND (g.taken, g.held) <> (c.taken, c.held)""",
        list(counts),
        [taken for taken, _ in counts.values()],
        [held for _, held in counts.values()],
        beyond,
    )


def _keys(groups: Sequence[Group]) -> list[str]:
    return [group.key for group in groups]
