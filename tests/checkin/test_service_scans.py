from __future__ import annotations

import asyncio
import contextvars
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from events_app.checkin import service
from events_app.checkin.rules import Direction
from events_app.checkin.schemas import AdmissionsIn, ScanIn
from events_app.events import keys
from events_app.events import service as events
from events_app.events.schemas import RegistrationWindow
from events_app.kit import db, settings
from events_app.kit.errors import AlreadyCheckedIn
from events_app.kit.settings import Settings
from events_app.registration import service as registrations
from events_app.registration.schemas import SwapIn
from events_app.tickets.rules import make_code, shown_short_code
from tests.checkin.doorway import Doorway, open_door, paired
from tests.factories import ADMIN, make_event, make_registration

NOON = datetime(2026, 11, 5, 11, 0, tzinfo=UTC)


def at(app_settings: Settings, moment: datetime) -> None:
    settings.use(replace(app_settings, fixed_now=moment))


def scans_of(codes: list[str | None], direction: Direction = "entry") -> list[ScanIn]:
    return [ScanIn(id=uuid4(), code=code or "", direction=direction) for code in codes]


async def presences() -> int:
    count: int = await db.fetch_value("SELECT count(*) FROM presence")
    return count


async def test_scan_admits_once(doorway: Doorway) -> None:
    code = doorway.people[0].code
    first = await doorway.scan(code)
    second = await doorway.scan(code)
    assert (first.result, second.result) == ("admitted", "already_inside")
    assert first.first_scanned_at == second.first_scanned_at
    assert first.attendee is not None
    assert first.attendee.name == doorway.people[0].name
    assert await db.fetch_value("SELECT count(*) FROM ticket WHERE admitted_at IS NOT NULL") == 1


async def test_scan_takes_the_short_code_as_people_type_it(doorway: Doorway) -> None:
    answer = await doorway.scan(shown_short_code(doorway.people[0].short_code).lower())
    assert (answer.result, answer.attendee and answer.attendee.name) == ("admitted", doorway.people[0].name)
    assert (await doorway.scan(doorway.people[0].code)).result == "already_inside"


async def test_parallel_scans_of_one_code_admit_once(doorway: Doorway) -> None:
    answers = await asyncio.gather(*(doorway.scan(doorway.people[0].code) for _ in range(20)))
    results = sorted(answer.result for answer in answers)
    assert results == ["admitted"] + ["already_inside"] * 19
    assert len({answer.first_scanned_at for answer in answers}) == 1


async def test_parallel_repeats_of_one_scan_get_one_answer(doorway: Doorway) -> None:
    scan = ScanIn(id=uuid4(), code=doorway.people[0].code or "")
    answers = await asyncio.gather(*(service.record_scans(doorway.door, [scan]) for _ in range(20)))
    assert {answer.result for [answer] in answers} == {"admitted"}
    assert await db.fetch_value("SELECT count(*) FROM scan") == 1


async def test_repeated_scan_id_gets_its_first_answer(doorway: Doorway) -> None:
    scan = ScanIn(id=uuid4(), code=doorway.people[0].code or "")
    [first] = await service.record_scans(doorway.door, [scan])
    await doorway.scan(doorway.people[0].code, direction="exit")
    [again] = await service.record_scans(doorway.door, [scan])
    assert again == first
    assert await db.fetch_value("SELECT inside FROM presence") is False


async def test_scan_id_of_another_event_reveals_nothing(doorway: Doorway) -> None:
    other = await open_door()
    scan = ScanIn(id=uuid4(), code=doorway.people[0].code or "")
    await service.record_scans(doorway.door, [scan])
    [answer] = await service.record_scans(other.door, [scan])
    assert (answer.result, answer.reason, answer.attendee) == ("refused", "wrong_event", None)


async def test_exit_and_return(doorway: Doorway) -> None:
    code = doorway.people[0].code
    assert (await doorway.scan(code, direction="exit")).reason == "not_inside"
    entered = await doorway.scan(code)
    assert (await doorway.scan(code, direction="exit")).result == "left"
    assert (await doorway.scan(code, direction="exit")).reason == "not_inside"
    back = await doorway.scan(code)
    assert (back.result, back.first_scanned_at) == ("admitted", entered.first_scanned_at)


@pytest.mark.parametrize(
    ("directions", "results"),
    [
        (["entry", "entry"], ["admitted", "already_inside"]),
        (["entry", "exit", "entry"], ["admitted", "left", "admitted"]),
        (["exit", "entry", "exit", "exit"], ["refused", "admitted", "left", "refused"]),
        (["exit", "exit"], ["refused", "refused"]),
    ],
)
async def test_batch_is_judged_in_its_order(doorway: Doorway, directions: list[Direction], results: list[str]) -> None:
    code = doorway.people[0].code or ""
    sent = [ScanIn(id=uuid4(), code=code, direction=direction) for direction in directions]
    together = await service.record_scans(doorway.door, sent)
    assert [answer.result for answer in together] == results
    one_by_one = [await doorway.scan(doorway.people[1].code, direction=direction) for direction in directions]
    assert [answer.result for answer in one_by_one] == results


@pytest.mark.parametrize(
    ("before", "directions", "results"),
    [
        (["entry"], ["exit", "exit"], ["left", "refused"]),
        (["entry"], ["entry", "exit"], ["already_inside", "left"]),
        (["entry", "exit"], ["entry", "entry"], ["admitted", "already_inside"]),
        (["entry", "exit"], ["exit", "entry"], ["refused", "admitted"]),
        (["entry"], ["exit", "entry"], ["left", "admitted"]),
    ],
)
async def test_batch_goes_on_from_what_is_known(
    doorway: Doorway, before: list[Direction], directions: list[Direction], results: list[str]
) -> None:
    code = doorway.people[0].code or ""
    for direction in before:
        await doorway.scan(code, direction=direction)
    sent = [ScanIn(id=uuid4(), code=code, direction=direction) for direction in directions]
    answers = await service.record_scans(doorway.door, sent)
    assert [answer.result for answer in answers] == results
    assert await db.fetch_value("SELECT inside FROM presence") is (directions[-1] == "entry")


async def test_batch_answers_one_id_sent_twice_alike(doorway: Doorway) -> None:
    scan = ScanIn(id=uuid4(), code=doorway.people[0].code or "")
    first, second = await service.record_scans(doorway.door, [scan, scan])
    assert first == second
    assert first.result == "admitted"


async def test_batch_of_500_sent_twice_at_once_is_kept_once(database: None) -> None:
    event = await make_event(capacity=500)
    people = [person for _ in range(3) for person in (await make_registration(event, 160)).attendees]
    first, _ = await paired(event.slug, "Tür 1")
    second, _ = await paired(event.slug, "Tür 2")
    batch = scans_of([person.code for person in people] + ["unlesbar"] * 20)
    answers = await asyncio.gather(*(service.record_scans(door, batch) for door in (first, second)))
    assert answers[0] == answers[1]
    assert [answer.result for answer in answers[0]] == ["admitted"] * 480 + ["refused"] * 20
    assert (await db.fetch_value("SELECT count(*) FROM scan"), await presences()) == (500, 480)


async def test_batches_of_different_ids_admit_each_ticket_once(database: None) -> None:
    event = await make_event()
    people = (await make_registration(event, 50)).attendees
    door, _ = await paired(event.slug)
    codes = [person.code for person in people]
    batches = [scans_of(codes), scans_of(codes[::-1]), scans_of(codes, "exit"), scans_of(codes[::-1])]
    answers = [
        answer for batch in await asyncio.gather(*(service.record_scans(door, b) for b in batches)) for answer in batch
    ]
    admitted = sum(answer.result == "admitted" for answer in answers)
    left = sum(answer.result == "left" for answer in answers)
    inside = await db.fetch_value("SELECT count(*) FROM presence WHERE inside")
    assert admitted - left == inside
    assert await presences() == 50


async def test_batch_takes_three_statements_whatever_its_size(doorway: Doorway) -> None:
    assert await statements(doorway, 1) == await statements(doorway, 3) == await statements(doorway, 400) == 2


async def statements(doorway: Doorway, size: int) -> int:
    """How many statements the recording of a batch sends (the guard sends one more)."""
    seen: list[str] = []

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        seen.append(record.query)

    batch = scans_of([doorway.people[0].code] * size)
    async with db.transaction() as connection:
        with connection.query_logger(note):
            await service.record_scans(doorway.door, batch)
    return len(seen)


async def test_refusals_for_forged_and_foreign_codes(doorway: Doorway) -> None:
    event, ticket = doorway.event, uuid4()
    other = await make_event()
    forged_seed, _ = keys.new_event_key()
    foreign_seed = keys.unseal(other.signing_seed, settings.current().secret)
    own_seed = keys.unseal(event.signing_seed, settings.current().secret)
    codes = {
        make_code(forged_seed, event.key_id, ticket, 1): "bad_signature",
        make_code(foreign_seed, other.key_id, ticket, 1): "wrong_event",
        make_code(own_seed, event.key_id, ticket, 1): "unknown_ticket",
        "\0" * 3000: "unknown_ticket",
        "Kein Code \x00\x1b \ud800": "unknown_ticket",
        "": "unknown_ticket",
    }
    answers = await service.record_scans(doorway.door, scans_of(list(codes)))
    assert [answer.reason for answer in answers] == list(codes.values())
    assert {answer.attendee for answer in answers} == {None}
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE ticket IS NULL") == len(codes)


async def test_replaced_and_cancelled_codes_are_refused_with_the_name(doorway: Doorway) -> None:
    swapped, cancelled = doorway.people
    registration = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", swapped.id)
    after = await registrations.swap_attendee(registration, swapped.id, SwapIn("Neue", "Person"), ADMIN)
    await registrations.cancel_attendees(registration, [cancelled.id], ADMIN)
    old = await doorway.scan(swapped.code)
    gone = await doorway.scan(cancelled.code)
    assert (old.reason, old.attendee and old.attendee.name) == ("replaced", "Neue Person")
    assert (gone.reason, gone.attendee and gone.attendee.name) == ("cancelled", cancelled.name)
    new_code = next(person.code for person in after.attendees if person.name == "Neue Person")
    assert (await doorway.scan(new_code)).result == "admitted"


@pytest.mark.parametrize("status", ["waiting", "pending"])
async def test_people_without_a_seat_are_refused(database: None, status: str) -> None:
    if status == "waiting":
        place = await open_door(people=2, capacity=1)
    else:
        place = await open_door(people=2, registration=RegistrationWindow(approval=True))
    last = place.people[-1]
    assert last.status == status
    answer = await place.scan(last.short_code)
    assert (answer.result, answer.reason) == ("refused", status)


async def test_cancelled_event_and_expired_event_refuse(app_settings: Settings, doorway: Doorway) -> None:
    at(app_settings, doorway.event.public.ends_at + timedelta(days=7))
    assert (await doorway.scan(doorway.people[0].code)).result == "admitted"
    at(app_settings, doorway.event.public.ends_at + timedelta(days=7, seconds=1))
    assert (await doorway.scan(doorway.people[1].code)).reason == "expired"
    offline = await doorway.scan(
        doorway.people[1].code, offline=True, scanned_at=doorway.event.public.ends_at, shown="admitted"
    )
    assert (offline.result, offline.conflict) == ("admitted", False)
    await events.store_cancellation(doorway.event, "Sturm", ADMIN)
    door = await service.living_door(doorway.token)
    [answer] = await service.record_scans(door, scans_of([doorway.people[0].code]))
    assert answer.reason == "cancelled"


async def test_inside_starts_anew_each_day(app_settings: Settings, doorway: Doorway) -> None:
    code = doorway.people[0].code
    at(app_settings, NOON)
    assert (await doorway.scan(code)).result == "admitted"
    at(app_settings, NOON.replace(hour=22, minute=59))  # 23:59 at the event
    assert (await doorway.scan(code)).result == "already_inside"
    at(app_settings, NOON.replace(hour=23))
    assert (await doorway.scan(code)).result == "admitted"
    counted = await service.counters(doorway.door)
    assert (counted.inside, counted.admitted_total) == (1, 1)


async def test_offline_scans_count_by_the_device_unless_its_clock_is_wild(
    app_settings: Settings, doorway: Doorway
) -> None:
    at(app_settings, NOON)
    code = doorway.people[0].code
    for scanned_at in (NOON - timedelta(days=2), NOON + timedelta(days=1), NOON + timedelta(days=400)):
        answer = await doorway.scan(code, offline=True, scanned_at=scanned_at)
        assert answer.result == "admitted"
    days = [row["day"].day for row in await db.fetch("SELECT day FROM presence ORDER BY day")]
    assert days == [3, 5, 6]
    assert (await doorway.scan(code, scanned_at=NOON - timedelta(days=2))).result == "already_inside"


@pytest.mark.parametrize("wild", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_impossible_clock_refuses_nobody(doorway: Doorway, wild: str) -> None:
    answer = await doorway.scan(doorway.people[0].code, offline=True, scanned_at=datetime.fromisoformat(wild))
    assert answer.result == "admitted"


async def test_offline_scan_is_recorded_and_its_conflict_named(doorway: Doorway) -> None:
    code = doorway.people[0].code
    agreed = await doorway.scan(code, offline=True, shown="admitted")
    differing = await doorway.scan(code, offline=True, shown="admitted")
    online = await doorway.scan(code, shown="admitted")
    unreadable = await doorway.scan("?", offline=True, shown="admitted")
    silent = await doorway.scan(code, offline=True)
    flags = [answer.conflict for answer in (agreed, differing, online, unreadable, silent)]
    assert flags == [False, True, False, True, False]
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE conflict") == 2


async def test_two_offline_doors_admitting_one_code_agree_afterwards(doorway: Doorway) -> None:
    other, _ = await paired(doorway.event.slug, "Tür 2")
    code, mine = doorway.people[0].code or "", await paired(doorway.event.slug, "Tür 3")
    sent = [ScanIn(id=uuid4(), code=code, offline=True, shown="admitted") for _ in range(2)]
    [first], [second] = await asyncio.gather(
        service.record_scans(mine[0], sent[:1]), service.record_scans(other, sent[1:])
    )
    assert sorted([first.result, second.result]) == ["admitted", "already_inside"]
    assert sorted([first.conflict, second.conflict]) == [False, True]


async def test_admissions_admit_several_and_may_be_repeated(doorway: Doorway) -> None:
    stranger = uuid4()
    entered = AdmissionsIn(id=uuid4(), attendee_ids=[doorway.people[0].id, doorway.people[1].id, stranger])
    await doorway.scan(doorway.people[1].code)
    first = await service.admit(doorway.door, entered)
    again = await service.admit(doorway.door, entered)
    assert first == again
    assert [answer.id for answer in first] == entered.attendee_ids
    assert [answer.result for answer in first] == ["admitted", "already_inside", "refused"]
    assert first[2].reason == "unknown_ticket"


async def test_guest_let_in_by_name_without_network_and_not_admitted_by_us_is_a_conflict(doorway: Doorway) -> None:
    inside, gone = doorway.people
    await doorway.scan(inside.code)
    await registrations.cancel_attendees(await registration_of(doorway), [gone.id], ADMIN)
    entered = AdmissionsIn(uuid4(), [inside.id, gone.id], offline=True)
    answers = await service.admit(doorway.door, entered)
    assert [(one.result, one.reason, one.conflict) for one in answers] == [
        ("already_inside", None, True),
        ("refused", "cancelled", True),
    ]
    assert not (await service.admit(doorway.door, AdmissionsIn(uuid4(), [inside.id])))[0].conflict


async def test_admission_of_another_events_guest_is_refused(doorway: Doorway) -> None:
    other = await open_door()
    [answer] = await service.admit(doorway.door, AdmissionsIn(id=uuid4(), attendee_ids=[other.people[0].id]))
    assert (answer.reason, answer.attendee) == ("unknown_ticket", None)


async def test_scan_keeps_what_was_read_cut_to_size(doorway: Doorway) -> None:
    await doorway.scan("x\0" * 2000)
    stored: str = await db.fetch_value("SELECT code FROM scan")
    assert set(stored) == {"x"}
    assert len(stored) <= 300


async def test_already_inside_says_at_which_door(doorway: Doorway) -> None:
    other, _ = await paired(doorway.event.slug, "Tür 2")
    first = await doorway.scan(doorway.people[0].code)
    scan = ScanIn(id=uuid4(), code=doorway.people[0].code or "")
    [second] = await service.record_scans(other, [scan])
    assert (first.door, second.result, second.door) == ("Tür 1", "already_inside", "Tür 1")
    assert await service.record_scans(other, [scan]) == [second]
    assert (await doorway.scan("unlesbar")).door is None


async def test_signature_that_is_not_ours_is_checked_and_not_compared_alone(doorway: Doorway) -> None:
    """As after the secret was changed: the door then has no seed and checks with the public key."""
    blind = replace(doorway.door, signing_seed=b"sealed with another secret, too short or not")
    [answer] = await service.record_scans(blind, scans_of([doorway.people[0].code]))
    assert answer.result == "admitted"


@pytest.mark.parametrize("batch", [1, 30])
async def test_cancel_that_commits_during_a_scan_is_heeded(doorway: Doorway, batch: int) -> None:
    """The scan looks the ticket up before the cancellation commits, and writes after it."""
    registration = await registration_of(doorway)
    sent = scans_of([doorway.people[0].code] + ["unlesbar"] * (batch - 1))
    async with db.transaction():
        await registrations.cancel_attendees(registration, [doorway.people[0].id], ADMIN)
        scanning = asyncio.create_task(service.record_scans(doorway.door, sent), context=contextvars.Context())
        await until_somebody_waits()
    answers = await scanning
    assert (answers[0].result, answers[0].reason) == ("refused", "cancelled")
    assert [answer.id for answer in answers] == [scan.id for scan in sent]
    assert (await presences(), await db.fetch_value("SELECT count(*) FROM scan")) == (0, batch)


async def test_cancel_and_scan_at_once_never_both_succeed(database: None) -> None:
    place = await open_door(people=40)
    registration = await registration_of(place)

    async def cancelled(person: UUID) -> bool:
        try:
            await registrations.cancel_attendees(registration, [person], ADMIN)
        except AlreadyCheckedIn:
            return False
        return True

    async def admitted(code: str | None) -> bool:
        await asyncio.sleep(random.uniform(0, 0.6))  # noqa: S311 - any moment will do
        return (await place.scan(code)).result == "admitted"

    pairs = await asyncio.gather(
        *(asyncio.gather(cancelled(person.id), admitted(person.code)) for person in place.people)
    )
    assert all(gone != came for gone, came in pairs)
    inside = await db.fetch_value(
        "SELECT count(*) FROM presence JOIN ticket t ON t.id = ticket WHERE t.status <> 'confirmed'"
    )
    assert inside == 0


async def registration_of(place: Doorway) -> UUID:
    registration: UUID = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", place.people[0].id)
    return registration


async def until_somebody_waits() -> None:
    async with asyncio.timeout(60):
        while not await db.fetch_value(  # noqa: ASYNC110 - PostgreSQL tells nobody
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
        ):
            await asyncio.sleep(0.005)
