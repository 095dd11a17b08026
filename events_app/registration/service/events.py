"""Changing and cancelling an event, with everybody concerned told in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from events_app.accounts.rules import Actor
from events_app.calendar import service as calendar
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.events.schemas import EventPatch
from events_app.kit import clock, db
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.service import announce
from events_app.registration.service.groups import refuse_to_remove_used
from events_app.registration.service.line import end_offers, fill_free_seats, keep_deadlines
from events_app.registration.service.moving import move_unavailabilities


@db.retried
async def change_event(slug: str, patch: EventPatch, actor: Actor) -> EventRow:
    """Change an event; a new time, place, mode or title is mailed to everyone concerned, with the next SEQUENCE.

    Seats that a raised capacity or quota sets free are offered to those who wait. Raises `EventNotFound`, `Forbidden`,
    `Invalid`, `EventCancelled`.
    """
    event = await events.managed_event(slug, actor)
    async with db.transaction():
        if patch.groups is not UNSET:
            await refuse_to_remove_used(event, [group.key for group in patch.groups])
        before, after = await events.store_change(event, patch, actor)
        await move_unavailabilities(before, after)
        await calendar.event_changed(before, after)
        if after.public.status == "published" and after.sequence != before.sequence and not _is_past(before, after):
            await _tell_of_change(event, _as_it_was(before))
        await keep_deadlines(after)
        await fill_free_seats(event.id)
        return await events.managed_event(after.slug, actor)


@db.retried
async def cancel_event(slug: str, reason: str, actor: Actor) -> EventRow:
    """Cancel an event and tell everyone who had a place or waited for one. Cancelling twice is harmless.

    Raises `EventNotFound`, `Forbidden`.
    """
    event = await events.managed_event(slug, actor)
    if event.public.status == "cancelled":
        return event
    async with db.transaction():
        after = await events.store_cancellation(event, reason, actor)
        if event.public.status == "published":
            await end_offers(event.id)
            await calendar.event_cancelled(event.id)
            await announce.tell_people(await _live(event), "event-cancelled", {"reason": after.cancel_reason})
        return after


def _is_past(before: EventRow, after: EventRow) -> bool:
    """Whether a change comes after the event: a title put right then is news to nobody."""
    return max(before.public.ends_at, after.public.ends_at) <= clock.now()


def _as_it_was(before: EventRow) -> dict[str, str | None]:
    old = before.public
    return {
        "old_title": old.title,
        "old_starts_at": old.starts_at.isoformat(),
        "old_ends_at": old.ends_at.isoformat(),
        "old_mode": old.mode,
        "old_place": ", ".join(calendar.event_place(before)),
        "old_online_url": (before.online_url or "") if old.mode != "onsite" else "",
    }


async def _tell_of_change(event: EventRow, payload: Mapping[str, str | None]) -> None:
    """Each person who has a place; for those in line, who have had no mail yet, their contact once."""
    people = await _live(event)
    await announce.tell_people([pair for pair in people if pair[1].status == "confirmed"], "event-changed", payload)
    in_line = {row.id: row for row, person in people if person.status != "confirmed"}
    await announce.send(announce.to_contact(row, "event-changed", payload) for row in in_line.values())


async def _live(event: EventRow) -> Sequence[tuple[RegistrationRow, AttendeeRow]]:
    registrations = {row.id: row for row in await queries.registrations_of_event(event.id)}
    people = await queries.live_attendees_of_event(event.id)
    return [(registrations[person.registration], person) for person in people]
