"""The composers: one short function per kind of mail."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from events_app.calendar import ical
from events_app.calendar import service as calendar
from events_app.calendar.rules import Entry, Person
from events_app.events.queries import EventRow
from events_app.kit import settings
from events_app.kit.formats import filters
from events_app.kit.i18n import Language, known_language, translate
from events_app.outbox.letters import letter
from events_app.outbox.mime import Attachment, Image, Invitation, Letter
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Obsolete
from events_app.registration.mails.facts import (
    MailPerson,
    Matter,
    one_person,
    stored_words,
    time_words,
    whole_registration,
)
from events_app.tickets import service as tickets
from events_app.tickets.qr import png
from events_app.tickets.rules import shown_short_code
from events_app.tickets.service import TicketRow

ROOM = "registration"
QR_NAME = "ticket-qr"


async def to_contact(mail: OwedMail) -> Letter:
    """Confirmed, waiting, changed, cancelled: the registration as it stands, and who has just left it."""
    matter = await whole_registration(mail)
    gone = set(mail.payload.get("cancelled", ()))
    live = [person for person in matter.people if person.status != "cancelled"]
    left = [person.name for person in matter.people if str(person.id) in gone and person.status == "cancelled"]
    what = {name: bool(mail.payload.get(name)) for name in ("expired", "refused", "had_tickets")}
    return _letter(mail, matter, mail.kind, people=live, left=left, **what)


async def seat_available(mail: OwedMail) -> Letter:
    """Seats are held until a moment that stands here; or they are given already, and why.

    Whoever has answered before the mail left is told nothing more: it is parked.
    """
    matter = await whole_registration(mail)
    live = [person for person in matter.people if person.status != "cancelled"]
    deadlines = [person.offered_until for person in live if person.offered_until is not None]
    why = mail.payload.get("why")
    if why == "offered" and not deadlines:
        raise Obsolete("the offer has ended")
    until = min(deadlines) if why == "offered" else None
    return _letter(mail, matter, mail.kind, people=live, until=until, offered=len(deadlines), why=why)


async def changed(mail: OwedMail) -> Letter:
    """How the registration stands now; to an address that no longer gets its mails: that, why, and no link."""
    if "former_contact" not in mail.payload:
        return await to_contact(mail)
    matter = await whole_registration(mail)
    assert matter.registration is not None  # noqa: S101 - the mail names one
    unlinked = replace(matter, registration=replace(matter.registration, manage_url=""))
    names = {name: str(mail.payload[name]) for name in ("former_contact", "new_contact") if name in mail.payload}
    return _letter(mail, unlinked, "handed-over" if "new_contact" in names else "address-changed", **names)


async def pending(mail: OwedMail) -> Letter:
    """The organiser decides; or, for a form sent without JavaScript, the reader first has to confirm it."""
    matter = await whole_registration(mail)
    return _letter(mail, matter, mail.kind, people=matter.people, confirm_url=mail.payload.get("confirm_url"))


async def cancelled(mail: OwedMail) -> Letter:
    """To the contact: who no longer comes; to a person: their own place, taken out of the calendar."""
    return await (to_contact(mail) if mail.attendee_id is None else _taken_out(mail, "place-cancelled"))


async def swapped(mail: OwedMail) -> Letter:
    """To the person for whom a colleague comes instead; `own_doing`: they named the colleague themselves."""
    return await _taken_out(mail, mail.kind, own_doing=bool(mail.payload.get("own_doing")))


async def event_cancelled(mail: OwedMail) -> Letter:
    """To everybody who had a place or waited for one, with the reason."""
    return await _taken_out(mail, mail.kind, reason=str(mail.payload.get("reason") or ""))


async def ticket(mail: OwedMail) -> Letter:
    """The ticket as QR and PDF, the invitation, and what Art. 14 GDPR asks for.

    If the place has gone since, the mail says so and brings neither; what is stored about the person it says anyway.
    """
    matter, person = await one_person(mail)
    held, entry = await _ticket(person), await _entry(matter.row, person, mail.language)
    code = _code(matter.row, held)
    written = _letter(
        mail,
        matter,
        "ticket",
        person=person,
        stands=code is not None,
        ticket_url=held.url if held else "",
        short_code=shown_short_code(held.short_code) if held else "",
        online_url=_way_in(matter.row),
        **_stored(mail, person),
    )
    if held is None or code is None:
        return written
    pdf, qr = await asyncio.to_thread(_drawn, matter.row, held, code, known_language(mail.language))
    return replace(
        _inviting(written, entry),
        images=(Image(QR_NAME, qr),),
        attachments=(Attachment(f"ticket-{matter.row.slug}.pdf", pdf, "application/pdf"), _file(ical.request(entry))),
    )


async def event_changed(mail: OwedMail) -> Letter:
    """What was, what is, and the update for the calendar; the ticket stays good."""
    if mail.attendee_id is None:
        return await _event_changed_for_line(mail)
    matter, person = await one_person(mail)
    held, entry = await _ticket(person), await _entry(matter.row, person, mail.language)
    stands = _code(matter.row, held) is not None
    written = _letter(
        mail,
        matter,
        mail.kind,
        person=person,
        stands=stands,
        ticket_url=held.url if held else "",
        online_url=_way_in(matter.row) if stands else "",
        changes=_changes(matter, mail, goes_in=stands),
    )
    if not stands:
        return written
    return replace(_inviting(written, entry), attachments=(_file(ical.request(entry)),))


async def _event_changed_for_line(mail: OwedMail) -> Letter:
    """To the contact of people who wait: what has changed, and that they are still in line."""
    matter = await whole_registration(mail)
    waiting = [person for person in matter.people if person.status in {"waiting", "pending"}]
    if not waiting:
        raise Obsolete("nobody waits any more")
    return _letter(mail, matter, mail.kind, person=None, stands=False, people=waiting, changes=_changes(matter, mail))


async def _taken_out(mail: OwedMail, template: str, **context: object) -> Letter:
    """A mail that ends somebody's place, with the CANCEL for those who had been invited.

    To whoever had no place yet it is the first mail, and their calendar was never told of the event.
    """
    matter, person = await one_person(mail)
    entry, held = await _entry(matter.row, person, mail.language), await _ticket(person)
    is_first = person.status in {"waiting", "pending"}
    told = {"first": is_first and not person.is_contact, "ticket_url": held.url if held else ""}
    written = _letter(mail, matter, template, person=person, **told, **_stored(mail, person), **context)
    if is_first:
        return written
    calendar_object = ical.cancel(entry)
    invitation = Invitation("CANCEL", calendar_object.decode())
    return replace(written, invitation=invitation, attachments=(_file(calendar_object, "cancel.ics"),))


def _letter(mail: OwedMail, matter: Matter, template: str, **context: object) -> Letter:
    event = matter.event
    written = letter(ROOM, template, mail.language, event=event, registration=matter.registration, **context)
    organiser = (event.organiser_name, event.organiser_email) if event.organiser_email else None
    return replace(written, reply_to=organiser)


def _stored(mail: OwedMail, person: MailPerson) -> dict[str, object]:
    """What somebody's first mail says about their data (Art. 14 GDPR)."""
    words = stored_words(person, known_language(mail.language))
    return {"stored": words, "retention_days": settings.current().retention_days}


async def _ticket(person: MailPerson) -> TicketRow | None:
    """The person's ticket; None once it has gone to a colleague."""
    return (await tickets.of_attendees([person.id])).get(person.id)


def _code(event: EventRow, held: TicketRow | None) -> str | None:
    """The ticket's code, while ticket and event stand."""
    if held is None or event.public.status == "cancelled":
        return None
    return held.code(tickets.signing_of(event.signing_seed, event.key_id))


async def _entry(event: EventRow, person: MailPerson, language: str) -> Entry:
    found = await calendar.entries_of(event, [person.id], language)
    if person.id not in found:
        raise Obsolete("the calendar entry is gone")
    return replace(found[person.id][0], attendee=Person(person.name, person.email))


def _drawn(event: EventRow, held: TicketRow, code: str, language: Language) -> tuple[bytes, bytes]:
    """(PDF, PNG of the QR). Takes about 15 ms of CPU: call it in a thread."""
    from events_app.tickets.pdf import ticket_pdf  # noqa: PLC0415 - typst is heavy; idle workers do without
    from events_app.tickets.sheet import ticket_sheet  # noqa: PLC0415 - same

    return ticket_pdf(ticket_sheet(event, held, code, language)), png(code)


def _inviting(written: Letter, entry: Entry) -> Letter:
    return replace(written, invitation=Invitation("REQUEST", ical.request(entry).decode()))


def _file(calendar_object: bytes, name: str = "invite.ics") -> Attachment:
    """The same object once more, for programs that don't look into the mail's parts."""
    return Attachment(name, calendar_object, "application/ics")


def _way_in(event: EventRow) -> str:
    """The link to the online room, where there is one: for the confirmed alone."""
    return (event.online_url or "") if event.public.mode != "onsite" else ""


def _changes(matter: Matter, mail: OwedMail, *, goes_in: bool = False) -> list[tuple[str, str, str]]:
    """(what, before, now) for all that is different by now; before comes from the mail's row.

    Raises `Obsolete` if nothing is: the event has moved back before the mail left.
    """
    language, old, public = known_language(mail.language), mail.payload, matter.row.public
    link = _way_in(matter.row) if goes_in else ""
    rows = [
        (translate(language, "Title"), old["old_title"], public.title),
        (
            translate(language, "When"),
            _when(old["old_starts_at"], old["old_ends_at"], matter, language),
            _now(matter, language),
        ),
        (translate(language, "Where"), old["old_place"], ", ".join(calendar.event_place(matter.row))),
        (translate(language, "How"), _mode(old["old_mode"], language), _mode(public.mode, language)),
        (translate(language, "Take part online"), old.get("old_online_url", link) if goes_in else "", link),
    ]
    changed = [(what, before, now) for what, before, now in rows if before != now]
    if not changed:
        raise Obsolete("everything is as it was before")
    return changed


def _mode(mode: str, language: Language) -> str:
    words = {
        "onsite": translate(language, "On site"),
        "online": translate(language, "Online"),
        "hybrid": translate(language, "On site and online"),
    }
    return words[mode]


def _now(matter: Matter, language: Language) -> str:
    public = matter.row.public
    return _when(public.starts_at.isoformat(), public.ends_at.isoformat(), matter, language)


def _when(starts: str, ends: str, matter: Matter, language: Language) -> str:
    starts_at, zone = datetime.fromisoformat(starts), matter.event.zone
    day = filters(language)["date_long"](starts_at, zone)
    return f"{day}, {time_words(starts_at, datetime.fromisoformat(ends), zone, language)}"
