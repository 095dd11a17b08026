"""What is wrong with an entry, field by field, and the entry in the form in which it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from events_app import reference
from events_app.accounts.rules import is_email, normal_email
from events_app.events.schemas import Question
from events_app.kit.errors import FieldError
from events_app.kit.text import many_lines, one_line, search_key
from events_app.registration.rules import answers
from events_app.registration.schemas import (
    Answers,
    AttendeeIn,
    ContactIn,
    OrganisationIn,
    RegistrationIn,
    Training,
)

MAX_ATTENDEES = 200
MAX_ROWS = 100
MAX_PLACES = 10_000
MAX_NAME = 100
MAX_TEXT = 200
MAX_PHONE = 60
REQUIRED = "Please fill this in."
PRIVACY_UNREAD = FieldError("/consents/privacy", "required", "Please confirm that you have read the privacy notice.")


@dataclass(frozen=True)
class Asked:
    """What the event asks of its people; `context` are the answers once per registration, on which others depend.

    `may_stay_open`: keys of required questions that were unanswered before this edit.
    """

    questions: Sequence[Question]
    context: answers.Given = field(default_factory=dict)
    may_stay_open: Collection[str] = ()


def tidied(entered: RegistrationIn) -> RegistrationIn:
    """The entry as it is kept: one normal form of text, addresses in lower case, the district of a clear postcode."""
    return msgspec.structs.replace(
        entered,
        organisation=_tidied_organisation(entered.organisation),
        contact=tidied_contact(entered.contact),
        attendees=[tidied_attendee(attendee) for attendee in entered.attendees],
        training=tidied_training(entered.training),
        answers=tidied_answers(entered.answers),
        invitation=one_line(entered.invitation or "") or None,
        group=one_line(entered.group or "") or None,
    )


def tidied_contact(contact: ContactIn) -> ContactIn:
    return ContactIn(
        one_line(contact.given_name),
        one_line(contact.family_name),
        normal_email(contact.email),
        one_line(contact.phone or "") or None,
    )


def tidied_attendee(attendee: AttendeeIn) -> AttendeeIn:
    return AttendeeIn(
        one_line(attendee.given_name),
        one_line(attendee.family_name),
        normal_email(attendee.email or "") or None,
        one_line(attendee.role or ""),
        tidied_answers(attendee.answers),
    )


def tidied_training(training: Training) -> Training:
    """Without rows entered twice; sites and periods as one line."""
    offers = [
        msgspec.structs.replace(
            offer, site=one_line(offer.site or "") or None, period=one_line(offer.period or "") or None
        )
        for offer in training.offers
    ]
    return Training(training.needs, offers, list(dict.fromkeys(training.themes)), training.unavailable)


def problems(entry: RegistrationIn, asked: Asked) -> list[FieldError]:
    """Everything that is wrong with a tidied entry, in the order of the form."""
    for_all = answers.of(asked.questions, "registration")
    asked = replace(asked, context=answers.kept(entry.answers, for_all))
    return [
        *_organisation_problems(entry.organisation),
        *answers.answer_problems(entry.answers, for_all, "/answers"),
        *contact_problems(entry.contact),
        *attendees_problems(entry.attendees, asked),
        *training_problems(entry.training),
        *_consent_problems(entry),
    ]


def problems_at_door(entry: RegistrationIn) -> list[FieldError]:
    """What is wrong with somebody who stands at the door: they answer no questions and may have no address."""
    found = problems(entry, Asked(()))
    return [error for error in found if (error.field, error.code) != ("/contact/email", "required")]


def contact_problems(contact: ContactIn) -> Iterator[FieldError]:
    yield from _name_problems("/contact", contact.given_name, contact.family_name)
    yield from _email_problems("/contact/email", contact.email)
    yield from _long("/contact/phone", contact.phone, MAX_PHONE)


def attendees_problems(attendees: Sequence[AttendeeIn], asked: Asked) -> Iterator[FieldError]:
    if not attendees:
        yield FieldError("/attendees", "required", "Please enter at least one person.")
    if len(attendees) > MAX_ATTENDEES:
        yield FieldError(
            "/attendees", "too_many", "Please register at most %(most)s people at once.", {"most": MAX_ATTENDEES}
        )
        return
    for index, attendee in enumerate(attendees):
        yield from attendee_problems(attendee, asked, f"/attendees/{index}")


def attendee_problems(attendee: AttendeeIn, asked: Asked, at: str) -> Iterator[FieldError]:
    yield from _name_problems(at, attendee.given_name, attendee.family_name)
    if attendee.email:
        yield from _email_problems(f"{at}/email", attendee.email)
    yield from _long(f"{at}/role", attendee.role, MAX_TEXT)
    questions = answers.of(asked.questions, "attendee")
    yield from answers.answer_problems(attendee.answers, questions, f"{at}/answers", asked.context, asked.may_stay_open)


def training_problems(training: Training) -> Iterator[FieldError]:
    for name in ("needs", "offers"):
        rows = getattr(training, name)
        if len(rows) > MAX_ROWS:
            yield FieldError(f"/training/{name}", "too_many", "Please enter at most %(most)s rows.", {"most": MAX_ROWS})
        for index, row in enumerate(rows):
            yield from _wish_problems(f"/training/{name}/{index}", row.occupation, row.form, row.places)
    for index, offer in enumerate(training.offers):
        at = f"/training/offers/{index}"
        yield from _district_problems(f"{at}/districts", offer.districts)
        yield from _long(f"{at}/site", offer.site, MAX_TEXT)
        yield from _long(f"{at}/period", offer.period, MAX_TEXT)
    for index, theme in enumerate(training.themes):
        if reference.theme(theme) is None:
            yield FieldError(f"/training/themes/{index}", "unknown_theme", "There is no such theme.")
    for index, moment in enumerate(training.unavailable):
        if moment.tzinfo is None:
            yield FieldError(
                f"/training/unavailable/{index}", "invalid_time", "Please state the time with its offset, as +01:00."
            )


def person_key(given_name: str, family_name: str, email: str) -> str:
    """The digest by which one person at one event is known: name without case and accents, and the address."""
    parts = (search_key(given_name), search_key(family_name), normal_email(email))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def twice(keys: Sequence[str], taken: Iterable[str] = ()) -> list[int]:
    """Positions of people who are entered twice, or who are registered already."""
    known, again = set(taken), []
    for index, key in enumerate(keys):
        if key in known:
            again.append(index)
        known.add(key)
    return again


def duplicate_error(index: int) -> FieldError:
    return FieldError(
        f"/attendees/{index}",
        "duplicate_attendee",
        "A person with this name and e-mail address is already registered for this event.",
    )


def entered_twice_error(index: int) -> FieldError:
    return FieldError(f"/attendees/{index}", "duplicate_attendee", "This person is entered twice here.")


def _organisation_problems(organisation: OrganisationIn) -> Iterator[FieldError]:
    if not organisation.name:
        yield FieldError("/organisation/name", "required", REQUIRED)
    yield from _long("/organisation/name", organisation.name, MAX_TEXT)
    if organisation.size and organisation.kind not in {"company", "training_provider"}:
        yield FieldError("/organisation/size", "not_applicable", "Only companies and providers have a size class.")
    yield from _place_problems(organisation)


def _place_problems(organisation: OrganisationIn) -> Iterator[FieldError]:
    plz, district = organisation.postcode, organisation.district
    places = reference.postcode(plz) if plz else ()
    if plz and not places:
        yield FieldError(
            "/organisation/postcode",
            "unknown_postcode",
            "We don't know this postcode. Please enter that of the street address.",
        )
    if district and reference.district(district) is None:
        yield FieldError("/organisation/district", "unknown_district", "There is no such district.")
    elif district and places and district not in {place.ags for place in places}:
        yield FieldError("/organisation/district", "district_mismatch", "This postcode lies in another district.")


def _tidied_organisation(organisation: OrganisationIn) -> OrganisationIn:
    plz = one_line(organisation.postcode or "") or None
    found = {place.ags for place in reference.postcode(plz)} if plz else set()
    return msgspec.structs.replace(
        organisation,
        name=one_line(organisation.name),
        postcode=plz,
        district=one_line(organisation.district or "") or (found.pop() if len(found) == 1 else None),
    )


def _wish_problems(at: str, occupation: str, form: str, places: int) -> Iterator[FieldError]:
    if occupation != reference.ANY and reference.occupation(occupation) is None:
        yield FieldError(f"{at}/occupation", "unknown_occupation", "Please choose an occupation from the list.")
    if reference.form(form) is None:
        yield FieldError(f"{at}/form", "unknown_form", "Please choose a form of cooperation from the list.")
    if not 1 <= places <= MAX_PLACES:
        yield FieldError(
            f"{at}/places", "out_of_range", "Please enter a number from 1 to %(most)s.", {"most": MAX_PLACES}
        )


def _district_problems(at: str, districts: Sequence[str]) -> Iterator[FieldError]:
    for index, ags in enumerate(districts):
        if reference.district(ags) is None:
            yield FieldError(f"{at}/{index}", "unknown_district", "There is no such district.")


def _consent_problems(entry: RegistrationIn) -> Iterator[FieldError]:
    if not entry.consents.privacy:
        yield PRIVACY_UNREAD


def _name_problems(at: str, given: str, family: str) -> Iterator[FieldError]:
    for name, text in (("given_name", given), ("family_name", family)):
        if not text:
            yield FieldError(f"{at}/{name}", "required", REQUIRED)
        yield from _long(f"{at}/{name}", text, MAX_NAME)


def _email_problems(at: str, text: str) -> Iterator[FieldError]:
    if not text:
        yield FieldError(at, "required", REQUIRED)
    elif not is_email(text):
        yield FieldError(at, "invalid_email", "Please enter a valid e-mail address.")


def _long(at: str, text: str | None, most: int) -> Iterator[FieldError]:
    if text and len(text) > most:
        yield FieldError(at, "too_long", "Please use at most %(most)s characters.", {"most": most})


def tidied_answers(answers_: Answers) -> Answers:
    return {key: many_lines(answer) if isinstance(answer, str) else answer for key, answer in answers_.items()}
