"""Changing a registration after it was made: details, people, colleagues who come instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.calendar import service as calendar
from events_app.events import queries as event_queries
from events_app.events import rules as event_rules
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import (
    AlreadyCheckedIn,
    Conflict,
    DuplicateAttendee,
    EventCancelled,
    FieldError,
    Invalid,
    NotFound,
    RegistrationClosed,
)
from events_app.registration import offer_queries, queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import entry, seats
from events_app.registration.rules.entry import Asked
from events_app.registration.schemas import (
    AttendeeIn,
    AttendeePatch,
    ConsentsPatch,
    ContactIn,
    ContactPatch,
    RegistrationOut,
    RegistrationPatch,
    SwapIn,
    Training,
)
from events_app.registration.service import address, announce, answers, room
from events_app.registration.service.admission import to_join
from events_app.registration.service.answers import OwnEdit
from events_app.registration.service.leave import event_of
from events_app.registration.service.line import fill_free_seats
from events_app.registration.service.register import add_people
from events_app.registration.service.rows import WORDING, holder, new_people, planned_tickets
from events_app.registration.service.taking import facts
from events_app.registration.service.view import get_registration
from events_app.tickets import service as tickets


@db.retried
async def change_registration(registration_id: UUID, patch: RegistrationPatch, actor: Actor) -> RegistrationOut:
    """Change training profile, contact, consents or the answers once per registration.

    A new address of the contact gets the mails from now on; it and the old one are told.

    Raises `NotFound`, `Invalid`, `RegistrationClosed`.
    """
    event = await event_of(registration_id)
    async with db.transaction():
        registration = await _locked(registration_id)
        changes = {
            **_training_change(patch.training, event),
            **_contact_change(registration, patch.contact),
            **_consent_change(registration, patch.consents),
        }
        if patch.answers is not UNSET:
            changes |= await answers.change_of_registration(event, registration, patch.answers)
        if changes:
            await queries.update_registration(registration_id, changes)
            if patch.answers is not UNSET:
                await answers.drop_unasked(event, await _locked(registration_id))
            await address.follow(registration)
            await _note(actor, "registration-changed", registration, fields=sorted(changes))
    return await get_registration(registration_id)


@db.retried
async def change_attendee(
    registration_id: UUID, attendee_id: UUID, patch: AttendeePatch, actor: Actor, own: OwnEdit | None = None
) -> RegistrationOut:
    """Correct a person's name, address, role or answers; a new address gets the ticket.

    `own`: the attendee does it. Answers are checked only if they are sent.

    Raises `NotFound`, `Invalid`, `DuplicateAttendee`.
    """
    event = await event_of(registration_id)
    try:
        async with db.transaction():
            registration = await _locked(registration_id)
            person = await _live_person(registration_id, attendee_id)
            changed = await _corrected(person, patch, registration, event, own)
            await queries.update_attendee(attendee_id, _attendee_columns(changed))
            await tickets.rename(attendee_id, changed.given_name, changed.family_name)
            await address.follow_person(registration, person, changed)
            await _note(actor, "attendee-changed", registration, attendee=str(attendee_id))
    except asyncpg.UniqueViolationError:
        raise DuplicateAttendee from None
    return await get_registration(registration_id)


@db.retried
async def add_attendee(registration_id: UUID, entered: AttendeeIn, actor: Actor) -> RegistrationOut:
    """Add a person to a registration, with a seat or in line.

    Raises `NotFound`, `RegistrationClosed`, `EventCancelled`, `EventFull`, `Invalid`, `DuplicateAttendee`, and
    `InvitationRequired` where the registration's invitation is for no more people.
    """
    event = await event_of(registration_id)
    _refuse_if_closed(event)
    entered = entry.tidied_attendee(entered)
    try:
        async with db.transaction():
            await events.lock_seats(event.id)
            registration = await _locked(registration_id)
            admission = await to_join(registration, 1)
            asked = Asked(event.public.questions, answers.context_of(event, registration))
            _refuse(list(entry.attendee_problems(entered, asked, "")))
            left = (await room.counted(event.id)).free_for(room.place_of(registration))
            allocation = seats.allocate(facts(event, left, admission), 1, all_or_none=False)
            await _add(registration, entered, allocation, event.questions_version)
            await fill_free_seats(event.id)
            await _note(actor, "attendee-added", registration)
    except asyncpg.UniqueViolationError:
        raise DuplicateAttendee from None
    return await get_registration(registration_id)


@db.retried
async def swap_attendee(registration_id: UUID, attendee_id: UUID, entered: SwapIn, actor: Actor) -> RegistrationOut:
    """A colleague comes instead: a new person on the same ticket, whose old code and link are dead.

    Possible until check-in, also after registration has closed. Raises `NotFound`, `AlreadyCheckedIn`, `Invalid`,
    `EventCancelled`, `DuplicateAttendee`.
    """
    event = await event_of(registration_id)
    if event.public.status == "cancelled":
        raise EventCancelled
    substitute = entry.tidied_attendee(AttendeeIn(entered.given_name, entered.family_name, entered.email))
    _refuse(list(entry.attendee_problems(substitute, Asked(()), "")))
    try:
        async with db.transaction():
            await events.lock_seats(event.id)
            registration = await _locked(registration_id)
            leaving = await _live_person(registration_id, attendee_id)
            if await queries.admitted([attendee_id]):
                raise AlreadyCheckedIn
            await _swap(replace(registration, answers_version=event.questions_version), leaving, substitute, actor)
    except asyncpg.UniqueViolationError:
        raise DuplicateAttendee from None
    return await get_registration(registration_id)


async def _add(
    registration: RegistrationRow, entered: AttendeeIn, allocation: seats.Allocation, answers_version: int
) -> None:
    people = await queries.attendees(registration.id)
    if sum(person.status in seats.LIVE for person in people) >= entry.MAX_ATTENDEES:
        raise Conflict("This registration has as many people as one registration can have.")
    last = max((person.position for person in people), default=-1)
    added = new_people(registration, [entered], allocation.statuses, last + 1, answers_version)
    await add_people(registration, added, planned_tickets(registration, added))
    await queries.refresh_status([registration.id])
    await events.add_taken(registration.event, allocation.taken)
    await announce.send([announce.to_contact(registration, "registration-changed")])
    await announce.tell_people([(registration, p) for p in added if p.status == "confirmed"], "ticket")


async def _swap(registration: RegistrationRow, leaving: AttendeeRow, entered: AttendeeIn, actor: Actor) -> None:
    [coming] = new_people(registration, [entered], [leaving.status], leaving.position)
    await calendar.cancel([leaving.id])
    if leaving.status == "confirmed":
        own_doing = {"own_doing": actor.kind == "attendee"}
        await announce.tell_people([(registration, leaving)], "attendee-swapped", own_doing)
    await queries.replace_attendee(leaving, coming)
    await offer_queries.hand_over(leaving.id, coming.id)
    await tickets.hand_over(leaving.id, holder(registration, coming))
    await calendar.add_event_entries(registration.event, [coming.id], [coming.status])
    await announce.send([announce.to_contact(registration, "registration-changed")])
    if coming.status == "confirmed":
        await announce.tell_people([(registration, coming)], "ticket")
    await _note(actor, "attendee-swapped", registration, old=str(leaving.id), new=str(coming.id))


def _training_change(training: Training | msgspec.UnsetType, event: EventRow) -> dict[str, Any]:
    if training is UNSET:
        return {}
    closes_at = event.public.matchmaking.profile_closes_at
    if closes_at is not None and clock.now() >= closes_at:
        raise RegistrationClosed("The training profiles for this event are closed.")
    tidy = entry.tidied_training(training)
    _refuse(list(entry.training_problems(tidy)))
    return {"training": db.as_json(tidy)}


def _contact_change(registration: RegistrationRow, patch: ContactPatch | msgspec.UnsetType) -> dict[str, Any]:
    if patch is UNSET:
        return {}
    known = {name: getattr(registration, f"contact_{name}") for name in ContactIn.__struct_fields__}
    contact = entry.tidied_contact(ContactIn(**(known | _sent(patch))))
    _refuse(list(entry.contact_problems(contact)))
    return {f"contact_{name}": getattr(contact, name) for name in ContactIn.__struct_fields__}


def _consent_change(registration: RegistrationRow, patch: ConsentsPatch | msgspec.UnsetType) -> dict[str, Any]:
    if patch is UNSET:
        return {}
    if patch.privacy is False:
        _refuse([entry.PRIVACY_UNREAD])
    at = clock.now().isoformat(timespec="seconds")
    said = {kind: yes for kind, yes in _sent(patch).items() if kind != "privacy"}
    given = {kind: {"given": yes, "wording": WORDING, "at": at} for kind, yes in said.items()}
    consents = {**registration.consents, **given}
    return {"consents": db.as_json(consents), "match_consent": bool(consents.get("match", {}).get("given"))}


async def _corrected(
    person: AttendeeRow,
    patch: AttendeePatch,
    registration: RegistrationRow,
    event: EventRow,
    own: OwnEdit | None,
) -> AttendeeRow:
    known = {name: getattr(person, name) for name in AttendeeIn.__struct_fields__} | {"answers": {}}
    entered = entry.tidied_attendee(AttendeeIn(**(known | _sent(patch))))
    edit = None
    if patch.answers is not UNSET:
        edit = answers.edit_of_person(event, registration, person, entered.answers, own)
        entered = msgspec.structs.replace(entered, answers=edit.answers)
    found = entry.attendee_problems(entered, edit.asked if edit else Asked(()), "")
    _refuse([*found, *(edit.refused if edit else ())])
    [fresh] = new_people(registration, [entered], [person.status], person.position)
    names = {name: getattr(fresh, name) for name in ("given_name", "family_name", "email", "role", "person_key")}
    corrected = replace(person, **names)
    return answers.applied(edit, corrected, event, await event_queries.wordings(event)) if edit else corrected


def _attendee_columns(person: AttendeeRow) -> dict[str, Any]:
    names = ("given_name", "family_name", "email", "role", "person_key")
    lists = ("answers", "earlier_answers", "own_answers")
    return {
        **{name: getattr(person, name) for name in names},
        **{name: db.as_json(getattr(person, name)) for name in lists},
        "answers_version": person.answers_version,
    }


def _sent(patch: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not UNSET}


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise Invalid(errors=errors)


def _refuse_if_closed(event: EventRow) -> None:
    window = event_rules.window(event.window_facts, clock.now())
    if window == "cancelled":
        raise EventCancelled
    if window != "open":
        raise RegistrationClosed


async def _locked(registration_id: UUID) -> RegistrationRow:
    registration = await queries.registration(registration_id, lock=True)
    if registration is None:
        raise NotFound
    return registration


async def _live_person(registration_id: UUID, attendee_id: UUID) -> AttendeeRow:
    for person in await queries.attendees(registration_id):
        if person.id == attendee_id and person.status in seats.LIVE:
            return person
    raise NotFound


async def _note(actor: Actor, action: str, registration: RegistrationRow, **details: object) -> None:
    await audit.record(
        (actor.kind, actor.id),
        action,
        "registration",
        registration.id,
        event_id=registration.event,
        details=details,
    )
