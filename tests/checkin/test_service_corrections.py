"""Undoing, overriding, settling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from events_app.checkin import service
from events_app.checkin.queries.devices import Door
from events_app.checkin.schemas import AdmissionsIn, DeviceIn, PairIn, ReasonIn, ScanIn, ScanOut
from events_app.checkin.service import corrections
from events_app.kit import db
from events_app.kit.errors import AlreadyCheckedIn, Conflict, Forbidden, Invalid, NotFound
from events_app.kit.settings import Settings
from events_app.registration import service as registrations
from events_app.registration.service.erase import erase_attendee
from tests.checkin.doorway import Doorway, open_door, paired
from tests.checkin.test_service_scans import NOON, at, registration_of
from tests.factories import ADMIN

REASON = ReasonIn("Aus Versehen")


async def admitted_at() -> datetime | None:
    found: datetime | None = await db.fetch_value("SELECT max(admitted_at) FROM ticket")
    return found


async def counted(place: Doorway) -> tuple[int, int]:
    now = await service.counters(place.door)
    return now.inside, now.admitted_total


async def trusted(slug: str) -> Door:
    """A device that may override."""
    made = await service.create_device(slug, DeviceIn("Leitung", may_override=True), ADMIN)
    return await service.living_door((await service.pair_device(PairIn(made.pairing_code))).token)


async def cancel_first(place: Doorway) -> None:
    await registrations.cancel_attendees(await registration_of(place), [place.people[0].id], ADMIN)


async def scanned_offline(door: Door, code: str | None, moment: datetime | None = None) -> ScanOut:
    sent = ScanIn(id=uuid4(), code=code or "", offline=True, shown="admitted", scanned_at=moment)
    [answer] = await service.record_scans(door, [sent])
    return answer


async def test_undone_admission_leaves_nobody_inside_and_may_be_repeated(doorway: Doorway) -> None:
    scan = await doorway.scan(doorway.people[0].code)
    assert await counted(doorway) == (1, 1)
    first = await corrections.undo_at_door(doorway.door, scan.id, REASON)
    again = await corrections.undo_at_door(doorway.door, scan.id, ReasonIn("Noch einmal"))
    assert first == again
    assert (first.inside, first.first_scanned_at, first.undone_at is None) == (False, None, False)
    assert (await counted(doorway), await admitted_at()) == ((0, 0), None)
    assert await db.fetch_value("SELECT note FROM scan") == REASON.reason
    audited = await db.fetch("SELECT actor_kind, action FROM audit_entry WHERE action = 'scan-undone'")
    assert [row["actor_kind"] for row in audited] == ["device"]


async def test_person_whose_admission_was_undone_can_be_admitted_cancelled_and_swapped_again(doorway: Doorway) -> None:
    scan = await doorway.scan(doorway.people[0].code)
    with pytest.raises(AlreadyCheckedIn):
        await cancel_first(doorway)
    await corrections.undo_at_door(doorway.door, scan.id, REASON)
    assert (await doorway.scan(doorway.people[0].code)).result == "admitted"
    latest = await db.fetch_value("SELECT id FROM scan WHERE undone_at IS NULL")
    await corrections.undo_at_door(doorway.door, latest, REASON)
    await cancel_first(doorway)


async def test_undone_exit_puts_the_person_back_inside(doorway: Doorway) -> None:
    entry = await doorway.scan(doorway.people[0].code)
    gone = await doorway.scan(doorway.people[0].code, direction="exit")
    assert await counted(doorway) == (0, 1)
    after = await corrections.undo_at_door(doorway.door, gone.id, REASON)
    assert (after.inside, after.first_scanned_at) == (True, entry.first_scanned_at)
    assert (await counted(doorway), await db.fetch_value("SELECT left_at FROM presence")) == ((1, 1), None)


async def test_first_entry_undone_leaves_the_second_as_the_admission(app_settings: Settings, doorway: Doorway) -> None:
    at(app_settings, NOON)
    first = await doorway.scan(doorway.people[0].code)
    await doorway.scan(doorway.people[0].code, direction="exit")
    at(app_settings, NOON + timedelta(minutes=2))
    await doorway.scan(doorway.people[0].code)
    await corrections.undo_at_door(doorway.door, first.id, REASON)
    assert await admitted_at() == NOON + timedelta(minutes=2)
    assert await counted(doorway) == (1, 1)


async def test_undo_leaves_other_days_alone(app_settings: Settings, doorway: Doorway) -> None:
    at(app_settings, NOON)
    await doorway.scan(doorway.people[0].code)
    at(app_settings, NOON + timedelta(days=1))
    second = await doorway.scan(doorway.people[0].code)
    await corrections.undo_at_door(doorway.door, second.id, REASON)
    assert (await counted(doorway), await admitted_at()) == ((0, 1), NOON)


async def test_undone_entry_keeps_inside_whom_another_door_let_in_offline(doorway: Doorway) -> None:
    other, _ = await paired(doorway.event.slug, "Tür 2")
    first = await doorway.scan(doorway.people[0].code)
    second = await scanned_offline(other, doorway.people[0].code)
    assert (second.result, second.conflict) == ("already_inside", True)
    after = await corrections.undo_at_door(doorway.door, first.id, REASON)
    assert after.inside
    assert await db.fetch_value("SELECT d.name FROM presence p JOIN device d ON d.id = p.device") == "Tür 2"


async def test_device_undoes_its_own_scans_for_five_minutes(app_settings: Settings, doorway: Doorway) -> None:
    at(app_settings, NOON)
    other, _ = await paired(doorway.event.slug, "Tür 2")
    scan = await doorway.scan(doorway.people[0].code)
    with pytest.raises(NotFound):
        await corrections.undo_at_door(other, scan.id, REASON)
    at(app_settings, NOON + timedelta(minutes=5, seconds=1))
    with pytest.raises(Conflict):
        await corrections.undo_at_door(doorway.door, scan.id, REASON)
    after = await corrections.undo_at_desk(doorway.event.slug, scan.id, REASON, ADMIN)
    assert not after.inside


async def test_undo_wants_a_reason_and_an_admission(doorway: Doorway) -> None:
    scan = await doorway.scan(doorway.people[0].code)
    refused = await doorway.scan("unlesbar")
    for reason in ("", " \n", "x" * 201):
        with pytest.raises(Invalid):
            await corrections.undo_at_door(doorway.door, scan.id, ReasonIn(reason))
    with pytest.raises(Conflict):
        await corrections.undo_at_door(doorway.door, refused.id, REASON)
    for stranger in (uuid4(), (await open_door()).door.device_id):
        with pytest.raises(NotFound):
            await corrections.undo_at_door(doorway.door, stranger, REASON)


async def test_admission_by_name_says_what_may_be_undone(doorway: Doorway) -> None:
    [answer] = await service.admit(doorway.door, AdmissionsIn(id=uuid4(), attendee_ids=[doorway.people[0].id]))
    assert isinstance(answer.scan_id, UUID)
    assert not (await corrections.undo_at_door(doorway.door, answer.scan_id, REASON)).inside


async def test_override_admits_whom_the_ticket_would_not(doorway: Doorway) -> None:
    door = await trusted(doorway.event.slug)
    await cancel_first(doorway)
    refused = await doorway.scan(doorway.people[0].code)
    assert refused.reason == "cancelled"
    first = await corrections.override_at_door(door, refused.id, ReasonIn("Irrtümlich abgesagt"))
    again = await corrections.override_at_door(door, refused.id, ReasonIn("Irrtümlich abgesagt"))
    assert first == again
    assert first.inside
    assert first.id != refused.id
    assert await counted(doorway) == (1, 1)
    [kept] = await db.fetch("SELECT result, note, override_of FROM scan WHERE id = $1", first.id)
    assert tuple(kept) == ("admitted", "Irrtümlich abgesagt", refused.id)
    assert await db.fetch_value("SELECT result FROM scan WHERE id = $1", refused.id) == "refused"
    assert await db.fetch_value("SELECT count(*) FROM audit_entry WHERE action = 'scan-overridden'") == 1
    assert not (await corrections.undo_at_desk(doorway.event.slug, first.id, REASON, ADMIN)).inside
    third = await corrections.override_at_desk(doorway.event.slug, refused.id, ReasonIn("Doch"), ADMIN)
    assert (third.id, third.inside, third.undone_at) == (first.id, True, None)
    assert await counted(doorway) == (1, 1)
    assert await db.fetch_value("SELECT count(*) FROM audit_entry WHERE action = 'scan-overridden'") == 2


async def test_override_is_for_devices_that_may_and_for_people_who_are_known(doorway: Doorway) -> None:
    door = await trusted(doorway.event.slug)
    unknown, admitted = await doorway.scan("unlesbar"), await doorway.scan(doorway.people[1].code)
    await cancel_first(doorway)
    refused = await doorway.scan(doorway.people[0].code)
    with pytest.raises(Forbidden):
        await corrections.override_at_door(doorway.door, refused.id, REASON)
    for scan in (unknown, admitted):
        with pytest.raises(Conflict):
            await corrections.override_at_door(door, scan.id, REASON)


async def test_cancelled_while_offline_is_a_conflict_that_the_desk_can_admit_after_the_fact(
    app_settings: Settings, doorway: Doorway
) -> None:
    at(app_settings, NOON)
    await cancel_first(doorway)
    at(app_settings, NOON + timedelta(hours=1))
    answer = await scanned_offline(doorway.door, doorway.people[0].code, NOON + timedelta(minutes=5))
    assert (answer.reason, answer.conflict) == ("cancelled", True)
    [shown] = await corrections.conflicts(doorway.event.slug, ADMIN)
    assert shown.first is None
    assert shown.attendee is not None
    assert (shown.attendee.name, shown.device, shown.shown) == (doorway.people[0].name, "Tür 1", "admitted")
    assert shown.scanned_at == NOON + timedelta(minutes=5)
    after = await corrections.override_at_desk(doorway.event.slug, answer.id, REASON, ADMIN)
    assert (after.inside, after.first_scanned_at) == (True, NOON + timedelta(minutes=5))
    assert await corrections.conflicts(doorway.event.slug, ADMIN) == []


async def test_two_offline_doors_admitting_one_code_are_both_named_until_it_is_settled(doorway: Doorway) -> None:
    other, _ = await paired(doorway.event.slug, "Tür 2")
    early = datetime.now(UTC) - timedelta(minutes=9)
    first = await scanned_offline(doorway.door, doorway.people[0].code, early)
    second = await scanned_offline(other, doorway.people[0].code, early + timedelta(minutes=1))
    assert (first.conflict, second.conflict) == (False, True)
    [conflict] = await corrections.conflicts(doorway.event.slug, ADMIN)
    assert (conflict.device, conflict.door, conflict.first_scanned_at) == ("Tür 2", "Tür 1", early)
    assert (conflict.id, conflict.first) == (second.id, first.id)
    await corrections.settle_conflict(doorway.event.slug, second.id, ADMIN)
    await corrections.settle_conflict(doorway.event.slug, second.id, ADMIN)
    assert await corrections.conflicts(doorway.event.slug, ADMIN) == []
    assert await db.fetch_value("SELECT count(*) FROM audit_entry WHERE action = 'conflict-settled'") == 1


async def test_helpers_words_about_somebody_go_when_they_are_erased(doorway: Doorway) -> None:
    for person in doorway.people:
        scan = await doorway.scan(person.code)
        await corrections.undo_at_door(doorway.door, scan.id, ReasonIn(f"{person.name} ist krank"))
    first, second = doorway.people
    await erase_attendee(await registration_of(doorway), first.id, ADMIN)
    notes = [row["note"] for row in await db.fetch("SELECT note FROM scan ORDER BY note")]
    assert notes == ["", f"{second.name} ist krank"]
