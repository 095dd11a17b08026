"""Double opt-in: an address is asked by mail, and its owner says yes with a button behind the mailed link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from events_app.kit import clock, db
from events_app.kit.errors import Invalid, NotFound, Refusal
from events_app.newsletter import queries, rules
from events_app.newsletter.queries import SubscriberRow
from events_app.newsletter.rules import Source
from events_app.newsletter.schemas import Preferences, SignUp
from events_app.newsletter.service.links import address_hash, to_confirm
from events_app.organisations import queries as organisations
from events_app.outbox.service import NewMail, queue

TABLE = "newsletter_subscriber"


class LinkExpired(Refusal):
    status = 410
    code = "link_expired"
    message = "This link has expired. Please sign up again."


async def sign_up(entered: SignUp, source: Source = "form") -> UUID | None:
    """Ask an address whether its owner wants the newsletter; nothing is sent to it before they say yes.

    Whoever reads it already gets a mail that says so, with the way to their preferences: nobody learns here who reads
    it, and nobody changes another's choices. An address that was asked a moment ago is left alone. Gives the
    subscriber's id if a mail was queued (people of the demo get none). Raises `Invalid`.
    """
    entered = rules.tidied(entered)
    known = await _cluster_ids()
    if errors := rules.signup_problems(entered, known):
        raise Invalid(errors=errors)
    async with db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 19))", entered.email)  # twice at one moment
        before = await queries.subscriber_of(address_hash(entered.email), lock=True)
        if before is not None and clock.now() < before.asked_at + rules.wait_after(before.asks):
            return None
        subscriber_id = await _noted(entered, before, source, [known[slug] for slug in entered.clusters])
        if source != "demo":
            payload = {"subscriber": str(subscriber_id)}
            await queue([NewMail("newsletter-confirm", entered.email, entered.language, payload)])
    return subscriber_id


async def check(token: str) -> SubscriberRow:
    """Who would confirm with this link; looking changes nothing. Raises `NotFound`, `LinkExpired`."""
    reader = await to_confirm(token)
    if reader is None or reader.status == "unsubscribed":
        raise NotFound("This link is not valid (any more). Please sign up again.")
    _refuse_if_expired(reader)
    return reader


async def confirm(token: str) -> SubscriberRow:
    """The owner of the address wants the newsletter; a second press changes nothing. Raises as `check` does."""
    async with db.transaction():
        reader = await to_confirm(token, lock=True)
        if reader is None or reader.status == "unsubscribed":
            raise NotFound("This link is not valid (any more). Please sign up again.")
        if reader.status == "confirmed":
            return reader
        _refuse_if_expired(reader)
        await _confirmed(reader.id)
    return reader


async def confirm_demo(subscriber_id: UUID) -> None:
    """An invented person of the demo, who can't press a button."""
    async with db.transaction():
        await _confirmed(subscriber_id)


async def keep_proof(subscriber_id: UUID, generation: int, mail: bytes) -> None:
    """Keep the confirmation mail that leaves now: with the times and the wording it proves what was agreed to."""
    await db.execute(
        """UPDATE newsletter_subscriber SET confirm_mail = $3
           WHERE id = $1 AND generation = $2 AND status = 'pending'""",
        subscriber_id,
        generation,
        mail,
    )


async def forget_expired() -> None:
    """Drop sign-ups that nobody confirmed, and what was kept of those who left long ago."""
    now = clock.now()
    await db.execute(
        "DELETE FROM newsletter_subscriber WHERE status = 'pending' AND asked_at <= $1", now - rules.CONFIRM_WITHIN
    )
    await db.execute(
        "DELETE FROM newsletter_subscriber WHERE status = 'unsubscribed' AND unsubscribed_at <= $1",
        now - rules.PROOF_KEPT,
    )


async def cluster_ids_of(slugs: Sequence[str]) -> list[UUID]:
    known = await _cluster_ids()
    return [known[slug] for slug in slugs]


async def refuse_wrong(entered: Preferences) -> None:
    """Raises `Invalid`."""
    if errors := rules.preference_problems(entered, await _cluster_ids()):
        raise Invalid(errors=errors)


async def _cluster_ids() -> Mapping[str, UUID]:
    return {cluster.slug: cluster.id for cluster in await organisations.clusters()}


def choices_of(entered: Preferences, clusters: Sequence[UUID]) -> dict[str, Any]:
    """The columns of somebody's preferences."""
    plain = {name: getattr(entered, name) for name in ("name", "organisation", "role", "region", "language", "topics")}
    return plain | {"clusters": list(clusters)}


async def _noted(entered: SignUp, before: SubscriberRow | None, source: Source, clusters: Sequence[UUID]) -> UUID:
    """The row of this request; of somebody who reads the newsletter already, only that they were told so."""
    now = clock.now()
    if before is not None and before.status == "confirmed":
        await queries.update(TABLE, before.id, {"asks": before.asks + 1, "asked_at": now})
        return before.id
    request = {
        **choices_of(entered, clusters),
        "status": "pending",
        "source": source,
        "asks": (before.asks if before else 0) + 1,
        "asked_at": now,
        "wording": rules.WORDING,
        "requested_at": now,
        "confirmed_at": None,
        "unsubscribed_at": None,
        "confirm_mail": None,
    }
    if before is not None:
        await queries.update(TABLE, before.id, request | {"generation": before.generation + 1})
        return before.id
    subscriber_id = uuid4()
    own = {"id": subscriber_id, "email": entered.email, "address_hash": address_hash(entered.email), "generation": 0}
    await queries.insert(TABLE, own | request)
    return subscriber_id


async def _confirmed(subscriber_id: UUID) -> None:
    row = await db.fetch_row(
        """UPDATE newsletter_subscriber SET status = 'confirmed', confirmed_at = greatest($2, requested_at), asks = 0
           WHERE id = $1 RETURNING address_hash""",
        subscriber_id,
        clock.now(),
    )
    if row is not None:
        await db.execute("DELETE FROM newsletter_suppression WHERE address_hash = $1", row["address_hash"])


def _refuse_if_expired(reader: SubscriberRow) -> None:
    if reader.status == "pending" and clock.now() >= reader.requested_at + rules.CONFIRM_WITHIN:
        raise LinkExpired
