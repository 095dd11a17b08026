from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image

from events_app.accounts.rules import Actor
from events_app.events.queries import EventRow
from events_app.events.schemas import EventPatch, GoodToKnow, Organiser, RegistrationWindow, Venue
from events_app.kit import clock, db, settings
from events_app.kit.formats import filters, local
from events_app.kit.settings import Settings
from events_app.outbox.service import NewMail, queue
from events_app.outbox.service.delivery import Tally, deliver_due
from events_app.registration import service
from events_app.registration.mails import COMPOSERS
from events_app.registration.schemas import RegistrationOut, SwapIn
from tests.factories import ADMIN, make_event, make_registration
from tests.outbox.sink import Sink, open_sink

CONTACT = {"given_name": "Miriam", "family_name": "Vogel", "email": "m.vogel@example.org"}
COLLEAGUE = {"given_name": "Jonas", "family_name": "Beck", "email": "j.beck@example.org", "role": "Ausbilder"}
WITHOUT_ADDRESS = {"given_name": "Ayşe", "family_name": "Öztürk"}
FIRM = {"name": "Saaleblick e. V.", "kind": "association"}


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


async def event_of_agency(**fields: Any) -> EventRow:
    return await make_event(
        title="Auftakt & Ausblick",
        organiser=Organiser("Agentur Süd", "agentur@example.org", "0345 000"),
        **fields,
    )


async def registered(event: EventRow, *people: dict[str, Any], **fields: Any) -> RegistrationOut:
    return await make_registration(
        event, organisation=FIRM, contact=CONTACT, attendees=list(people or (COLLEAGUE,)), **fields
    )


async def delivered(sink: Sink) -> list[EmailMessage]:
    """The mails that leave now, none of them parked."""
    before = len(sink.taken)
    tally = await deliver_due(COMPOSERS)
    assert tally == Tally(sent=len(sink.taken) - before)
    return sink.mails[before:]


def of_kind(mails: list[EmailMessage], kind: str, to: str | None = None) -> EmailMessage:
    [found] = [mail for mail in mails if mail["X-Clustertreff-Mail"] == kind and to in {None, mail["To"]}]
    return found


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def flat(text: str) -> str:
    """Without the line ends that wrapping made."""
    return re.sub(r"\s+", " ", text)


def calendar_of(mail: EmailMessage) -> tuple[str, Any] | None:
    """(method, event) of the part that calendars act upon."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            calendar = Calendar.from_ical(part.get_payload(decode=True))
            assert calendar["METHOD"] == part["Content-Type"].params["method"]
            return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]
    return None


async def test_ticket_says_who_registered_the_person_what_is_stored_and_where_to_change_it(sink: Sink) -> None:
    made = await registered(await event_of_agency())
    mail = of_kind(await delivered(sink), "ticket")
    said = flat(text_of(mail))
    assert mail["To"] == COLLEAGUE["email"]
    assert "Miriam Vogel (Saaleblick e. V.) hat Sie am" in said
    assert "Gespeichert sind: Name, Organisation, E-Mail-Adresse und Funktion." in said
    assert "90 Tage nach der Veranstaltung gelöscht" in said
    assert said.count(made.attendees[0].ticket_url) == 3
    assert "http://clustertreff.test/privacy" in said


async def test_ticket_brings_a_qr_that_reads_as_the_code_and_a_pdf(sink: Sink) -> None:
    made = await registered(await event_of_agency())
    mail = of_kind(await delivered(sink), "ticket")
    [picture] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    [pdf] = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
    image = Image.open(io.BytesIO(picture.get_content())).convert("L")
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [made.attendees[0].code]
    assert f"cid:{picture['Content-ID'].strip('<>')}" in html_of(mail)
    assert pdf.get_content().startswith(b"%PDF-")


async def test_ticket_invites_the_person_and_says_that_declining_does_not_cancel(sink: Sink) -> None:
    event = await event_of_agency()
    made = await registered(event)
    mail = of_kind(await delivered(sink), "ticket")
    method, entry = calendar_of(mail) or ("", None)
    assert method == "REQUEST"
    assert str(entry["UID"]) == f"{made.attendees[0].id}-event@clustertreff.test"
    assert int(entry["SEQUENCE"]) == 0
    assert str(entry["ORGANIZER"]) == "mailto:events@localhost"
    assert str(entry["ATTENDEE"]) == "mailto:j.beck@example.org"
    assert entry["DTSTART"].dt == event.public.starts_at
    assert str(entry["LOCATION"]) == "Werkhalle, Musterweg 1, 06112 Halle (Saale)"
    assert "ist Ihr Platz damit nicht abgesagt" in flat(text_of(mail))
    assert "ist Ihr Platz damit nicht abgesagt" in str(entry["DESCRIPTION"])
    assert str(entry["DESCRIPTION"]).endswith(f"noch einmal: http://clustertreff.test/events/{event.slug}/resend")


async def test_calendar_entry_holds_no_secret(sink: Sink) -> None:
    made = await registered(await event_of_agency())
    mail = of_kind(await delivered(sink), "ticket")
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    content = Calendar.from_ical(part.get_payload(decode=True)).to_ical().decode().replace("\r\n ", "")
    person = made.attendees[0]
    for secret in (person.ticket_token, person.short_code, made.manage_token, person.code or "?"):
        assert secret not in content


async def test_manage_link_goes_to_the_contact_and_to_nobody_else(sink: Sink) -> None:
    made = await registered(await event_of_agency(), COLLEAGUE, WITHOUT_ADDRESS)
    await service.swap_attendee(made.id, made.attendees[1].id, SwapIn("Karla", "Neu", "k.neu@example.org"), ADMIN)
    for mail in await delivered(sink):
        shown = text_of(mail) + html_of(mail)
        assert (made.manage_token in shown) <= (mail["To"] == CONTACT["email"])
    assert made.manage_url in text_of(of_kind(sink.mails, "registration-confirmed"))


async def test_contact_gets_the_ticket_of_a_person_without_address_and_is_told_whose_it_is(sink: Sink) -> None:
    await registered(await event_of_agency(), WITHOUT_ADDRESS)
    mail = of_kind(await delivered(sink), "ticket")
    said = flat(text_of(mail))
    assert mail["To"] == CONTACT["email"]
    assert mail["Subject"].startswith("Ticket für Ayşe Öztürk")
    assert said.startswith("Guten Tag Miriam Vogel, hier ist das Ticket für Ayşe Öztürk.")
    assert "Gespeichert sind: Name und Organisation." in said


async def test_whoever_registers_themselves_is_not_told_so(sink: Sink) -> None:
    await registered(await event_of_agency(), CONTACT)
    said = text_of(of_kind(await delivered(sink), "ticket"))
    assert "IHRE DATEN" not in said
    assert "angemeldet" not in said


async def test_confirmation_lists_everybody_with_their_status(sink: Sink) -> None:
    await registered(await event_of_agency(capacity=1), COLLEAGUE, CONTACT)
    mail = of_kind(await delivered(sink), "registration-confirmed")
    assert "- Jonas Beck: Bestätigt\n- Miriam Vogel: Warteliste, Platz 1\n" in text_of(mail).replace("\r\n", "\n")
    assert mail["Reply-To"].addresses[0].addr_spec == "agentur@example.org"
    assert calendar_of(mail) is None


async def test_people_who_wait_are_told_and_get_their_ticket_when_they_take_a_free_place(sink: Sink) -> None:
    event = await event_of_agency(capacity=1)
    first = await make_registration(event, 1)
    made = await registered(event)
    assert of_kind(await delivered(sink), "registration-waiting")["To"] == CONTACT["email"]
    await service.cancel_registration(first.id, ADMIN)
    offer = of_kind(await delivered(sink), "seat-available")
    [person] = (await service.get_registration(made.id)).attendees
    assert person.offer is not None
    until = local(person.offer.expires_at)
    said = flat(text_of(offer))
    assert f"Bitte antworten Sie bis {filters('de')['date_long'](until)}, {until:%H:%M} Uhr." in said
    assert "Jonas Beck: Platz reserviert, bitte antworten" in said
    assert made.manage_url in text_of(offer)
    await service.take_offers(made.id, [person.id], ADMIN)
    mails = await delivered(sink)
    assert "Jonas Beck: Bestätigt" in text_of(of_kind(mails, "registration-confirmed"))
    _, entry = calendar_of(of_kind(mails, "ticket")) or ("", None)
    assert int(entry["SEQUENCE"]) == 1


async def test_seats_given_without_asking_say_why(sink: Sink) -> None:
    event = await event_of_agency(capacity=1, starts_at=clock.now() + timedelta(hours=5))
    first = await make_registration(event, 1)
    made = await registered(event, COLLEAGUE, CONTACT)
    await delivered(sink)
    await service.cancel_registration(first.id, ADMIN)
    near = flat(text_of(of_kind(await delivered(sink), "seat-available")))
    assert "Weil die Veranstaltung so nah ist" in near
    assert "- Jonas Beck: Bestätigt" in near
    await service.promote(made.id, made.attendees[1].id, ADMIN, over_capacity=True)
    given = flat(text_of(of_kind(await delivered(sink), "seat-available")))
    assert "hat vom Veranstalter Plätze bekommen" in given


async def test_an_offer_that_ran_out_is_told_as_such(sink: Sink) -> None:
    event = await event_of_agency(capacity=1)
    first = await make_registration(event, 1)
    await registered(event)
    await service.cancel_registration(first.id, ADMIN)
    await delivered(sink)
    settings.use(replace(settings.current(), fixed_now=clock.now() + timedelta(hours=49)))
    await service.expire_offers()
    mail = of_kind(await delivered(sink), "registration-cancelled")
    assert mail["Subject"] == "Platz auf der Warteliste verfallen: Auftakt & Ausblick"
    for said in (flat(text_of(mail)), flat(html_of(mail))):
        assert "nicht rechtzeitig angenommen" in said
        assert "Ihr Platz auf der Warteliste ist verfallen" in said
        assert "Tickets und Kalendereinträge" not in said  # there were none


async def test_whoever_gives_an_offered_seat_back_reads_of_no_tickets(sink: Sink) -> None:
    event = await event_of_agency(capacity=1)
    first = await make_registration(event, 1)
    made = await registered(event)
    await service.cancel_registration(first.id, ADMIN)
    await delivered(sink)
    await service.decline_offers(made.id, [made.attendees[0].id], Actor("registration", made.id))
    mail = of_kind(await delivered(sink), "registration-cancelled")
    for said in (flat(text_of(mail)), flat(html_of(mail))):
        assert "Tickets waren noch nicht ausgestellt" in said
        assert "gelten nicht mehr" not in said


async def test_a_registration_that_the_organiser_refuses_is_told_as_such(sink: Sink) -> None:
    event = await event_of_agency(registration=RegistrationWindow(approval=True))
    made = await registered(event)
    await delivered(sink)
    await service.decline_registration(made.id, ADMIN)
    mail = of_kind(await delivered(sink), "registration-cancelled")
    assert mail["Subject"] == "Anmeldung nicht angenommen: Auftakt & Ausblick"
    for said in (flat(text_of(mail)), flat(html_of(mail))):
        assert "kann der Veranstalter die Anmeldung" in said
        assert "melden Sie sich bitte neu an" not in said
        assert "storniert" not in said


async def test_cancelling_takes_the_entry_out_of_the_persons_calendar(sink: Sink) -> None:
    made = await registered(await event_of_agency())
    await delivered(sink)
    await service.cancel_registration(made.id, ADMIN)
    mails = await delivered(sink)
    method, entry = calendar_of(of_kind(mails, "registration-cancelled", COLLEAGUE["email"])) or ("", None)
    assert (method, int(entry["SEQUENCE"]), str(entry["STATUS"])) == ("CANCEL", 1, "CANCELLED")
    assert calendar_of(of_kind(mails, "registration-cancelled", CONTACT["email"])) is None


async def test_cancelling_one_of_two_tells_the_contact_who_is_left(sink: Sink) -> None:
    made = await registered(await event_of_agency(), COLLEAGUE, CONTACT)
    await delivered(sink)
    await service.cancel_attendees(made.id, [made.attendees[0].id], ADMIN)
    said = text_of(of_kind(await delivered(sink), "registration-changed"))
    assert "Nicht mehr angemeldet: Jonas Beck." in flat(said)
    assert "- Miriam Vogel: Bestätigt" in said
    assert "- Jonas Beck" not in said


async def test_swap_cancels_one_entry_and_invites_to_another(sink: Sink) -> None:
    made = await registered(await event_of_agency())
    await delivered(sink)
    await service.swap_attendee(made.id, made.attendees[0].id, SwapIn("Karla", "Neu", "k.neu@example.org"), ADMIN)
    mails = await delivered(sink)
    old_method, old = calendar_of(of_kind(mails, "attendee-swapped")) or ("", None)
    new_method, new = calendar_of(of_kind(mails, "ticket")) or ("", None)
    assert (old_method, new_method) == ("CANCEL", "REQUEST")
    assert old["UID"] != new["UID"]
    assert of_kind(mails, "ticket")["To"] == "k.neu@example.org"
    assert "Karla Neu" in text_of(of_kind(mails, "registration-changed"))


async def test_moving_an_event_mails_old_and_new_with_the_next_sequence(sink: Sink) -> None:
    event = await event_of_agency()
    made = await registered(event)
    await delivered(sink)
    later = event.public.starts_at + timedelta(days=7)
    patch = EventPatch(starts_at=later, ends_at=later + timedelta(hours=2), mode="online", venue=Venue())
    await service.change_event(event.slug, patch, ADMIN)
    mail = of_kind(await delivered(sink), "event-changed")
    method, entry = calendar_of(mail) or ("", None)
    said = text_of(mail)
    assert (method, int(entry["SEQUENCE"]), entry["DTSTART"].dt) == ("REQUEST", 1, later)
    assert str(entry["UID"]) == f"{made.attendees[0].id}-event@clustertreff.test"
    assert ("bisher: Werkhalle, Musterweg 1, 06112 Halle (Saale)" in said, "jetzt: Online" in said) == (True, True)
    assert "Titel" not in said
    assert made.attendees[0].ticket_url in said


@pytest.mark.parametrize(
    ("hours", "words"),
    [(24, "10. November 2026, ganztägig"), (72, "10. November 2026, bis zum 12. November 2026")],
)
@pytest.mark.parametrize("before_midnight", [1, 0])
async def test_an_event_without_a_time_of_day_is_told_without_one(
    sink: Sink, hours: int, words: str, before_midnight: int
) -> None:
    starts_at = datetime(2026, 11, 9, 23, tzinfo=UTC)
    settings.use(replace(settings.current(), fixed_now=starts_at - timedelta(days=7)))
    ends_at = starts_at + timedelta(hours=hours, minutes=-before_midnight)
    await registered(await event_of_agency(starts_at=starts_at, ends_at=ends_at))
    assert words in flat(text_of(of_kind(await delivered(sink), "ticket")))


async def test_another_way_into_the_online_room_is_told_to_those_who_may_enter(sink: Sink) -> None:
    event = await event_of_agency(mode="hybrid", online_url="https://raum.example.org/alt", capacity=1)
    await registered(event)
    await registered(event, WITHOUT_ADDRESS)
    await delivered(sink)
    await service.change_event(event.slug, EventPatch(online_url="https://raum.example.org/neu"), ADMIN)
    assert await deliver_due(COMPOSERS) == Tally(sent=1, parked=1)  # who waits would read of no change
    mail = sink.mails[-1]
    assert (mail["To"], (calendar_of(mail) or ("",))[0]) == (COLLEAGUE["email"], "REQUEST")
    assert "bisher: https://raum.example.org/alt jetzt: https://raum.example.org/neu" in flat(text_of(mail))
    assert 'href="https://raum.example.org/neu"' in html_of(mail)


async def test_an_event_that_moved_back_before_anybody_read_of_it_is_told_once(sink: Sink) -> None:
    event = await event_of_agency()
    await registered(event)
    await delivered(sink)
    there, back = event.public.starts_at + timedelta(days=7), event.public.starts_at
    for starts_at in (there, back):
        patch = EventPatch(starts_at=starts_at, ends_at=starts_at + (event.public.ends_at - back))
        await service.change_event(event.slug, patch, ADMIN)
    assert await deliver_due(COMPOSERS) == Tally(sent=1, parked=1)
    method, entry = calendar_of(sink.mails[-1]) or ("", None)
    assert (method, int(entry["SEQUENCE"]), entry["DTSTART"].dt) == ("REQUEST", 2, back)


async def test_a_title_put_right_after_the_event_is_mailed_to_nobody(sink: Sink) -> None:
    event = await event_of_agency()
    await registered(event)
    await delivered(sink)
    settings.use(replace(settings.current(), fixed_now=event.public.ends_at))
    await service.change_event(event.slug, EventPatch(title="Auftakt"), ADMIN)
    assert await delivered(sink) == []
    later = event.public.starts_at + timedelta(days=7)
    await service.change_event(event.slug, EventPatch(starts_at=later), ADMIN)
    assert of_kind(await delivered(sink), "event-changed")["To"] == COLLEAGUE["email"]


async def test_moving_an_event_tells_the_contact_of_those_in_line_without_inviting_them(sink: Sink) -> None:
    event = await event_of_agency(capacity=0)
    made = await registered(event, COLLEAGUE, WITHOUT_ADDRESS)
    await delivered(sink)
    later = event.public.starts_at + timedelta(days=7)
    await service.change_event(event.slug, EventPatch(starts_at=later, ends_at=later), ADMIN)
    [mail] = await delivered(sink)
    assert (mail["X-Clustertreff-Mail"], mail["To"], calendar_of(mail)) == ("event-changed", CONTACT["email"], None)
    assert mail["Reply-To"] == "Agentur Süd <agentur@example.org>"
    said = flat(text_of(mail))
    assert "wer wartet, behält seinen Platz in der Reihe" in said
    assert all(words in said for words in ("Jonas Beck", "Ayşe Öztürk", "Warteliste, Platz 1", made.manage_url))


async def test_an_update_that_waited_behind_a_cancellation_invites_nobody(sink: Sink) -> None:
    event = await event_of_agency()
    made = await registered(event)
    await delivered(sink)
    later = event.public.starts_at + timedelta(days=7)
    await service.change_event(event.slug, EventPatch(starts_at=later, ends_at=later), ADMIN)
    await service.cancel_registration(made.id, ADMIN)
    mails = [mail for mail in await delivered(sink) if mail["To"] == COLLEAGUE["email"]]
    assert [(mail["X-Clustertreff-Mail"], (calendar_of(mail) or (None,))[0]) for mail in mails] == [
        ("event-changed", None),
        ("registration-cancelled", "CANCEL"),
    ]


async def test_a_ticket_that_was_cancelled_before_it_left_still_says_what_is_stored(sink: Sink) -> None:
    made = await registered(await event_of_agency())
    await service.cancel_registration(made.id, ADMIN)
    mails = [mail for mail in await delivered(sink) if mail["To"] == COLLEAGUE["email"]]
    assert [mail["X-Clustertreff-Mail"] for mail in mails] == ["ticket", "registration-cancelled"]
    assert calendar_of(mails[0]) is None
    assert not list(mails[0].iter_attachments())
    assert "deshalb gibt es kein Ticket" in flat(text_of(mails[0]))
    assert "Gespeichert sind" in text_of(mails[0])


async def test_a_ticket_that_was_swapped_before_it_left_shows_no_link_of_somebody_else(sink: Sink) -> None:
    made = await registered(await event_of_agency())
    await service.swap_attendee(made.id, made.attendees[0].id, SwapIn("Karla", "Neu", "k.neu@example.org"), ADMIN)
    mails = [mail for mail in await delivered(sink) if mail["To"] == COLLEAGUE["email"]]
    assert [mail["X-Clustertreff-Mail"] for mail in mails] == ["ticket", "attendee-swapped"]
    assert all("/tickets/" not in text_of(mail) + html_of(mail) for mail in mails)


async def test_cancelled_event_tells_the_reason_and_cancels_entries_of_those_who_had_one(sink: Sink) -> None:
    event = await event_of_agency(capacity=1)
    await registered(event, COLLEAGUE, WITHOUT_ADDRESS)
    await delivered(sink)
    await service.cancel_event(event.slug, "Wasserschaden\n<b>Neuer Termin folgt</b>", ADMIN)
    mails = await delivered(sink)
    had = of_kind(mails, "event-cancelled", COLLEAGUE["email"])
    waited = of_kind(mails, "event-cancelled", CONTACT["email"])
    assert (calendar_of(had) or ("",))[0] == "CANCEL"
    assert calendar_of(waited) is None
    assert "> Wasserschaden" in text_of(had)
    assert "&lt;b&gt;Neuer Termin folgt&lt;/b&gt;" in html_of(had)


async def test_who_waited_for_a_cancelled_event_learns_from_that_first_mail_what_is_stored(sink: Sink) -> None:
    event = await event_of_agency(capacity=0)
    made = await registered(event, COLLEAGUE)
    await delivered(sink)
    await service.cancel_event(event.slug, "Wasserschaden", ADMIN)
    mail = of_kind(await delivered(sink), "event-cancelled", COLLEAGUE["email"])
    said = flat(text_of(mail))
    assert "Miriam Vogel (Saaleblick e. V.) hat Sie am" in said
    assert "Gespeichert sind: Name, Organisation, E-Mail-Adresse und Funktion." in said
    assert f"{made.attendees[0].ticket_url}/place" in said
    assert f'href="{made.attendees[0].ticket_url}/place"' in html_of(mail)


async def test_confirm_link_of_a_form_without_javascript_is_mailed_without_a_registration(sink: Sink) -> None:
    event = await event_of_agency()
    url = "http://clustertreff.test/confirm/abc"
    await queue([NewMail("registration-pending", "a@example.org", "de", {"confirm_url": url}, event_id=event.id)])
    mail = of_kind(await delivered(sink), "registration-pending")
    assert mail["Subject"] == "Bitte bestätigen Sie Ihre Anmeldung: Auftakt & Ausblick"
    assert url in text_of(mail)
    assert f'href="{url}"' in html_of(mail)


async def test_registration_that_has_to_be_approved_says_that_it_is_looked_at(sink: Sink) -> None:
    made = await registered(await event_of_agency(registration=RegistrationWindow(approval=True)))
    mail = of_kind(await delivered(sink), "registration-pending")
    assert "jede Anmeldung geprüft" in flat(text_of(mail))
    assert made.manage_url in text_of(mail)


async def test_mail_about_an_erased_person_is_parked_and_not_sent(sink: Sink) -> None:
    await registered(await event_of_agency())
    await db.execute("DELETE FROM attendee")
    tally = await deliver_due(COMPOSERS)
    assert (tally.sent, tally.parked) == (1, 1)


@pytest.mark.parametrize("name", ['"><script>alert(1)</script>', "%(name)s {{ 7*7 }}", "علي\u202e", "Zoë=?utf-8?q?x?="])
async def test_names_and_titles_are_shown_as_they_are_and_do_nothing(sink: Sink, name: str) -> None:
    event = await make_event(title=f"Auftakt {name}", good_to_know=GoodToKnow(directions=name))
    await registered(event, {"given_name": name, "family_name": "Beck", "email": "j.beck@example.org"})
    mail = of_kind(await delivered(sink), "ticket")
    assert "<script>" not in html_of(mail)
    assert "49" not in html_of(mail).partition("<body")[2].partition("Beck,")[0]
    assert mail["Subject"].startswith("Ihr Ticket: Auftakt ")


@pytest.mark.parametrize(("language", "word"), [("de", "Ticket öffnen"), ("en", "Open the ticket")])
async def test_mails_speak_the_language_of_the_registration(sink: Sink, language: str, word: str) -> None:
    await registered(await event_of_agency(), language=language)
    mail = of_kind(await delivered(sink), "ticket")
    assert mail["Content-Language"] == language
    assert word in text_of(mail)
    assert word in html_of(mail)
    assert f'<html lang="{language}">' in html_of(mail)


async def test_online_link_goes_to_confirmed_people_only(sink: Sink) -> None:
    event = await event_of_agency(mode="online", capacity=1, online_url="https://treffen.example.org/42")
    await registered(event, COLLEAGUE, CONTACT)
    mails = await delivered(sink)
    assert "https://treffen.example.org/42" in text_of(of_kind(mails, "ticket"))
    assert "QR-Code am Einlass" not in flat(text_of(of_kind(mails, "ticket")))  # there is no door
    assert "treffen.example.org" not in text_of(of_kind(mails, "registration-confirmed"))
