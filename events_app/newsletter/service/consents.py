"""The newsletter's box in a registration: whoever ticks it is asked by mail as everybody is, never signed up at once.

`registration` lies below and knows nothing of newsletters; what happened there is found in its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from events_app.kit import db
from events_app.kit.i18n import known_language
from events_app.newsletter import queries, rules
from events_app.newsletter.schemas import SignUp
from events_app.newsletter.service import readers
from events_app.newsletter.service.links import address_hash
from events_app.newsletter.service.signup import sign_up

PORTION = 100


@dataclass(frozen=True)
class _Ticked:
    """A registration whose contact wants the newsletter; `known_*`: what was done about it before."""

    id: UUID
    email: str
    name: str
    organisation: str
    kind: str
    district: str | None
    language: str
    cluster: str | None
    at: str
    known_hash: str | None
    known_given: bool | None


async def follow() -> int:
    """Ask who has ticked the box since, let go who has unticked it or was erased; gives how many it were."""
    ticked = await db.fetch(
        """SELECT r.id, r.contact_email AS email, r.contact_given_name || ' ' || r.contact_family_name AS name,
             r.organisation_name AS organisation, r.organisation_kind AS kind, r.organisation_district AS district,
             r.language, c.slug AS cluster, r.consents -> 'newsletter' ->> 'at' AS at,
             k.address_hash AS known_hash, k.given AS known_given
           FROM registration r JOIN event e ON e.id = r.event LEFT JOIN cluster c ON c.id = e.cluster
             LEFT JOIN newsletter_consent k ON k.registration = r.id
           WHERE (r.consents -> 'newsletter' ->> 'given') = 'true' AND r.source <> 'demo' AND r.contact_email <> ''
             AND (k.id IS NULL OR NOT k.given OR k.consent_at <> r.consents -> 'newsletter' ->> 'at')
           LIMIT $1""",
        PORTION,
    )
    gone = await db.fetch(
        """SELECT k.id, k.address_hash, r.erased_at IS NOT NULL AS erased,
             (r.consents -> 'newsletter' ->> 'given') = 'false' AS refused
           FROM newsletter_consent k JOIN registration r ON r.id = k.registration
           WHERE k.given AND (r.consents -> 'newsletter' ->> 'given') IS DISTINCT FROM 'true' LIMIT $1""",
        PORTION,
    )
    for row in ticked:
        await _ask(_Ticked(**dict(row)))
    for row in gone:
        await _let_go(dict(row))
    return len(ticked) + len(gone)


async def _ask(one: _Ticked) -> None:
    """Ask once for each time the box was ticked, unless the address has left the newsletter after that."""
    hashed = address_hash(one.email)
    async with db.transaction():
        mine = await db.execute(
            """INSERT INTO newsletter_consent (id, registration, consent_at, given, address_hash)
               VALUES ($1, $2, $3, true, $4)
               ON CONFLICT (registration) DO UPDATE
                 SET consent_at = EXCLUDED.consent_at, given = true, address_hash = EXCLUDED.address_hash
                 WHERE NOT newsletter_consent.given OR newsletter_consent.consent_at <> EXCLUDED.consent_at""",
            uuid4(),
            one.id,
            one.at,
            hashed,
        )
        unchanged = bool(one.known_given) and one.known_hash == hashed
        if not mine or unchanged or await _left_since(hashed, one.at):
            return
        reader = await queries.subscriber_of(hashed)
        if reader is None or reader.status != "confirmed":
            await sign_up(_entry(one), "registration")


async def _left_since(hashed: str, at: str) -> bool:
    left = await queries.suppressed_at(hashed)
    return left is not None and left >= datetime.fromisoformat(at)


def _entry(one: _Ticked) -> SignUp:
    return SignUp(
        email=one.email,
        name=one.name[: rules.MAX_NAME],
        organisation=one.organisation[: rules.MAX_ORGANISATION],
        role=rules.ROLE_OF_KIND.get(one.kind, "other"),
        region=rules.region_of(one.district),
        language=known_language(one.language),
        clusters=[one.cluster] if one.cluster else [],
    )


async def _let_go(row: dict[str, Any]) -> None:
    """Unticked: as if unsubscribed. Erased: what came from the registration goes with it. Handed over: nothing."""
    async with db.transaction():
        mine = await db.execute("UPDATE newsletter_consent SET given = false WHERE id = $1 AND given", row["id"])
        if mine and row["erased"]:
            reader = await queries.subscriber_of(row["address_hash"])
            if reader is not None and reader.source == "registration":
                await readers.forget_hash(row["address_hash"])
        elif mine and row["refused"]:
            await readers.unsubscribe_hash(row["address_hash"])
