"""Reading and writing what registrations say about each other: wishes, vetoes, agreements, feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from events_app.kit import clock, db
from events_app.matchmaking.queries import MAY_BE_MATCHED, Organisation
from events_app.matchmaking.schemas import Agreement, OpinionKind, Useful

_ABOUT = f"""CASE WHEN {MAY_BE_MATCHED} THEN r.organisation_name END AS about"""
_SAID = {
    name: f"SELECT {_ABOUT}, {columns} FROM {table} s JOIN registration r ON r.id = s.other"  # noqa: S608 - constants
    " WHERE s.registration = $1 ORDER BY s.created_at, s.id"
    for name, table, columns in (
        ("opinions", "matching_opinion", "s.kind, s.created_at"),
        ("contact_agreements", "contact_agreement", "s.created_at, s.exchanged_at"),
        ("feedback", "meeting_feedback", "s.useful, s.remark, s.created_at"),
    )
}


@dataclass(frozen=True)
class Opinion:
    """`registration` said `kind` of `other`."""

    registration: UUID
    other: UUID
    kind: OpinionKind


@dataclass(frozen=True)
class Stated:
    """One of a registration's own opinions, with whom it is about."""

    other: Organisation
    kind: OpinionKind


@dataclass(frozen=True)
class Feedback:
    """`about` is the other organisation's name."""

    organisation: str
    about: str
    useful: Useful
    remark: str
    created_at: datetime


async def opinions_of_event(event_id: UUID) -> Sequence[Opinion]:
    """In the order of their ids, so that equal ones are equal input."""
    rows = await db.fetch(
        """SELECT o.registration, o.other, o.kind FROM matching_opinion o JOIN registration r ON r.id = o.registration
           WHERE r.event = $1 ORDER BY o.registration, o.other""",
        event_id,
    )
    return [Opinion(**dict(row)) for row in rows]


async def stated_by(registration_id: UUID) -> Sequence[Stated]:
    """A registration's own opinions about those that still take part, by name."""
    rows = await db.fetch(
        f"""SELECT o.kind, r.id, r.organisation_name AS name, r.organisation_kind AS org_kind,
              r.organisation_postcode AS postcode, r.organisation_district AS district
            FROM matching_opinion o JOIN registration r ON r.id = o.other
            WHERE o.registration = $1 AND {MAY_BE_MATCHED} ORDER BY lower(r.organisation_name), r.id""",  # noqa: S608 - constant
        registration_id,
    )
    return [
        Stated(Organisation(row["id"], row["name"], row["org_kind"], row["postcode"], row["district"]), row["kind"])
        for row in rows
    ]


async def state(registration_id: UUID, other_id: UUID, kind: OpinionKind) -> None:
    """Say it, in place of what was said before; who goes on speaking against a meeting has done so since then."""
    await db.execute(
        """INSERT INTO matching_opinion AS known (id, registration, other, kind, created_at)
           VALUES ($1, $2, $3, $4::varchar, $5)
           ON CONFLICT (registration, other) DO UPDATE SET kind = EXCLUDED.kind, created_at =
             CASE WHEN (known.kind IN ('want', 'must')) = (EXCLUDED.kind IN ('want', 'must'))
               THEN known.created_at ELSE EXCLUDED.created_at END""",
        uuid4(),
        registration_id,
        other_id,
        kind,
        clock.now(),
    )


async def revoke(registration_id: UUID, other_id: UUID) -> None:
    await db.execute("DELETE FROM matching_opinion WHERE registration = $1 AND other = $2", registration_id, other_id)


async def hold(ids: Sequence[UUID]) -> None:
    """Let nobody else decide about these registrations until the transaction ends."""
    await db.execute("SELECT 1 FROM registration WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(ids))


async def agree(registration_id: UUID, other_id: UUID) -> None:
    await db.execute(
        """INSERT INTO contact_agreement (id, registration, other, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (registration, other) DO NOTHING""",
        uuid4(),
        registration_id,
        other_id,
        clock.now(),
    )


async def take_back(registration_id: UUID, other_id: UUID) -> None:
    """Withdraw an agreement; what has been exchanged stays exchanged."""
    await db.execute(
        "DELETE FROM contact_agreement WHERE registration = $1 AND other = $2 AND exchanged_at IS NULL",
        registration_id,
        other_id,
    )


async def exchange(one: UUID, other: UUID) -> bool:
    """Whether both agree and this is the first to note so."""
    noted = await db.execute(
        """UPDATE contact_agreement SET exchanged_at = $3 WHERE exchanged_at IS NULL
             AND (registration, other) IN (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))
             AND 2 = (SELECT count(*) FROM contact_agreement
               WHERE (registration, other) IN (($1::uuid, $2::uuid), ($2::uuid, $1::uuid)))""",
        one,
        other,
        clock.now(),
    )
    return noted > 0


async def agreements(registration_id: UUID) -> Mapping[UUID, Agreement]:
    """How far the exchange of contacts is with each other registration; none: neither has agreed."""
    rows = await db.fetch(
        """SELECT CASE WHEN registration = $1 THEN other ELSE registration END AS other,
             bool_or(registration = $1) AS mine, bool_or(exchanged_at IS NOT NULL) AS done
           FROM contact_agreement WHERE $1 IN (registration, other) GROUP BY 1""",
        registration_id,
    )
    return {row["other"]: "exchanged" if row["done"] else "mine" if row["mine"] else "theirs" for row in rows}


async def set_feedback(registration_id: UUID, other_id: UUID, useful: Useful, remark: str) -> None:
    await db.execute(
        """INSERT INTO meeting_feedback (id, registration, other, useful, remark, created_at)
           VALUES ($1, $2, $3, $4::varchar, $5, $6)
           ON CONFLICT (registration, other) DO UPDATE SET useful = EXCLUDED.useful, remark = EXCLUDED.remark""",
        uuid4(),
        registration_id,
        other_id,
        useful,
        remark,
        clock.now(),
    )


async def feedback_by(registration_id: UUID) -> Mapping[UUID, tuple[Useful, str]]:
    """What a registration said, by whom it is about."""
    rows = await db.fetch("SELECT other, useful, remark FROM meeting_feedback WHERE registration = $1", registration_id)
    return {row["other"]: (row["useful"], row["remark"]) for row in rows}


async def said_by(registration_id: UUID) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """All that a registration said of others: opinions, agreements to exchange contacts, feedback; by time.

    An organisation that does not take part any more is not named.
    """
    return {name: [dict(row) for row in await db.fetch(query, registration_id)] for name, query in _SAID.items()}


async def forget_erased() -> None:
    """Of registrations that were erased nothing stays but how useful talks were; nor what others remarked on them."""
    erased = "(SELECT id FROM registration WHERE erased_at IS NOT NULL)"
    of_erased = f"registration IN {erased} OR other IN {erased}"
    await db.execute(f"DELETE FROM matching_opinion WHERE {of_erased}")  # noqa: S608 - constant
    await db.execute(f"UPDATE meeting_feedback SET remark = '' WHERE remark <> '' AND ({of_erased})")  # noqa: S608 - constant


async def feedback_of_event(event_id: UUID) -> Sequence[Feedback]:
    rows = await db.fetch(
        """SELECT r.organisation_name AS organisation, a.organisation_name AS about, f.useful, f.remark, f.created_at
           FROM meeting_feedback f JOIN registration r ON r.id = f.registration JOIN registration a ON a.id = f.other
           WHERE r.event = $1 ORDER BY f.created_at DESC, f.id""",
        event_id,
    )
    return [Feedback(**dict(row)) for row in rows]
