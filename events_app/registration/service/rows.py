"""A registration as rows: what is entered becomes what is stored, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec

from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import entry, seats
from events_app.registration.rules.room import Place
from events_app.registration.schemas import AttendeeIn, RegistrationIn
from events_app.tickets import service as tickets
from events_app.tickets.service import Holder

WORDING = "2026-11"
"""The version of the consent texts in force; stored with each consent."""


def registration_row(event: EventRow, entered: RegistrationIn, status: seats.Status, place: Place) -> RegistrationRow:
    organisation, contact, now = entered.organisation, entered.contact, clock.now()
    return RegistrationRow(
        id=uuid4(),
        event=event.id,
        status=status,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        organisation_size=organisation.size,
        organisation_startup=organisation.startup,
        organisation_postcode=organisation.postcode,
        organisation_district=organisation.district,
        contact_given_name=contact.given_name,
        contact_family_name=contact.family_name,
        contact_email=contact.email,
        contact_phone=contact.phone,
        language=entered.language,
        all_or_none=entered.all_or_none,
        training=entered.training,
        answers=entered.answers,
        consents=consents_given(entered),
        match_consent=entered.consents.match,
        generation=0,
        created_at=now,
        answers_version=event.questions_version,
        ticket_group=place.group,
        invitation=place.invitation,
    )


def consents_given(entered: RegistrationIn) -> dict[str, dict[str, Any]]:
    """Each consent with the wording's version and the time, as proof of it (Art. 7(1) GDPR)."""
    at = clock.now().isoformat(timespec="seconds")
    given = msgspec.structs.asdict(entered.consents)
    return {kind: {"given": yes, "wording": WORDING, "at": at} for kind, yes in given.items()}


def new_people(
    registration: RegistrationRow,
    entered: Sequence[AttendeeIn],
    statuses: Sequence[seats.Status],
    first_position: int = 0,
    answers_version: int | None = None,
) -> list[AttendeeRow]:
    """People as they will be stored, with fresh ids; `answers_version` is the registration's if not given."""
    return [
        AttendeeRow(
            id=uuid4(),
            registration=registration.id,
            event=registration.event,
            position=position,
            given_name=person.given_name,
            family_name=person.family_name,
            email=person.email,
            role=person.role or "",
            answers=person.answers,
            status=status,
            waiting_number=None,
            person_key=_key(person, registration.contact_email),
            waiting_position=None,
            answers_version=answers_version or registration.answers_version,
        )
        for position, (person, status) in enumerate(zip(entered, statuses, strict=True), start=first_position)
    ]


def planned_tickets(registration: RegistrationRow, people: Sequence[AttendeeRow]) -> list[tickets.TicketRow]:
    return tickets.planned(registration.event, [holder(registration, person) for person in people])


def holder(registration: RegistrationRow, person: AttendeeRow) -> Holder:
    return Holder(
        attendee_id=person.id,
        registration_id=registration.id,
        given_name=person.given_name,
        family_name=person.family_name,
        organisation=registration.organisation_name,
        language=registration.language,
        status=person.status,
    )


def person_keys(entered: RegistrationIn) -> list[str]:
    return [_key(person, entered.contact.email) for person in entered.attendees]


def _key(person: AttendeeIn, contact_email: str) -> str:
    """Two people of one name who gave no address at the door are two people."""
    address = person.email or contact_email or uuid4().hex
    return entry.person_key(person.given_name, person.family_name, address)


_JSON_COLUMNS = ("training", "answers", "consents", "earlier_answers")


def columns(registration: RegistrationRow, source: str) -> dict[str, Any]:
    columns = {name: getattr(registration, name) for name in RegistrationRow.__dataclass_fields__}
    columns.update({name: db.as_json(columns[name]) for name in _JSON_COLUMNS})
    return columns | {"updated_at": registration.created_at, "source": source}


def person_columns(person: AttendeeRow) -> dict[str, Any]:
    return {
        "id": person.id,
        "position": person.position,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "role": person.role,
        "answers": db.as_json(person.answers),
        "status": person.status,
        "person_key": person.person_key,
        "answers_version": person.answers_version,
    }
