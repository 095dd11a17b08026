"""From an issue to mails in the outbox: the audience is fixed once, then mails are queued in portions.

Everything follows from rows: a worker that dies leaves nothing half done, two workers never queue a mail twice, and
an emptied Valkey loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from events_app.kit import clock, db
from events_app.newsletter import queries, rules
from events_app.newsletter.queries import IssueRow
from events_app.newsletter.service import links
from events_app.outbox.service import NewMail, queue, taken_back

KIND = "newsletter-issue"
BACKLOG = 300
"""So many mails of an issue wait in the outbox at most: a pause takes hold soon, and other mail has little to wait."""
STILL_SETTLED = timedelta(days=3)
"""So long after its end an issue notices that a mail given up was sent once more by hand."""


@dataclass(frozen=True)
class _Due:
    delivery: UUID
    subscriber: UUID
    email: str
    language: str


async def feed() -> bool:
    """Begin what is due, queue the next portion of each issue under way, note what has become of mails.

    Gives whether anything moved: then there may be more to do at once.
    """
    begun = await _begin_due()
    rows = await db.fetch(
        """SELECT id FROM newsletter_issue WHERE status IN ('sending', 'paused') OR finished_at > $1
           ORDER BY started_at, id""",
        clock.now() - STILL_SETTLED,
    )
    moved = [await _feed(row["id"]) for row in rows]
    return begun > 0 or any(moved)


async def settle_of(subscriber_id: UUID) -> None:
    """Note what has become of one subscriber's mails."""
    await _settle("d.subscriber = $1", subscriber_id)


async def skip(subscriber_id: UUID) -> None:
    """Take back what is on its way to somebody who leaves."""
    rows = await db.fetch(
        """UPDATE newsletter_delivery SET state = 'skipped', changed_at = $2
           WHERE subscriber = $1 AND state IN ('due', 'queued') RETURNING id""",
        subscriber_id,
        clock.now(),
    )
    await taken_back.take_back(KIND, [row["id"] for row in rows])


async def take_back(issue_id: UUID) -> None:
    """What waits in the outbox is due again; what a worker has in hand leaves."""
    await _settle("d.issue = $1", issue_id)
    rows = await db.fetch("SELECT id FROM newsletter_delivery WHERE issue = $1 AND state = 'queued'", issue_id)
    caught = await taken_back.take_back(KIND, [row["id"] for row in rows])
    await _set_state(caught, "due")


async def sent_elsewhere(issue_id: UUID) -> None:
    """An issue that left before this database knew of it (the demo's): everything is sent, no mail is queued."""
    now = clock.now()
    async with db.transaction():
        await _begin(issue_id)
        await db.execute(
            "UPDATE newsletter_delivery SET state = 'sent', changed_at = $2 WHERE issue = $1", issue_id, now
        )
        await _finish(issue_id)


async def _begin_due() -> int:
    async with db.transaction():
        rows = await db.fetch(
            """SELECT id FROM newsletter_issue WHERE status = 'queued' AND scheduled_at <= $1
               ORDER BY scheduled_at FOR UPDATE SKIP LOCKED""",
            clock.now(),
        )
        for row in rows:
            await _begin(row["id"])
    return len(rows)


async def _begin(issue_id: UUID) -> None:
    issue, now = await queries.issue(issue_id), clock.now()
    assert issue is not None  # noqa: S101 - its row is locked
    recipients = await queries.fix_audience(issue_id, issue.audience, now)
    await db.execute(
        """UPDATE newsletter_issue SET status = 'sending', started_at = $2, updated_at = $2, recipients = $3,
             scheduled_at = coalesce(scheduled_at, $2)
           WHERE id = $1 AND status IN ('draft', 'queued')""",
        issue_id,
        now,
        recipients,
    )


async def _feed(issue_id: UUID) -> bool:
    async with db.transaction():
        mine = await db.fetch_value(
            "SELECT status FROM newsletter_issue WHERE id = $1 FOR UPDATE SKIP LOCKED", issue_id
        )
        if mine is None:
            return False  # another worker has it in hand
        settled = await _settle("d.issue = $1", issue_id)
        issue = await queries.issue(issue_id) if mine == "sending" else None
        moved = issue is not None and await _queue_portion_or_finish(issue)
    return bool(settled or moved)


async def _queue_portion_or_finish(issue: IssueRow) -> bool:
    waiting: int = await db.fetch_value(
        "SELECT count(*) FROM newsletter_delivery WHERE issue = $1 AND state = 'queued'", issue.id
    )
    due = await _due(issue.id, BACKLOG - waiting) if waiting < BACKLOG else []
    if due:
        await queue([_mail(issue, one) for one in due])
        await _set_state([one.delivery for one in due], "queued")
        return True
    return waiting == 0 and await _finish(issue.id)


async def _due(issue_id: UUID, most: int) -> Sequence[_Due]:
    rows = await db.fetch(
        """SELECT d.id AS delivery, s.id AS subscriber, s.email, s.language
           FROM newsletter_delivery d JOIN newsletter_subscriber s ON s.id = d.subscriber
           WHERE d.issue = $1 AND d.state = 'due' AND s.status = 'confirmed'
             AND NOT EXISTS (SELECT FROM newsletter_suppression x WHERE x.address_hash = s.address_hash)
           ORDER BY d.id LIMIT $2 FOR UPDATE OF d""",
        issue_id,
        most,
    )
    return [_Due(**dict(row)) for row in rows]


def _mail(issue: IssueRow, due: _Due) -> NewMail:
    payload = {"issue": str(issue.id), "delivery": str(due.delivery), "subscriber": str(due.subscriber)}
    return NewMail(
        KIND,
        due.email,
        rules.language_of(issue.written, due.language),
        payload,
        unsubscribe_url=links.unsubscribe_url(due.subscriber),
    )


async def _set_state(deliveries: Sequence[UUID], state: rules.DeliveryState) -> None:
    await db.execute(
        "UPDATE newsletter_delivery SET state = $2, changed_at = $3 WHERE id = ANY($1::uuid[])",
        list(deliveries),
        state,
        clock.now(),
    )


async def _settle(which: str, value: UUID) -> int:
    """Take over from the outbox what has been sent or given up."""
    return await db.execute(
        f"""UPDATE newsletter_delivery d SET state = CASE m.status WHEN 'sent' THEN 'sent' ELSE 'failed' END,
              changed_at = $2
            FROM outbox_mail m
            WHERE {which} AND d.state IN ('queued', 'failed') AND m.payload ->> 'delivery' = d.id::text
              AND m.status = ANY(CASE d.state WHEN 'queued' THEN ARRAY['sent', 'parked'] ELSE ARRAY['sent'] END)""",  # noqa: S608 - own conditions
        value,
        clock.now(),
    )


async def _finish(issue_id: UUID) -> bool:
    """Nothing is under way any more; what is still due is due to nobody (left, erased)."""
    now = clock.now()
    await db.execute(
        "UPDATE newsletter_delivery SET state = 'skipped', changed_at = $2 WHERE issue = $1 AND state = 'due'",
        issue_id,
        now,
    )
    done = await db.execute(
        """UPDATE newsletter_issue SET status = 'sent', finished_at = $2, updated_at = $2
           WHERE id = $1 AND status = 'sending'""",
        issue_id,
        now,
    )
    return done > 0
