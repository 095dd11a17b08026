"""Issues at the desk: written, tried out, sent now or later, held and let go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.events import listing
from events_app.events.queries import EventRow, by_id
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from events_app.newsletter import queries, rules
from events_app.newsletter.queries import IssueRow
from events_app.newsletter.rules import IssueStatus
from events_app.newsletter.schemas import Audience, IssueIn
from events_app.newsletter.service import sending
from events_app.outbox.service import NewMail, queue

TABLE = "newsletter_issue"


async def managed_issue(issue_id: UUID, actor: Actor) -> IssueRow:
    """An issue that this actor may work on. Raises `NotFound`, `Forbidden`."""
    found = await queries.issue(issue_id)
    if found is None:
        raise NotFound
    if not actor.runs_cluster(found.cluster_id):
        raise Forbidden
    return found


async def desk_issues(actor: Actor) -> Sequence[IssueRow]:
    """Those of an agent's cluster; all of them for an admin."""
    return await queries.issues(everything=actor.role == "admin", cluster_id=actor.cluster_id)


async def readers(actor: Actor) -> Mapping[str, int]:
    """How many confirmed and how many asked for it: of an agent's cluster, or of all."""
    return await queries.readers(everything=actor.role == "admin", cluster_id=actor.cluster_id)


async def create_issue(written: IssueIn, cluster_id: UUID | None, actor: Actor) -> IssueRow:
    """A draft of a cluster's issue, or (null) of the whole programme's. Raises `Invalid`, `Forbidden`."""
    if not actor.runs_cluster(cluster_id):
        raise Forbidden
    columns, now = await _columns(written), clock.now()
    issue_id = uuid4()
    async with db.transaction():
        own = {"id": issue_id, "slug": await _free_slug(written, now), "cluster": cluster_id}
        await queries.insert(TABLE, {**own, **columns, "status": "draft", "created_at": now, "updated_at": now})
        await _note(actor, "newsletter-created", issue_id)
    return await managed_issue(issue_id, actor)


async def change_issue(issue_id: UUID, written: IssueIn, actor: Actor) -> None:
    """Write a draft anew. Raises `Invalid`, `Conflict` once it is on its way, and as `managed_issue`."""
    columns = await _columns(written)
    async with db.transaction():
        await _in_state(issue_id, actor, {"draft"})
        await _change(issue_id, columns)
        await _note(actor, "newsletter-changed", issue_id)


async def delete_draft(issue_id: UUID, actor: Actor) -> None:
    """Raises `Conflict` for what has been sent, and as `managed_issue`."""
    async with db.transaction():
        await _in_state(issue_id, actor, {"draft"})
        await db.execute("DELETE FROM newsletter_issue WHERE id = $1", issue_id)
        await _note(actor, "newsletter-deleted", issue_id)


async def send_issue(issue_id: UUID, actor: Actor, at: datetime | None = None) -> None:
    """Send a draft, now or at a later time; until then it can be taken back.

    Raises `Invalid` if something is missing, `Conflict` if it is on its way already, and as `managed_issue`.
    """
    async with db.transaction():
        issue = await _in_state(issue_id, actor, {"draft"})
        if errors := rules.sending_problems(issue.written):
            raise Invalid(errors=errors)
        await _change(issue_id, {"status": "queued", "scheduled_at": at or clock.now()})
        await _note(actor, "newsletter-sent", issue_id)


async def unschedule(issue_id: UUID, actor: Actor) -> None:
    """A draft again. Raises `Conflict` once sending has begun, and as `managed_issue`."""
    async with db.transaction():
        await _in_state(issue_id, actor, {"queued"})
        await _change(issue_id, {"status": "draft", "scheduled_at": None})
        await _note(actor, "newsletter-unscheduled", issue_id)


async def pause_issue(issue_id: UUID, actor: Actor) -> None:
    """Hold an issue under way: what no worker has in hand stays here. Raises `Conflict`, and as `managed_issue`."""
    async with db.transaction():
        await _in_state(issue_id, actor, {"sending"})
        await sending.take_back(issue_id)
        await _change(issue_id, {"status": "paused"})
        await _note(actor, "newsletter-paused", issue_id)


async def continue_issue(issue_id: UUID, actor: Actor) -> None:
    """Raises `Conflict` unless it is paused, and as `managed_issue`."""
    async with db.transaction():
        await _in_state(issue_id, actor, {"paused"})
        await _change(issue_id, {"status": "sending"})
        await _note(actor, "newsletter-continued", issue_id)


async def send_test(issue_id: UUID, actor: Actor) -> str:
    """The issue to oneself, in each language that it has; gives the address. Raises `Forbidden`, as `managed_issue`."""
    issue = await managed_issue(issue_id, actor)
    address: str | None = await db.fetch_value(
        "SELECT email FROM account WHERE id = $1", actor.id if actor.kind == "account" else None
    )
    if address is None:
        raise Forbidden(
            "A test goes to your own e-mail address, but an API token has none. Please log in with your account."
        )
    payload = {"issue": str(issue_id), "test": True}
    languages = dict.fromkeys(rules.language_of(issue.written, wanted) for wanted in ("de", "en"))
    async with db.transaction():
        await queue([NewMail("newsletter-issue", address, language, payload) for language in languages])
    return address


async def audience_size(issue: IssueRow) -> int:
    return await queries.audience_size(issue.audience, clock.now())


async def count_audience(audience: Audience, cluster_id: UUID | None) -> int:
    """How many people a filter as it is being chosen would reach."""
    chosen = audience if cluster_id is None else msgspec.structs.replace(audience, clusters=[cluster_id])
    return await queries.audience_size(chosen, clock.now())


async def cards(issue: IssueIn) -> Sequence[EventRow]:
    """The events shown in an issue, by their start; those that are still drafts are left out."""
    found = [await by_id(event_id) for event_id in issue.events]
    public = [event for event in found if event is not None and event.public.status != "draft"]
    return sorted(public, key=lambda event: event.public.starts_at)


async def coming_events() -> Sequence[EventRow]:
    """What can be put into an issue, next first."""
    return [event for event in await listing.coming(clock.now()) if event.public.status == "published"]


async def _in_state(issue_id: UUID, actor: Actor, wanted: set[IssueStatus]) -> IssueRow:
    await managed_issue(issue_id, actor)
    issue = await queries.issue(issue_id, lock=True)
    if issue is None:
        raise NotFound
    if issue.status not in wanted and "draft" in wanted:
        raise Conflict("This issue is on its way already and can't be changed any more.")
    if issue.status not in wanted:
        raise Conflict
    return issue


async def _columns(written: IssueIn) -> dict[str, Any]:
    issue = rules.tidied_issue(written)
    errors = rules.issue_problems(issue)
    known = {row["id"] for row in await db.fetch("SELECT id FROM event WHERE id = ANY($1::uuid[])", issue.events)}
    if set(issue.events) - known:
        errors.append(FieldError("/events", "unknown_id", "This is not in our list."))
    if errors:
        raise Invalid(errors=errors)
    columns = {name: getattr(issue, name) for name in IssueIn.__struct_fields__}
    return columns | {"audience": db.as_json(issue.audience)}


async def _free_slug(written: IssueIn, now: datetime) -> str:
    wanted = rules.slug_of(written.subject_de, now.date())
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 20))", wanted)
    rows = await db.fetch("SELECT slug FROM newsletter_issue WHERE slug LIKE $1 || '%'", wanted)
    taken = {row["slug"] for row in rows}
    more = (f"{wanted[: rules.MAX_SLUG - 4]}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (wanted, *more) if slug not in taken)


async def _change(issue_id: UUID, columns: Mapping[str, Any]) -> None:
    await queries.update(TABLE, issue_id, {**columns, "updated_at": clock.now()})


async def _note(actor: Actor, action: str, issue_id: UUID) -> None:
    await audit.record((actor.kind, actor.id), action, "newsletter", issue_id)
