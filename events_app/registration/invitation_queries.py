"""Reading and writing invitations, and counting seats by group and invitation. Counts change under the seat lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from events_app.kit import clock, db
from events_app.registration.rules.invitations import InvitationRow

_COLUMNS = ", ".join(InvitationRow.__dataclass_fields__)


@dataclass(frozen=True)
class Standing:
    """Live people of one group and invitation; `seated` of them have a seat or are offered one."""

    group: UUID | None
    invitation: UUID | None
    live: int
    seated: int


async def by_code(event_id: UUID, code: str) -> InvitationRow | None:
    return _row(await db.fetch_row(f"SELECT {_COLUMNS} FROM invitation WHERE event = $1 AND code = $2", event_id, code))  # noqa: S608 - own column names


async def by_id(invitation_id: UUID) -> InvitationRow | None:
    return _row(await db.fetch_row(f"SELECT {_COLUMNS} FROM invitation WHERE id = $1", invitation_id))  # noqa: S608 - own column names


async def of_event(event_id: UUID, most: int | None = None, after: int = 0) -> list[InvitationRow]:
    """Newest first, those made together in the order of their names; `most` of them, `after` so many."""
    rows = await db.fetch(
        f"""SELECT {_COLUMNS} FROM invitation WHERE event = $1 ORDER BY created_at DESC, email, label, code
            LIMIT $2 OFFSET $3""",  # noqa: S608 - own column names
        event_id,
        most,
        after,
    )
    return [InvitationRow(**dict(row)) for row in rows]


async def insert(rows: Sequence[InvitationRow]) -> None:
    """Raises asyncpg's unique violation for a code that the event has already."""
    names = tuple(InvitationRow.__dataclass_fields__)
    places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    for row in rows:
        await db.execute(
            f"INSERT INTO invitation ({_COLUMNS}, updated_at) VALUES ({places}, ${len(names)})",  # noqa: S608 - own column names
            *(getattr(row, name) for name in names),
        )


async def update(invitation_id: UUID, changes: Mapping[str, Any]) -> None:
    values = {**changes, "updated_at": clock.now()}
    assignments = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=2))
    await db.execute(f"UPDATE invitation SET {assignments} WHERE id = $1", invitation_id, *values.values())  # noqa: S608 - own column names


async def use(invitation_id: UUID, people: int, drawn: int) -> bool:
    """Count people who register with it, if it lets them in; `drawn` of the seats held for it are theirs."""
    used = await db.execute(
        """UPDATE invitation SET used = used + $2, held = held - $3
           WHERE id = $1 AND used + $2 <= seats AND (email IS NULL OR used = 0)
             AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)""",
        invitation_id,
        people,
        drawn,
        clock.now(),
    )
    return used == 1


async def set_counts(counts: Mapping[UUID, tuple[int, int]]) -> None:
    """Write (used, held) as counted."""
    await db.execute(
        """UPDATE invitation i SET used = c.used, held = c.held
           FROM unnest($1::uuid[], $2::int[], $3::int[]) AS c(id, used, held) WHERE i.id = c.id""",
        list(counts),
        [used for used, _ in counts.values()],
        [held for _, held in counts.values()],
    )


async def standing(event_id: UUID) -> list[Standing]:
    rows = await db.fetch(
        """SELECT r.ticket_group AS group, r.invitation, count(*)::int AS live,
             (count(*) FILTER (WHERE a.status = 'confirmed' OR o.id IS NOT NULL))::int AS seated
           FROM registration r JOIN attendee a ON a.registration = r.id AND a.status <> 'cancelled'
             LEFT JOIN seat_offer o ON o.attendee = a.id AND o.state = 'open'
           WHERE r.event = $1 AND (r.ticket_group IS NOT NULL OR r.invitation IS NOT NULL) GROUP BY 1, 2""",
        event_id,
    )
    return [Standing(**dict(row)) for row in rows]


async def any_stands(event_id: UUID) -> bool:
    found = await db.fetch_value(
        """SELECT EXISTS (SELECT FROM invitation WHERE event = $1 AND revoked_at IS NULL
             AND (expires_at IS NULL OR expires_at > $2))""",
        event_id,
        clock.now(),
    )
    return bool(found)


async def outlived(event_id: UUID, now: datetime) -> int:
    """How many invitations of this event have expired while seats are still held for them."""
    found: int = await db.fetch_value(
        "SELECT count(*) FROM invitation WHERE event = $1 AND held > 0 AND expires_at <= $2", event_id, now
    )
    return found


async def forget(event_id: UUID, emails: Sequence[str]) -> int:
    """Erase whose own invitations they were, which let nobody in any more; gives how many there were."""
    return await db.execute(
        """UPDATE invitation SET email = '', label = '', revoked_at = coalesce(revoked_at, $3), updated_at = $3
           WHERE event = $1 AND email = ANY($2::text[]) AND email <> ''""",
        event_id,
        list(emails),
        clock.now(),
    )


def _row(row: asyncpg.Record | None) -> InvitationRow | None:
    return None if row is None else InvitationRow(**dict(row))
