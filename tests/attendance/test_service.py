"""The round of mails around an event, from the clock to the mail that arrives."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import uuid4

import httpx
import pytest

from events_app.accounts.rules import Actor
from events_app.attendance import mails, service
from events_app.attendance.queries import plan_of, replies
from events_app.attendance.rules import Round, reminder_moment, thanks_moment
from events_app.checkin.schemas import ScanIn
from events_app.checkin.service import record_scans
from events_app.events.queries import EventRow
from events_app.events.schemas import Medium, Organiser, Question
from events_app.kit import settings
from events_app.kit.errors import Conflict, Forbidden, Invalid
from events_app.kit.settings import Settings
from events_app.outbox.service.delivery import deliver_due
from events_app.registration import mails as registration_mails
from events_app.registration import service as registrations
from events_app.registration.guards import contact_actor
from events_app.registration.queries import registration
from events_app.registration.schemas import AttendeeOut, RegistrationOut, SwapIn
from tests.checkin.doorway import paired
from tests.factories import ADMIN, make_cluster, make_event, make_registration
from tests.outbox.sink import Sink, open_sink

CONTACT = {"given_name": "Miriam", "family_name": "Vogel", "email": "m.vogel@example.org"}
JONAS = {"given_name": "Jonas", "family_name": "Beck", "email": "j.beck@example.org"}
LENA = {"given_name": "Lena", "family_name": "Roth"}
OLA = {"given_name": "Ola", "family_name": "Kern"}
FOOD = Question("diet", "Essen", type="choice", options=["vegan", "alles"])


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


def at(moment: datetime) -> None:
    settings.use(replace(settings.current(), fixed_now=moment))


async def prepared(sink: Sink, *people: dict[str, str], **fields: object) -> tuple[EventRow, RegistrationOut]:
    """An event with people who have got their first mails."""
    event = await make_event(organiser=Organiser("Agentur", "agentur@example.org"), questions=[FOOD], **fields)
    made = await make_registration(event, contact=CONTACT, attendees=list(people or (JONAS,)))
    await delivered(sink)
    return event, made


async def delivered(sink: Sink) -> list[EmailMessage]:
    before = len(sink.taken)
    tally = await deliver_due({**registration_mails.COMPOSERS, **mails.COMPOSERS})
    assert tally.sent == len(sink.taken) - before
    return sink.mails[before:]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def admitted(event: EventRow, person: AttendeeOut) -> None:
    device, _ = await paired(event.slug)
    [answer] = await record_scans(device, [ScanIn(id=uuid4(), code=person.code or "")])
    assert answer.result == "admitted"


def remind(event: EventRow) -> None:
    at(reminder_moment(service.day_of(event), 3))


async def test_everybody_confirmed_is_asked_once_and_the_contact_for_those_without_address(sink: Sink) -> None:
    event, made = await prepared(sink, JONAS, LENA, OLA)
    assert await service.send_due() == 0
    remind(event)
    assert await service.send_due() == 2
    assert await service.send_due() == 0
    to_jonas, to_contact = sorted(await delivered(sink), key=lambda mail: mail["To"])
    assert (to_jonas["To"], to_contact["To"]) == ("j.beck@example.org", "m.vogel@example.org")
    assert to_jonas["X-Clustertreff-Mail"] == to_contact["X-Clustertreff-Mail"] == "reminder"
    assert f"{made.attendees[0].ticket_url}/coming" in text_of(to_jonas)
    assert made.manage_url not in text_of(to_jonas)
    assert "Lena Roth" in text_of(to_contact)
    assert "Jonas" not in text_of(to_contact)
    assert to_jonas["List-Unsubscribe"] == f"<{made.attendees[0].ticket_url}/quiet>"
    assert to_jonas["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_a_reminder_held_up_until_the_event_has_begun_is_not_sent(sink: Sink) -> None:
    event, _ = await prepared(sink)
    remind(event)
    assert await service.send_due() == 1
    at(event.public.starts_at)
    assert await delivered(sink) == []


async def test_whoever_registered_since_yesterday_is_not_reminded(sink: Sink) -> None:
    event, _ = await prepared(sink)
    remind(event)
    await make_registration(event)
    await delivered(sink)
    assert await service.send_due() == 1


async def test_cancelled_waiting_and_quiet_people_are_not_reminded(sink: Sink) -> None:
    event, made = await prepared(
        sink, JONAS, LENA | {"email": "l@example.org"}, OLA | {"email": "o@example.org"}, capacity=2
    )
    first, second, third = made.attendees
    assert third.status == "waiting"
    await service.leave_in_peace([second.id])
    remind(event)
    assert await service.send_due() == 1
    owner = await registration(made.id)
    assert owner is not None
    await registrations.cancel_registration(made.id, contact_actor(owner), tell=False)
    assert await delivered(sink) == []  # whose place has gone since is asked nothing
    assert first.status == "confirmed"


async def test_cancelled_event_reminds_nobody(sink: Sink) -> None:
    event, _ = await prepared(sink)
    await registrations.cancel_event(event.slug, "Sturm", ADMIN)
    await delivered(sink)
    remind(event)
    assert await service.send_due() == 0


async def test_people_of_the_demo_get_no_mail(sink: Sink) -> None:
    event = await make_event()
    await make_registration(event, source="demo")
    remind(event)
    assert await service.send_due() == 0


async def test_agent_switches_the_reminder_off_and_gives_it_words(sink: Sink) -> None:
    event, _ = await prepared(sink)
    await service.plan_round(event.slug, Round(reminder_days=None), ADMIN)
    remind(event)
    assert await service.send_due() == 0
    await service.plan_round(event.slug, Round(reminder_days=3, reminder_note="Bitte Helm mitbringen."), ADMIN)
    assert await service.send_due() == 1
    [mail] = await delivered(sink)
    assert "Bitte Helm mitbringen." in text_of(mail)


async def test_plan_for_a_foreign_event_or_with_mistakes_is_refused(sink: Sink) -> None:
    event, _ = await prepared(sink)
    foreign = replace(ADMIN, role="agent", cluster_id=(await make_cluster("other")).id)
    with pytest.raises(Forbidden):
        await service.plan_round(event.slug, Round(), foreign)
    with pytest.raises(Invalid):
        await service.plan_round(event.slug, Round(reminder_days=0), ADMIN)
    assert await plan_of(event.id) == Round()


async def test_yes_is_counted_and_ends_when_the_event_moves(sink: Sink) -> None:
    event, made = await prepared(sink, JONAS, LENA)
    person = made.attendees[0].id
    await service.say_coming(person, ADMIN)
    await service.say_coming(person, ADMIN)
    assert await service.is_coming(person, event.public.starts_at)
    counted = await replies(event.id, event.public.starts_at)
    assert (counted.coming, counted.silent) == (1, 1)
    assert not await service.is_coming(person, event.public.starts_at + timedelta(days=1))


async def test_nobody_says_yes_without_a_confirmed_place(sink: Sink) -> None:
    _, made = await prepared(sink, JONAS, LENA, capacity=1)
    with pytest.raises(Conflict):
        await service.say_coming(made.attendees[1].id, ADMIN)


async def test_caterers_numbers_go_to_the_organiser_once_and_without_names(sink: Sink) -> None:
    event, _ = await prepared(sink, JONAS | {"answers": {"diet": "vegan"}}, LENA)
    deadline = event.public.starts_at - timedelta(days=5)
    await service.plan_round(event.slug, Round(reminder_days=None, catering_at=deadline), ADMIN)
    at(deadline)
    assert await service.send_due() == 1
    assert await service.send_due() == 0
    [mail] = await delivered(sink)
    assert mail["To"] == "agentur@example.org"
    assert re.search(r"- 1 . vegan\r\n- keine Angabe: 1\r\n", text_of(mail))
    assert "Jonas" not in text_of(mail)
    assert "Beck" not in str(mail)


async def test_thanks_with_certificate_go_to_the_admitted_only(sink: Sink) -> None:
    medium = Medium("Folien", "https://example.org/folien.pdf")
    event, made = await prepared(sink, JONAS, LENA | {"email": "l@example.org"}, media=[medium])
    await service.plan_round(event.slug, Round(reminder_days=None, thanks_note="Bis zum nächsten Mal!"), ADMIN)
    await admitted(event, made.attendees[0])
    at(thanks_moment(service.day_of(event)))
    assert await service.send_due() == 1
    assert await service.send_due() == 0
    [mail] = await delivered(sink)
    assert (mail["To"], mail["X-Clustertreff-Mail"]) == ("j.beck@example.org", "certificate")
    assert "https://example.org/folien.pdf" in text_of(mail)
    assert "Bis zum nächsten Mal!" in text_of(mail)
    [pdf] = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
    assert bytes(pdf.get_payload(decode=True)).startswith(b"%PDF")
    assert pdf.get_filename() == f"teilnahme-{event.slug}.pdf"


async def test_link_in_the_mail_says_yes_by_its_button_only(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = await make_registration(event, people=1)
    path = f"/tickets/{made.attendees[0].ticket_token}/coming"
    assert (await client.get(path)).status_code == 200
    assert not await service.is_coming(made.attendees[0].id, event.public.starts_at)
    answer = await client.post(path)
    assert answer.status_code == 303
    assert await service.is_coming(made.attendees[0].id, event.public.starts_at)


async def test_colleague_named_by_the_attendee_gets_the_ticket_and_the_old_link_is_dead(
    client: httpx.AsyncClient,
) -> None:
    made = await make_registration(await make_event(), people=1)
    old = f"/tickets/{made.attendees[0].ticket_token}"
    answer = await client.post(f"{old}/coming/substitute", data={"given_name": "Ruth", "family_name": "Ahorn"})
    assert answer.status_code == 200
    assert "Ruth Ahorn" in answer.text
    assert (await client.get(old)).status_code == 404
    [now] = (await registrations.get_registration(made.id)).attendees
    assert now.name == "Ruth Ahorn"
    assert now.status == "confirmed"


async def test_colleague_without_a_name_is_told_at_the_field(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), people=1)
    path = f"/tickets/{made.attendees[0].ticket_token}/coming/substitute"
    answer = await client.post(path, data={"given_name": "Ruth", "family_name": ""})
    assert answer.status_code == 400
    assert 'value="Ruth"' in answer.text
    assert 'id="f-family_name-error"' in answer.text


async def test_one_click_of_the_mail_program_ends_reminders(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = await make_registration(event, attendees=[JONAS, LENA])
    one_click = {"List-Unsubscribe": "One-Click"}
    token = made.attendees[0].ticket_token
    assert (await client.get(f"/tickets/{token}/quiet")).status_code == 200
    elsewhere = {"Origin": "https://webmail.example.org", "Sec-Fetch-Site": "cross-site"}
    for path in (f"/tickets/{token}/quiet", f"/registrations/{made.manage_token}/quiet"):
        assert (await client.post(path, data=one_click, headers=elsewhere)).status_code == 200
    remind(event)
    assert await service.send_due() == 0


async def test_certificate_is_for_the_admitted_after_the_event(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = await make_registration(event, people=2)
    paths = [f"/tickets/{person.ticket_token}/certificate.pdf" for person in made.attendees]
    await admitted(event, made.attendees[0])
    assert (await client.get(paths[0])).status_code == 404
    at(event.public.ends_at)
    pages = [(await client.get(path.removesuffix("/certificate.pdf"))).text for path in paths]
    assert ["certificate.pdf" in page for page in pages] == [True, False]
    answer = await client.get(paths[0])
    assert answer.content.startswith(b"%PDF")
    assert (await client.get(paths[1])).status_code == 404


async def test_whoever_passes_the_ticket_on_is_told_so_and_not_that_somebody_else_did(sink: Sink) -> None:
    _, made = await prepared(sink)
    holder = Actor("attendee", made.attendees[0].id)
    await registrations.swap_attendee(made.id, made.attendees[0].id, SwapIn("Ruth", "Ahorn", "r@example.org"), holder)
    [mail] = [mail for mail in await delivered(sink) if mail["X-Clustertreff-Mail"] == "attendee-swapped"]
    assert "Sie haben Ihr Ticket weitergegeben." in text_of(mail)
    assert "Ersatzperson für Sie" not in text_of(mail)
