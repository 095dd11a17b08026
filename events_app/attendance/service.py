"""Reminders, the caterer's numbers and thank-yous: planned by the agent, sent by the clock; and people's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.attendance import queries, rules
from events_app.attendance.queries import Guest
from events_app.attendance.rules import Day, Round
from events_app.audit import service as audit
from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.events.schemas import Question
from events_app.events.service import managed_event
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, FieldError, Invalid, NotFound
from events_app.organisations import queries as organisations
from events_app.outbox.service import NewMail, queue
from events_app.registration import queries as registrations
from events_app.registration.service.leave import event_of

AHEAD = timedelta(days=rules.MAX_DAYS + 1)
LATE = timedelta(days=14)
"""How long after its moment a thank-you is still sent."""
COUNTED = {"choice", "choices", "yes_no"}


@dataclass(frozen=True)
class Count:
    """How often each answer to a question was given, most frequent first. Answers are the question's own options."""

    question: Question
    answers: tuple[tuple[str | bool, int], ...]
    unanswered: int


def day_of(event: EventRow) -> Day:
    public = event.public
    return Day(public.starts_at, public.ends_at, public.timezone)


async def plan_round(slug: str, plan: Round, actor: Actor, unreadable: Sequence[FieldError] = ()) -> None:
    """Set what goes out by itself around an event; a form with fields that could not be read is refused with the rest.

    Raises `EventNotFound`, `Forbidden`, `Invalid`.
    """
    event = await managed_event(slug, actor)
    if errors := [*unreadable, *rules.problems(plan, day_of(event))]:
        raise Invalid(errors=errors)
    async with db.transaction():
        await queries.plan_of(event.id, lock=True)
        await queries.store_plan(event.id, plan)
        await audit.record((actor.kind, actor.id), "round-planned", "event", event.id, event_id=event.id)


async def send_due() -> int:
    """Send what is due around all events, one transaction for each. Gives the number of mails queued."""
    now = clock.now()
    return sum([await _send_due_of(event_id) for event_id in await queries.near_events(now, AHEAD, LATE + AHEAD)])


async def _send_due_of(event_id: UUID) -> int:
    event = await events.by_id(event_id)
    if event is None or not _anything_due(await queries.plan_of(event_id), day_of(event), clock.now()):
        return 0
    async with db.transaction():
        plan, now = await queries.plan_of(event_id, lock=True), clock.now()
        mails, noted = await _owed(event, plan, now)
        if mails:
            await queue(mails)
        if noted:
            await queries.note_sent(event_id, noted)
    return len(mails)


def _anything_due(plan: Round, day: Day, now: datetime) -> bool:
    due = (
        rules.reminder_due(plan, day, now),
        rules.catering_due(plan, day, now),
        rules.thanks_due(plan, day, now, LATE),
    )
    return any(due)


async def _owed(event: EventRow, plan: Round, now: datetime) -> tuple[list[NewMail], dict[str, datetime]]:
    day, guests = day_of(event), [guest for guest in await queries.guests(event.id) if not guest.quiet]
    mails: list[NewMail] = []
    noted: dict[str, datetime] = {}
    if rules.reminder_due(plan, day, now):
        mails += _to_guests(event.id, "reminder", [g for g in guests if now - g.registered_at >= rules.NEW_PEOPLE])
        noted |= {"reminded_for": day.starts_at, "reminded_at": now}
    if rules.catering_due(plan, day, now) and plan.catering_at is not None:
        mails += await _to_organiser(event)
        noted["catering_told_for"] = plan.catering_at
    if rules.thanks_due(plan, day, now, LATE):
        mails += _to_guests(event.id, "certificate", [guest for guest in guests if guest.admitted])
        noted["thanked_at"] = now
    return mails, noted


def _to_guests(event_id: UUID, kind: str, guests: Sequence[Guest]) -> list[NewMail]:
    """A mail to each person with an address, and one to each contact about all the people without."""
    through: dict[UUID, list[Guest]] = {}
    for guest in guests:
        if guest.email is None:
            through.setdefault(guest.registration, []).append(guest)
    own = [_mail(event_id, kind, guest, guest.email, guest.attendee) for guest in guests if guest.email]
    return own + [
        replace(_mail(event_id, kind, theirs[0], theirs[0].contact_email), payload=_named(theirs))
        for theirs in through.values()
        if theirs[0].contact_email
    ]


def _named(guests: Iterable[Guest]) -> dict[str, list[str]]:
    return {"people": [str(guest.attendee) for guest in guests]}


def _mail(event_id: UUID, kind: str, guest: Guest, recipient: str, attendee_id: UUID | None = None) -> NewMail:
    return NewMail(
        kind=kind,
        recipient=recipient,
        language=guest.language,
        event_id=event_id,
        registration_id=guest.registration,
        attendee_id=attendee_id,
    )


async def _to_organiser(event: EventRow) -> list[NewMail]:
    """What to order, to the event's organiser, else to the cluster's agent; to nobody where neither has an address."""
    recipient = event.public.organiser.email
    if not recipient and event.cluster_id is not None:
        cluster = await organisations.cluster_by_id(event.cluster_id)
        recipient = cluster.agent_email if cluster else None
    if not recipient:
        return []
    return [NewMail("reminder", recipient, event.public.language, {"about": "catering"}, event.id)]


async def counts(event: EventRow) -> list[Count]:
    """The confirmed people's answers to each per-person question that offers choices, without names."""
    given = await queries.answers(event.id)
    asked = [one for one in event.public.questions if one.per == "attendee" and one.type in COUNTED]
    return [_count(question, given) for question in asked]


def _count(question: Question, given: Sequence[Mapping[str, Any]]) -> Count:
    found = [answers.get(question.key) for answers in given]
    chosen = Counter(choice for answer in found for choice in (answer if isinstance(answer, list) else [answer]))
    stated = [(choice, number) for choice, number in chosen.most_common() if choice not in (None, "")]
    return Count(question, tuple(stated), sum(answer in (None, "", []) for answer in found))


async def say_coming(attendee_id: UUID, actor: Actor) -> None:
    """Keep a yes to the event as it stands. Raises `NotFound`, and `Conflict` where there is no place to come to."""
    found = await registrations.attendees_by_id([attendee_id])
    if not found:
        raise NotFound
    [person] = found
    event = await event_of(person.registration)
    if person.status != "confirmed" or event.public.status != "published":
        raise Conflict("This place is not confirmed.")
    async with db.transaction():
        await queries.store_coming(attendee_id, event.public.starts_at)
        await audit.record((actor.kind, actor.id), "said-coming", "attendee", attendee_id, event_id=event.id)


async def is_coming(attendee_id: UUID, starts_at: datetime) -> bool:
    return rules.is_coming(await queries.coming_for(attendee_id), starts_at)


async def leave_in_peace(attendee_ids: Sequence[UUID]) -> None:
    """No reminder and no thanks to these people any more; repeating it is harmless."""
    async with db.transaction():
        await queries.make_quiet(attendee_ids)
