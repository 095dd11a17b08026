"""Each person their own master: needs by their own consent, photos, deletion; nobody else sees what they said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.checkin.schemas import ScanIn
from events_app.checkin.service import record_scans
from events_app.events.queries import EventRow
from events_app.events.schemas import Question
from events_app.kit import clock, db, settings
from events_app.kit.errors import Invalid
from events_app.kit.settings import Settings
from events_app.outbox.service import forget
from events_app.registration import choice_queries, desk_queries, queries, service
from events_app.registration.rules import choices
from events_app.registration.schemas import AttendeeOut, RegistrationOut, SwapIn
from events_app.registration.service import erase, own
from events_app.registration.service.hold import forget_expired
from events_app.registration.texts import COUNTED_NEEDS, NEEDS
from tests.checkin.doorway import paired
from tests.everywhere import everywhere
from tests.factories import ADMIN, auth, make_cluster, make_event, make_registration
from tests.pagecheck import sound

SECRET = "Brauche Insulinkuehlung"
CONTACT = {"given_name": "Miriam", "family_name": "Vogelsang", "email": "m.vogelsang@example.org"}
JONAS = {"given_name": "Jonas", "family_name": "Zwirbelbeck", "email": "j.zwirbelbeck@example.org", "role": "Ausbilder"}
STATED = {"needs": ["wheelchair", "allergy"], "note": SECRET, "consent": "yes"}


async def registered(**fields: object) -> tuple[EventRow, RegistrationOut]:
    question = Question("diet", "Essen", type="text")
    event = await make_event(questions=[question], cluster=(await make_cluster("own")).slug, capacity=2)
    people = [JONAS | {"answers": {"diet": "Zwirbelkost"}}, {"given_name": "Ayşe", "family_name": "Öztürk"}]
    made = await make_registration(event, attendees=people, contact=CONTACT, **fields)
    return event, made


def place(attendee: AttendeeOut) -> str:
    return f"/tickets/{attendee.ticket_token}/place"


async def state(client: httpx.AsyncClient, attendee: AttendeeOut, **changes: object) -> httpx.Response:
    return await client.post(f"{place(attendee)}/needs", data=STATED | changes)


async def admitted(event: EventRow, person: AttendeeOut) -> None:
    device, _ = await paired(event.slug)
    [answer] = await record_scans(device, [ScanIn(id=uuid4(), code=person.code or "")])
    assert answer.result == "admitted"


def test_every_need_has_its_words_for_the_person_and_for_the_desk() -> None:
    assert tuple(NEEDS) == tuple(COUNTED_NEEDS) == choices.NEEDS


async def test_needs_are_kept_with_version_and_time_of_the_consent(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    answer = await state(client, made.attendees[0])
    assert answer.headers["location"] == f"{place(made.attendees[0])}?done=needs"
    row = await db.fetch_row("SELECT * FROM attendee_choice")
    assert row is not None
    assert json.loads(row["needs"]) == ["wheelchair", "allergy"]
    assert (row["note"], row["consent_wording"]) == (SECRET, own.WORDING)
    assert abs(clock.now() - row["consent_at"]) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"consent": ""}, "consent"), ({"needs": [], "note": ""}, "needs"), ({"note": "x" * 1001}, "note")],
)
async def test_wrong_needs_come_back_at_their_field_and_nothing_is_kept(
    client: httpx.AsyncClient, changes: dict[str, object], field: str
) -> None:
    _, made = await registered()
    answer = await state(client, made.attendees[0], **changes)
    assert answer.status_code == 400
    assert f'id="f-{field}-error"' in answer.text
    assert sound(answer.text)
    assert await db.fetch_value("SELECT count(*) FROM attendee_choice") == 0


async def test_unknown_needs_are_no_needs(database: None) -> None:
    _, made = await registered()
    with pytest.raises(Invalid):
        await own.store_needs(made.attendees[0].id, ["gold"], " ", ADMIN, consent=True)


async def test_database_refuses_needs_without_consent(database: None) -> None:
    _, made = await registered()
    await choice_queries.store_photos(made.attendees[0].id, allowed=True, wording="1")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("""UPDATE attendee_choice SET needs = '["wheelchair"]'""")


async def test_needs_are_shown_to_the_browser_that_sent_them_last_and_to_no_other(
    client: httpx.AsyncClient,
) -> None:
    """The coordinator knows the ticket's link: it shows neither what was said nor that anything was."""
    _, made = await registered()
    attendee = made.attendees[0]
    untouched = (await client.get(place(attendee))).text
    await state(client, attendee)
    assert SECRET in (await client.get(place(attendee))).text
    mine = dict(client.cookies)
    client.cookies.clear()
    assert (await client.get(place(attendee))).text == untouched
    await state(client, attendee, note="Von fremder Hand")  # somebody with the link writes over it
    client.cookies.clear()
    client.cookies.update(mine)
    assert "Von fremder Hand" not in (await client.get(place(attendee))).text


async def test_a_key_opens_the_needs_of_its_own_person_only(database: None) -> None:
    _, made = await registered()
    first, second = made.attendees
    key = await own.store_needs(first.id, ["wheelchair"], "", ADMIN, consent=True)
    await own.store_needs(second.id, ["allergy"], "", ADMIN, consent=True)
    assert (await own.needs_of(first.id, key)) is not None
    assert (await own.needs_of(second.id, key)) is None
    assert (await own.needs_of(first.id, "forged")) is None


async def test_one_click_withdraws_the_consent_and_deletes_the_answers(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    await state(client, made.attendees[0])
    await client.post(f"{place(made.attendees[0])}/needs/withdraw")
    assert await everywhere(SECRET) == []
    row = await db.fetch_row("SELECT * FROM attendee_choice")
    assert row is not None
    assert (row["needs"], row["consent_at"], row["consent_wording"]) == ("[]", None, None)
    assert (await client.post(f"{place(made.attendees[1])}/needs/withdraw")).status_code == 303


async def test_photos_are_refused_until_somebody_agrees_and_withdrawn_as_easily(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    attendee = made.attendees[0]
    assert not await own.photos_allowed(attendee.id)
    await client.post(f"{place(attendee)}/photos", data={"photos": "yes"})
    assert await own.photos_allowed(attendee.id)
    assert "Sie haben zugestimmt" in (await client.get(place(attendee))).text
    await client.post(f"{place(attendee)}/photos", data={"photos": "no"})
    assert not await own.photos_allowed(attendee.id)


async def test_coordinator_sees_neither_needs_nor_scan_times_anywhere(client: httpx.AsyncClient) -> None:
    event, made = await registered()
    await state(client, made.attendees[0])
    await admitted(event, made.attendees[0])
    client.cookies.clear()
    for column in ("ticket.admitted_at", "presence.admitted_at", "scan.scanned_at", "scan.received_at"):
        table, _, name = column.partition(".")
        await db.execute(f"UPDATE {table} SET {name} = '2026-01-02 03:33:33+00'")  # noqa: S608 - names above
    home = f"/registrations/{made.manage_token}"
    edit = f"/attendees/{made.attendees[0].id}"
    pages = [f"{home}{path}" for path in ("/", "/data.json", "/erase", "/contact", edit)]
    token = auth(made.manage_token)
    texts = [(await client.get(page)).text for page in [*pages, place(made.attendees[0]), made.attendees[0].ticket_url]]
    texts.append((await client.get(f"/api/v1/registrations/{made.id}", headers=token)).text)
    for text in texts:
        assert SECRET not in text
        assert "wheelchair" not in text.replace('value="wheelchair"', "")
        assert "admitted_at" not in text
        assert "03:33" not in text
        assert "04:33" not in text


async def test_desk_sees_numbers_and_words_without_names(client: httpx.AsyncClient) -> None:
    event, made = await registered()
    account = await accounts.create_account("agentin@example.org", "agent", cluster_id=event.cluster_id)
    await state(client, made.attendees[0])
    client.cookies.clear()
    client.cookies.set("session", await accounts.log_in_by_link((await accounts.new_login(account)).token, "test"))
    text = sound((await client.get(f"/desk/events/{event.slug}")).text).text
    assert "1 × Rollstuhl" in text  # noqa: RUF001 - as it is shown
    assert f"1 × {SECRET}" in text  # noqa: RUF001 - same
    assert "Zwirbelbeck" not in text


async def test_needs_of_those_who_no_longer_come_are_deleted(database: None) -> None:
    event, made = await registered()
    for person in made.attendees:
        await own.store_needs(person.id, ["wheelchair"], SECRET, ADMIN, consent=True)
    await service.swap_attendee(made.id, made.attendees[0].id, SwapIn("Karla", "Neu", None), ADMIN)
    await service.cancel_attendees(made.id, [made.attendees[1].id], ADMIN)
    assert await everywhere(SECRET) == []
    assert (await choice_queries.counted(event.id)).people == 0


async def test_needs_go_a_week_after_the_event_and_photos_stay(database: None, app_settings: Settings) -> None:
    event, made = await registered()
    await own.store_needs(made.attendees[0].id, [], SECRET, ADMIN, consent=True)
    await own.decide_photos(made.attendees[0].id, ADMIN, allowed=True)
    settings.use(replace(app_settings, fixed_now=event.public.ends_at + timedelta(days=6)))
    await forget_expired()
    assert await everywhere(SECRET) == ["attendee_choice.note"]
    settings.use(replace(app_settings, fixed_now=event.public.ends_at + timedelta(days=7)))
    await forget_expired()
    assert await everywhere(SECRET) == []
    assert await own.photos_allowed(made.attendees[0].id)


async def test_holder_gives_an_address_and_gets_the_ticket_there(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    sent = {"given_name": "Ayşe", "family_name": "Öztürk", "email": " Neu@Example.org ", "role": ""}
    await client.post(place(made.attendees[1]), data=sent)
    assert await db.fetch_value("SELECT recipient FROM outbox_mail ORDER BY id DESC LIMIT 1") == "neu@example.org"


async def test_erased_person_is_nowhere_and_the_seat_is_free(client: httpx.AsyncClient) -> None:
    event, made = await registered()
    other = await make_registration(event, people=1)
    attendee = made.attendees[0]
    await db.execute("UPDATE outbox_mail SET status = 'sent', sent_at = now() WHERE id <= 2")
    await db.execute("UPDATE outbox_mail SET last_error = 'no such box: j.zwirbelbeck@example.org' WHERE id = 2")
    await state(client, attendee)
    assert sound((await client.get(f"{place(attendee)}/delete")).text)
    answer = await client.post(f"{place(attendee)}/delete")
    assert "Ihre Daten sind gelöscht" in sound(answer.text).text
    for word in ("zwirbel", SECRET, "Ausbilder"):
        assert await everywhere(word) == []
    assert (await client.get(place(attendee))).status_code == 404
    assert (await client.get(f"/tickets/{attendee.ticket_token}")).status_code == 404
    assert await db.fetch_value("SELECT count(*) FROM seat_offer WHERE attendee = $1", other.attendees[0].id) or (
        await db.fetch_value("SELECT status FROM attendee WHERE id = $1", other.attendees[0].id) == "confirmed"
    )


async def test_erased_person_still_counts_and_the_contact_is_told_without_a_name(client: httpx.AsyncClient) -> None:
    event, made = await registered()
    await client.post(f"{place(made.attendees[0])}/delete")
    numbers = (await desk_queries.numbers([event.id]))[event.id]
    assert (numbers.confirmed, numbers.cancelled) == (1, 1)
    assert [person.name for person in (await desk_queries.people([event.id])).people] == ["Ayşe Öztürk"]
    assert [person.name for person in (await service.get_registration(made.id)).attendees] == ["Ayşe Öztürk"]
    last = await db.fetch_row("SELECT kind, recipient, payload FROM outbox_mail ORDER BY id DESC LIMIT 1")
    assert last is not None
    assert tuple(last) == ("registration-changed", CONTACT["email"], '{"had_tickets": true}')


async def test_erasing_after_the_event_changes_no_number(database: None, app_settings: Settings) -> None:
    event, made = await registered()
    settings.use(replace(app_settings, fixed_now=event.public.ends_at + timedelta(days=1)))
    assert not await erase.erase_attendee(made.id, made.attendees[0].id, ADMIN)
    assert not await erase.erase_attendee(made.id, made.attendees[1].id, ADMIN)
    assert (await desk_queries.numbers([event.id]))[event.id].confirmed == 2
    assert await everywhere("zwirbel") == []


async def test_attendance_record_keeps_name_and_organisation_of_who_was_admitted(client: httpx.AsyncClient) -> None:
    event, made = await registered()
    await admitted(event, made.attendees[0])
    answer = await client.post(f"{place(made.attendees[0])}/delete")
    assert "Anwesenheitsnachweis" in answer.text
    assert await everywhere("zwirbel") == ["ticket.family_name"]
    assert (await client.get(place(made.attendees[0]))).status_code == 404


async def test_whole_registration_erased_leaves_no_name(client: httpx.AsyncClient) -> None:
    event, made = await registered(organisation={"name": "Tischlerei Vogelsang", "kind": "company"})
    await state(client, made.attendees[0])
    home = f"/registrations/{made.manage_token}"
    assert "nicht rückgängig" in sound((await client.get(f"{home}/erase")).text).text
    answer = await client.post(f"{home}/erase")
    assert "Die Anmeldung ist gelöscht" in sound(answer.text).text
    for word in ("zwirbel", "vogelsang", "öztürk", SECRET):
        assert await everywhere(word) == []
    assert (await client.get(home + "/")).status_code == 404
    assert (await desk_queries.numbers([event.id]))[event.id].cancelled == 2
    assert await db.fetch_value("SELECT taken FROM event_seats") == 0
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE status <> 'sent'") == 0


async def test_looking_at_the_question_erases_nothing(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    await client.get(f"{place(made.attendees[0])}/delete")
    await client.get(f"/registrations/{made.manage_token}/erase")
    assert len(await queries.attendees(made.id)) == 2


async def test_audit_log_names_nobody(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    await state(client, made.attendees[0])
    await client.post(f"{place(made.attendees[0])}/photos", data={"photos": "yes"})
    await client.post(f"{place(made.attendees[0])}/delete")
    rows = await db.fetch("SELECT action, details FROM audit_entry WHERE object_kind = 'attendee' ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("needs-stated", "{}"),
        ("photos-allowed", "{}"),
        ("attendee-erased", "{}"),
    ]


async def test_mails_of_others_stay_when_one_is_erased(database: None) -> None:
    _, made = await registered()
    await forget.forget_people([made.attendees[0].id])
    kinds = await db.fetch("SELECT kind, attendee_id FROM outbox_mail ORDER BY id")
    assert [row["attendee_id"] for row in kinds if row["kind"] == "ticket"] == [made.attendees[1].id]
    assert UUID(int=0) not in [row["attendee_id"] for row in kinds]


async def test_who_is_also_the_contact_is_told_that_this_stays(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), attendees=[CONTACT], contact=CONTACT)
    answer = await client.post(f"{place(made.attendees[0])}/delete")
    assert "Ihre Angaben als Ansprechperson bleiben" in sound(answer.text).text
    assert "kein Name mehr" not in answer.text
    left = await everywhere("vogelsang")
    assert sorted(left) == [
        "outbox_mail.recipient",
        "registration.contact_email",
        "registration.contact_family_name",
    ]


async def test_after_the_event_nobody_is_asked_what_they_need(
    client: httpx.AsyncClient, app_settings: Settings
) -> None:
    event, made = await registered()
    assert "/needs" in (await client.get(place(made.attendees[0]))).text
    settings.use(replace(app_settings, fixed_now=event.public.ends_at + timedelta(minutes=1)))
    text = sound((await client.get(place(made.attendees[0]))).text)
    assert f"{place(made.attendees[0])}/needs" not in {form.get("action") for form in text.all("form")}
    assert "Meine Daten löschen" in text.text
