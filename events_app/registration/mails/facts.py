"""What a mail is about, read fresh when it leaves, as the values that templates show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
from babel.lists import format_list

from events_app.calendar.service import event_place
from events_app.events import queries as events
from events_app.events import rules as event_rules
from events_app.events.queries import EventRow
from events_app.kit import db, settings
from events_app.kit.formats import DEFAULT_ZONE, filters, local
from events_app.kit.i18n import Language, babel_locale, known_language, translate
from events_app.kit.tokens import link_token
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Obsolete

Tone = Literal["good", "waiting", "quiet"]

_MANAGE_LINK = "manage"
_TONES: dict[str, Tone] = {"confirmed": "good", "cancelled": "quiet"}
_REGISTRATION = """
SELECT r.id AS registration, r.organisation_name, r.contact_given_name, r.contact_family_name, r.contact_email,
  r.status AS registration_status, r.generation, r.created_at, r.handed_over_at IS NOT NULL AS handed_over,
  a.id, a.given_name, a.family_name, a.email, a.status,
  a.role <> '' AS has_role, a.answers <> '{}' AS has_answered,
  CASE WHEN a.status = 'waiting' THEN (SELECT count(*) FROM attendee w
    WHERE w.event = a.event AND w.status = 'waiting' AND w.waiting_number <= a.waiting_number) END AS waiting_position,
  CASE WHEN a.status = 'waiting' THEN (SELECT o.expires_at FROM seat_offer o
    WHERE o.attendee = a.id AND o.state = 'open') END AS offered_until
FROM registration r
  LEFT JOIN attendee a ON a.registration = r.id AND ($2::uuid IS NULL OR a.id = $2) AND a.erased_at IS NULL
WHERE r.id = $1 AND r.erased_at IS NULL ORDER BY a.position, a.id
"""
"""A row for each of its people, or one without any."""


@dataclass(frozen=True)
class MailEvent:
    """`time` is ready words, `place` lines as on an envelope; `organiser` is lines to ask and answer at."""

    title: str
    starts_at: datetime
    zone: str
    time: str
    place: tuple[str, ...]
    mode: str
    url: str
    directions: str
    organiser_name: str
    organiser_email: str
    organiser_phone: str
    cancelled: bool


@dataclass(frozen=True)
class MailPerson:
    """Somebody registered; `state` is the status in words.

    Without `own_address` the contact gets this person's mails; `is_contact`: they registered themselves;
    `offered_until`: the deadline of the seat held for them.
    """

    id: UUID
    name: str
    email: str
    own_address: bool
    is_contact: bool
    has_role: bool
    has_answered: bool
    status: str
    state: str
    tone: Tone
    offered_until: datetime | None


@dataclass(frozen=True)
class MailRegistration:
    """`manage_url` goes to the contact only; it is empty in mails to others.

    `registrant` registered the people: the contact, or the organisation once somebody else has become the contact;
    `registered_by` says it in full.
    """

    organisation: str
    contact: str
    registrant: str
    registered_by: str
    contact_email: str
    status: str
    created_at: datetime
    manage_url: str


@dataclass(frozen=True)
class Matter:
    """What a mail is about: the event, and the registration with its people (or the one concerned), if there is one."""

    row: EventRow
    event: MailEvent
    registration: MailRegistration | None
    people: tuple[MailPerson, ...]


async def whole_registration(mail: OwedMail) -> Matter:
    """For the contact: everybody of the registration. Raises `Obsolete` if event or registration are gone."""
    return await _matter(mail, for_contact=True)


async def one_person(mail: OwedMail) -> tuple[Matter, MailPerson]:
    """For the person whom the mail names. Raises `Obsolete` if that person is gone."""
    matter = await _matter(mail, for_contact=False)
    if not matter.people:
        raise Obsolete("the person is gone")
    return matter, matter.people[0]


async def _matter(mail: OwedMail, *, for_contact: bool) -> Matter:
    language = known_language(mail.language)
    row = None if mail.event_id is None else await events.by_id(mail.event_id)
    if row is None:
        raise Obsolete("the event is gone")
    shown = mail_event(row, language)
    if mail.registration_id is None:
        return Matter(row, shown, None, ())
    rows = await db.fetch(_REGISTRATION, mail.registration_id, mail.attendee_id)
    if not rows:
        raise Obsolete("the registration is gone")
    people = tuple(_person(person, language) for person in rows if person["id"] is not None)
    return Matter(row, shown, _registration(rows[0], for_contact=for_contact), people)


def mail_event(row: EventRow, language: Language) -> MailEvent:
    public = row.public
    return MailEvent(
        title=public.title,
        starts_at=public.starts_at,
        zone=public.timezone,
        time=time_words(public.starts_at, public.ends_at, public.timezone, language),
        place=event_place(row),
        mode=public.mode,
        url=f"{settings.current().root_url}/events/{row.slug}",
        directions=public.good_to_know.directions or "",
        organiser_name=public.organiser.name or row.cluster_name or "",
        organiser_email=public.organiser.email or "",
        organiser_phone=public.organiser.phone or "",
        cancelled=public.status == "cancelled",
    )


def time_words(starts_at: datetime, ends_at: datetime, zone: str, language: Language) -> str:
    """`10:00–15:00 Uhr`, `ganztägig`; over several days with the last one's date; the zone's name if it is not ours."""  # noqa: RUF002 - an en dash is between times
    if event_rules.takes_whole_days(starts_at, ends_at, zone):
        return _without_hours(starts_at, ends_at - timedelta(microseconds=1), zone, language)
    show = filters(language)
    end = show["time"](ends_at, zone)
    if local(starts_at, zone).date() != local(ends_at, zone).date():
        end = translate(language, "%(date)s, %(time)s", {"date": show["date_medium"](ends_at, zone), "time": end})
        words = translate(
            language, "from %(start)s until %(end)s", {"start": show["time"](starts_at, zone), "end": end}
        )
    else:
        words = f"{show['time_bare'](starts_at, zone)}–{end}"  # noqa: RUF001 - same
    return words if zone == DEFAULT_ZONE else f"{words} ({zone})"


def _without_hours(starts_at: datetime, last: datetime, zone: str, language: Language) -> str:
    if local(starts_at, zone).date() == local(last, zone).date():
        return translate(language, "all day")
    return translate(language, "until %(date)s", {"date": filters(language)["date_medium"](last, zone)})


def _registration(row: asyncpg.Record, *, for_contact: bool) -> MailRegistration:
    token = link_token(settings.current().secret, _MANAGE_LINK, row["registration"], row["generation"])
    organisation, contact = row["organisation_name"], f"{row['contact_given_name']} {row['contact_family_name']}"
    return MailRegistration(
        organisation=organisation,
        contact=contact,
        registrant=organisation if row["handed_over"] else contact,
        registered_by=organisation if row["handed_over"] else f"{contact} ({organisation})",
        contact_email=row["contact_email"],
        status=row["registration_status"],
        created_at=row["created_at"],
        manage_url=f"{settings.current().root_url}/registrations/{token}" if for_contact else "",
    )


def _person(row: asyncpg.Record, language: Language) -> MailPerson:
    address = row["email"] or row["contact_email"]
    same_name = all(row[name] == row[f"contact_{name}"] for name in ("given_name", "family_name"))
    return MailPerson(
        id=row["id"],
        name=f"{row['given_name']} {row['family_name']}",
        email=address,
        own_address=row["email"] is not None,
        is_contact=same_name and address == row["contact_email"],
        has_role=row["has_role"],
        has_answered=row["has_answered"],
        status=row["status"],
        state=_state(row, language),
        tone=_TONES.get(row["status"], "waiting"),
        offered_until=row["offered_until"],
    )


def stored_words(person: MailPerson, language: Language) -> str:
    """What we have about them, in words."""
    words = [
        translate(language, "name"),
        translate(language, "organisation"),
        *([translate(language, "e-mail address")] if person.own_address else []),
        *([translate(language, "role")] if person.has_role else []),
        *([translate(language, "answers to the organiser's questions")] if person.has_answered else []),
    ]
    return format_list(words, locale=babel_locale(language))


def _state(row: asyncpg.Record, language: Language) -> str:
    match row["status"]:
        case "confirmed":
            return translate(language, "Confirmed")
        case "waiting" if row["offered_until"] is not None:
            return translate(language, "A seat is held")
        case "waiting":
            return translate(language, "Waiting list, place %(position)s", {"position": row["waiting_position"]})
        case "pending":
            return translate(language, "Awaiting approval")
        case _:
            return translate(language, "Cancelled")
