"""What a registration's contact decides about it: its language, who runs it, and what is stored about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import FieldError, Invalid, NotFound
from events_app.outbox.service import NewMail, forget
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import entry, wordings
from events_app.registration.rules.wordings import Wordings
from events_app.registration.schemas import ContactIn, Language
from events_app.registration.service import announce, answers
from events_app.tickets import service as tickets

SAME_CONTACT = FieldError("/contact/email", "same_contact", "This is the address that runs the registration already.")


async def change_language(registration_id: UUID, language: Language, actor: Actor) -> None:
    """The language of the mails and tickets from now on. Raises `NotFound`."""
    async with db.transaction():
        registration = await _locked(registration_id)
        await queries.update_registration(registration_id, {"language": language})
        await tickets.change_language(registration_id, language)
        await _note(actor, "language-changed", registration)


async def hand_over(registration_id: UUID, entered: ContactIn, actor: Actor) -> None:
    """Somebody else runs the registration from now on: the old link is dead, a mail brings the new one.

    The old contact is told without a link. Consents to mail belong to a person and are not handed over. What is still
    owed to the old address goes to the new one. Raises `NotFound`, `Invalid`.
    """
    contact = entry.tidied_contact(entered)
    errors = list(entry.contact_problems(contact))
    async with db.transaction():
        old = await _locked(registration_id)
        if not errors and contact.email == old.contact_email:
            errors = [SAME_CONTACT]
        if errors:
            raise Invalid(errors=errors)
        await queries.update_registration(registration_id, _as_run_by(contact, old))
        await forget.readdress(registration_id, await _without_address(registration_id), contact.email)
        new = await _locked(registration_id)
        await announce.send([announce.to_contact(new, "registration-changed"), _farewell(old, new)])
        await _note(actor, "registration-handed-over", old)


async def everything_about(registration_id: UUID) -> dict[str, Any]:
    """All that is stored about a registration, to be read and to be taken elsewhere (Art. 15 and 20 GDPR).

    What its people said about health and access is theirs alone, and nobody's coming and going stands here.
    Raises `NotFound`.
    """
    registration = await queries.registration(registration_id)
    event = None if registration is None else await events.by_id(registration.event)
    if registration is None or event is None:
        raise NotFound
    people, known = await queries.attendees(registration_id), await events.wordings(event)
    return {
        "event": {"title": event.public.title, "starts_at": event.public.starts_at.isoformat()},
        "registration": _registration_facts(registration) | {"answers": _answers(registration, event, known)},
        "people": [_person_facts(person) | {"answers": _answers(person, event, known)} for person in people],
        "mails": await _mails(registration_id, people),
    }


def _as_run_by(contact: ContactIn, old: RegistrationRow) -> dict[str, Any]:
    consents = {kind: given for kind, given in old.consents.items() if kind != "newsletter"}
    return {
        **{f"contact_{name}": getattr(contact, name) for name in ContactIn.__struct_fields__},
        "generation": old.generation + 1,
        "consents": db.as_json(consents),
        "handed_over_at": clock.now(),
    }


async def _without_address(registration_id: UUID) -> list[UUID]:
    return [person.id for person in await queries.attendees(registration_id) if person.email is None]


def _farewell(old: RegistrationRow, new: RegistrationRow) -> NewMail:
    """Both names are frozen here: by the time the mail leaves, the registration no longer knows the old contact."""
    names = {"former_contact": old.contact_name, "new_contact": new.contact_name}
    return announce.to_contact(old, "registration-changed", names)


def _registration_facts(registration: RegistrationRow) -> dict[str, Any]:
    facts = {name: getattr(registration, name) for name in RegistrationRow.__dataclass_fields__}
    hidden = {"id", "event", "generation", "match_consent", "answers_version", "earlier_answers"}
    plain: dict[str, Any] = msgspec.to_builtins({name: value for name, value in facts.items() if name not in hidden})
    return plain


def _person_facts(person: AttendeeRow) -> dict[str, Any]:
    shown = ("given_name", "family_name", "email", "role", "status", "waiting_position")
    return {name: getattr(person, name) for name in shown}


def _answers(row: RegistrationRow | AttendeeRow, event: EventRow, known: Wordings) -> list[dict[str, Any]]:
    """Each answer with the question as it was asked; what a person answered alone is theirs."""
    own = row.own_answers if isinstance(row, AttendeeRow) else ()
    return [
        {
            "key": one.question.key,
            "question": one.question.label,
            "answer": one.answer,
            "to_an_earlier_wording": one.is_earlier,
        }
        for one in wordings.read(answers.answered(row), known, event.questions_version)
        if one.question.key not in own
    ]


async def _mails(registration_id: UUID, people: Sequence[AttendeeRow]) -> list[Mapping[str, Any]]:
    rows = await db.fetch(
        """SELECT kind, recipient, attendee_id, created_at, sent_at FROM outbox_mail
           WHERE registration_id = $1 ORDER BY id""",
        registration_id,
    )
    names = {person.id: person.name for person in people}
    return [
        {
            "kind": row["kind"],
            "to": row["recipient"],
            "about": names.get(row["attendee_id"]),
            "written_at": _text(row["created_at"]),
            "sent_at": _text(row["sent_at"]),
        }
        for row in rows
    ]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


async def _locked(registration_id: UUID) -> RegistrationRow:
    registration = await queries.registration(registration_id, lock=True)
    if registration is None:
        raise NotFound
    return registration


async def _note(actor: Actor, action: str, registration: RegistrationRow) -> None:
    await audit.record((actor.kind, actor.id), action, "registration", registration.id, event_id=registration.event)
