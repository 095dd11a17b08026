"""The mails about meetings: a person's own timetable, and one that moved or was called off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from events_app.calendar import ical
from events_app.calendar import service as calendar
from events_app.calendar.rules import Entry, Person
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.formats import filters
from events_app.kit.i18n import known_language, translate
from events_app.outbox.letters import letter
from events_app.outbox.mime import Attachment, Invitation, Letter
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Obsolete
from events_app.registration.mails.facts import MailPerson, Matter, one_person, time_words
from events_app.tickets import service as tickets

ROOM = "matchmaking"
ICS = "application/ics"


async def own_meetings(mail: OwedMail) -> Letter:
    """To somebody who goes to meetings: when, where and with whom, and all of them for the calendar."""
    matter, person = await one_person(mail)
    entries = await meeting_entries(matter.row, {person.id: Person(person.name, person.email)}, mail.language)
    if not entries:
        raise Obsolete("this person has no meetings any more")
    written = _letter(
        mail,
        matter,
        person,
        "own-meetings",
        entries=entries,
        organisation=_organisation(matter),
        url=await _url(person),
    )
    return with_meetings(written, entries, matter.row)


async def meeting_changed(mail: OwedMail) -> Letter:
    """How one meeting stands now, with the update for the calendar; or that it is called off."""
    matter, person = await one_person(mail)
    found = await calendar.entries_of(matter.row, [person.id], mail.language)
    entry = next((one for one in found.get(person.id, ()) if one.uid == mail.payload["uid"]), None)
    if entry is None:
        raise Obsolete("the calendar entry is gone")
    gone = entry.status == "cancelled"
    stays = person.status == "confirmed" and not matter.event.cancelled
    written = _letter(
        mail,
        matter,
        person,
        "meeting-changed",
        meeting=entry,
        gone=gone,
        stays=stays,
        changes=[] if gone else _changes(entry, mail),
        url=await _url(person) if stays else "",
    )
    return _acting(written, replace(entry, attendee=Person(person.name, person.email)))


async def meetings_of_contact(event: EventRow, registration_id: UUID, language: str) -> list[Entry]:
    """The meetings of those whose mail goes to the registration's contact."""
    rows = await db.fetch(
        """SELECT a.id, a.given_name || ' ' || a.family_name AS name, r.contact_email AS email
           FROM attendee a JOIN registration r ON r.id = a.registration
           WHERE r.id = $1 AND coalesce(a.email, r.contact_email) = r.contact_email""",
        registration_id,
    )
    return await meeting_entries(event, {row["id"]: Person(row["name"], row["email"]) for row in rows}, language)


async def meeting_entries(event: EventRow, people: Mapping[UUID, Person], language: str) -> list[Entry]:
    """The live meetings in these attendees' calendars, by time."""
    rows = await db.fetch(
        """SELECT uid FROM calendar_entry
           WHERE event = $1 AND attendee_id = ANY($2::uuid[]) AND kind = 'meeting' AND status <> 'cancelled'""",
        event.id,
        list(people),
    )
    uids = {row["uid"] for row in rows}
    found = await calendar.entries_of(event, list(people), language) if uids else {}
    meetings = [replace(one, attendee=people[id_]) for id_, entries in found.items() for one in entries]
    return sorted((one for one in meetings if one.uid in uids), key=lambda one: (one.starts_at, one.uid))


def with_meetings(written: Letter, entries: Sequence[Entry], event: EventRow) -> Letter:
    """The only one comes as an invitation; of several, each would need a mail of its own (one UID to a REQUEST)."""
    if len(entries) == 1:
        return _acting(written, entries[0])
    return replace(written, attachments=(meetings_file(entries, event),)) if entries else written


def meetings_file(entries: Sequence[Entry], event: EventRow) -> Attachment:
    return Attachment("meetings.ics", ical.publish(entries, name=event.public.title), ICS)


def _letter(mail: OwedMail, matter: Matter, person: MailPerson, template: str, **context: object) -> Letter:
    event = matter.event
    assert matter.registration is not None  # noqa: S101 - `one_person` reads one
    name = person.name if person.own_address else matter.registration.contact
    written = letter(ROOM, template, mail.language, event=event, person=person, name=name, **context)
    organiser = (event.organiser_name, event.organiser_email) if event.organiser_email else None
    return replace(written, reply_to=organiser)


def _acting(written: Letter, entry: Entry) -> Letter:
    """With what makes the attendee's calendar take the entry in, update it or take it out."""
    gone = entry.status == "cancelled"
    text = ical.cancel(entry) if gone else ical.request(entry)
    return replace(
        written,
        invitation=Invitation("CANCEL" if gone else "REQUEST", text.decode()),
        attachments=(Attachment("cancel.ics" if gone else "invite.ics", text, ICS),),
    )


def _organisation(matter: Matter) -> str:
    return "" if matter.registration is None else matter.registration.organisation


async def _url(person: MailPerson) -> str:
    held = (await tickets.of_attendees([person.id])).get(person.id)
    return "" if held is None else held.url


def _changes(entry: Entry, mail: OwedMail) -> list[tuple[str, str, str]]:
    """(what, before, now) of what is different by now; before comes from the mail's row.

    A meeting that moved with its event is told as it is: what was before, the event's own mail says.
    """
    if "old_starts_at" not in mail.payload:
        return _as_it_is(entry, mail.language)
    language = known_language(mail.language)
    old_start = datetime.fromisoformat(mail.payload["old_starts_at"])
    length = entry.ends_at - entry.starts_at
    rows = [
        (
            translate(language, "When"),
            _when(old_start, old_start + length, entry.timezone, mail.language),
            _when(entry.starts_at, entry.ends_at, entry.timezone, mail.language),
        ),
        (translate(language, "Where"), str(mail.payload["old_location"]), entry.location),
    ]
    return [(what, before, now) for what, before, now in rows if before != now]


def _as_it_is(entry: Entry, language: str) -> list[tuple[str, str, str]]:
    known = known_language(language)
    when = _when(entry.starts_at, entry.ends_at, entry.timezone, language)
    return [(translate(known, "When"), "", when), (translate(known, "Where"), "", entry.location)]


def _when(starts_at: datetime, ends_at: datetime, zone: str, language: str) -> str:
    known = known_language(language)
    return f"{filters(known)['date_long'](starts_at, zone)}, {time_words(starts_at, ends_at, zone, known)}"
