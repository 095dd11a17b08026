"""What readers decide later: other topics, a pause, leaving, and being forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from events_app.accounts.rules import normal_email
from events_app.kit import clock, db
from events_app.kit.errors import NotFound
from events_app.newsletter import queries, rules
from events_app.newsletter.queries import SubscriberRow
from events_app.newsletter.schemas import Preferences
from events_app.newsletter.service import sending, signup
from events_app.newsletter.service.links import address_hash
from events_app.outbox.service import forget as letting_go

KINDS = ("newsletter-confirm", "newsletter-issue")
MONTH = timedelta(days=30)
LAST_ISSUE = timedelta(days=60)
"""An issue is what somebody left for, if it is the last they got and no older than this."""
EMPTY: Mapping[str, Any] = {"name": "", "organisation": "", "role": "", "region": "", "clusters": [], "topics": []}


async def reader(subscriber_id: UUID) -> SubscriberRow:
    """Somebody who reads the newsletter. Raises `NotFound` for those who left or never confirmed."""
    found = await queries.subscriber(subscriber_id)
    if found is None or found.status != "confirmed":
        raise NotFound("You don't get this newsletter (any more). You can sign up again at any time.")
    return found


async def change_preferences(subscriber_id: UUID, entered: Preferences, pause_months: int | None = None) -> None:
    """`pause_months`: nothing comes for so long; 0 ends a pause, None leaves it. Raises `Invalid`, `NotFound`."""
    entered = rules.tidied(entered)
    await signup.refuse_wrong(entered)
    columns = signup.choices_of(entered, await signup.cluster_ids_of(entered.clusters))
    if pause_months is not None:
        columns["paused_until"] = clock.now() + pause_months * MONTH if pause_months else None
    async with db.transaction():
        await reader(subscriber_id)
        await queries.update(signup.TABLE, subscriber_id, columns)


async def unsubscribe(subscriber_id: UUID) -> None:
    """No issue from now on, those waiting in the queue included. Twice, or once erased, it changes nothing."""
    async with db.transaction():
        found = await queries.subscriber(subscriber_id, lock=True)
        if found is not None and found.status == "confirmed":
            await _leave(found)
        elif found is not None and found.status == "pending":
            await db.execute("DELETE FROM newsletter_subscriber WHERE id = $1", subscriber_id)
            await letting_go.forget_kinds(KINDS, found.email)


async def unsubscribe_hash(hashed: str) -> None:
    """The same by what is kept of an address."""
    found = await queries.subscriber_of(hashed)
    if found is not None:
        await unsubscribe(found.id)


async def forget(email: str) -> bool:
    """Erase an address from the newsletter; whether it was there. How many mails left stays, and a keyed hash.

    The hash keeps the address from ever getting an issue again, unless its owner confirms a new sign-up. For
    `clustertreff erase EMAIL` and everybody who erases a person from above; joins a running transaction.
    """
    address = normal_email(email)
    return await _forget(address_hash(address), address)


async def forget_hash(hashed: str) -> bool:
    found = await queries.subscriber_of(hashed)
    return found is not None and await _forget(hashed, found.email)


async def forget_reader(subscriber_id: UUID) -> None:
    """The reader's own button. Raises `NotFound` if there is nobody (any more)."""
    found = await queries.subscriber(subscriber_id)
    if found is None:
        raise NotFound("You don't get this newsletter (any more). You can sign up again at any time.")
    await _forget(found.address_hash, found.email)


async def _forget(hashed: str, address: str) -> bool:
    async with db.transaction():
        found = await queries.subscriber_of(hashed, lock=True)
        if found is not None:
            await sending.settle_of(found.id)  # the mails' rows are about to forget whose they were
            await sending.skip(found.id)
        await letting_go.forget_kinds(KINDS, address)
        await db.execute("DELETE FROM newsletter_subscriber WHERE address_hash = $1", hashed)
        await _suppress(hashed, "erased")
    return found is not None


async def _leave(found: SubscriberRow) -> None:
    await queries.update(
        signup.TABLE,
        found.id,
        {**EMPTY, "status": "unsubscribed", "unsubscribed_at": clock.now(), "paused_until": None, "asks": 0},
    )
    await _suppress(found.address_hash, "unsubscribed")
    await sending.settle_of(found.id)
    await sending.skip(found.id)
    await db.execute(
        """UPDATE newsletter_issue SET unsubscribed = unsubscribed + 1 WHERE id = (
             SELECT d.issue FROM newsletter_delivery d JOIN newsletter_issue i ON i.id = d.issue
             WHERE d.subscriber = $1 AND d.state = 'sent' AND i.started_at > $2
             ORDER BY i.started_at DESC LIMIT 1)""",
        found.id,
        clock.now() - LAST_ISSUE,
    )


async def _suppress(hashed: str, reason: Literal["unsubscribed", "erased"]) -> None:
    await db.execute(
        """INSERT INTO newsletter_suppression (address_hash, reason, created_at) VALUES ($1, $2, $3)
           ON CONFLICT (address_hash) DO UPDATE SET reason = EXCLUDED.reason, created_at = EXCLUDED.created_at""",
        hashed,
        reason,
        clock.now(),
    )


async def slugs_of(clusters: Sequence[UUID]) -> list[str]:
    """The slugs of clusters that are still there."""
    rows = await db.fetch("SELECT slug FROM cluster WHERE id = ANY($1::uuid[]) ORDER BY position", list(clusters))
    return [row["slug"] for row in rows]
