"""Showing a run's matches to the participants."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, EventCancelled
from events_app.matchmaking import queries
from events_app.matchmaking.queries import Contact, RunRow
from events_app.matchmaking.service import calendars
from events_app.matchmaking.service.runs import get_run, note, reread
from events_app.outbox.service import NewMail, queue


async def publish_run(run_id: UUID, actor: Actor, *, tell: bool = True) -> RunRow:
    """Show the matches to the participants, write their meetings into calendars, and mail those for whom it's news.

    One mail per registration and per person with new meetings, one per meeting that changed or is gone; none without
    `tell`. An earlier published run of the event is superseded; publishing twice is harmless. Raises `Conflict` for a
    run that isn't done, `EventCancelled`.
    """
    run = await get_run(run_id, actor)
    event = await events.managed_event(run.slug, actor)
    if event.public.status == "cancelled":
        raise EventCancelled
    async with db.transaction():
        await _lock_runs(run.event_id)
        run = await reread(run_id)
        if run.status != "done":
            raise Conflict("Only a finished run can be published.")
        earlier = await queries.current_run(run.event_id)
        if earlier is None or earlier.id != run.id:
            await _publish(event, run, tell=tell)
            await note(actor, "matching-run-published", run.id, run.event_id)
    return await reread(run_id)


async def to_be_told(run: RunRow) -> Sequence[Contact]:
    """Whom publishing the run would write to: the contacts of registrations with matches that are new to them.

    That is everybody where introductions take the place of meetings, or meetings that of introductions.
    """
    earlier = await queries.current_run(run.event_id)
    alike = earlier is not None and earlier.mode == run.mode
    before = _counterparts(await queries.chosen_pairs(earlier.id, shown_only=True)) if earlier and alike else {}
    now = _counterparts(await queries.chosen_pairs(run.id, shown_only=True))
    return await queries.contacts([id_ for id_, others in now.items() if others != before.get(id_)])


async def _publish(event: EventRow, run: RunRow, *, tell: bool) -> None:
    told = await to_be_told(run) if tell else ()
    await db.execute("UPDATE matching_run SET published_at = $2 WHERE id = $1", run.id, clock.now())
    news = await calendars.follow(event)
    if tell:
        newly = await calendars.registrations_of(news.added) - {contact.registration_id for contact in told}
        await _write([*told, *await queries.contacts(list(newly))], run)
        await calendars.announce(event, news)
        await calendars.tell(event, news)


async def _write(told: Sequence[Contact], run: RunRow) -> None:
    mails = [
        NewMail(
            kind="matches-published",
            recipient=contact.email,
            language=contact.language,
            payload={"run": str(run.id)},
            event_id=run.event_id,
            registration_id=contact.registration_id,
        )
        for contact in told
    ]
    if mails:
        await queue(mails)


def _counterparts(pairs: Sequence[tuple[UUID, UUID]]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


async def _lock_runs(event_id: UUID) -> None:
    """Two publications of one event go one after the other."""
    await db.execute("SELECT 1 FROM matching_run WHERE event = $1 ORDER BY id FOR NO KEY UPDATE", event_id)


async def left_out(run: RunRow) -> int:
    """How many of the run's matches nobody will see, as one of the two spoke against them since."""
    shown = await queries.chosen_pairs(run.id, shown_only=True)
    return len(await queries.chosen_pairs(run.id)) - len(shown)
