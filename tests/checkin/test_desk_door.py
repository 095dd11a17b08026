"""The desk's page of the door, one scan, and who was there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import httpx
import pytest

from events_app.checkin.queries.devices import exits
from events_app.checkin.schemas import DoorSettingsIn
from events_app.checkin.service.devices import change_door_settings
from events_app.kit import db
from events_app.kit.settings import Settings
from events_app.kit.sheets import Sheet, as_csv, as_xlsx
from tests.checkin.doorway import Doorway, open_door
from tests.checkin.test_service_corrections import cancel_first, scanned_offline
from tests.checkin.test_service_scans import at
from tests.checkin.test_web import log_in
from tests.factories import ADMIN

DAY_ONE = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
async def desk(client: httpx.AsyncClient, doorway: Doorway) -> httpx.AsyncClient:
    await log_in(client)
    return client


def of(place: Doorway, page: str = "door") -> str:
    return f"/desk/events/{place.event.slug}/{page}"


async def test_page_shows_numbers_arrivals_devices_and_the_last_scans(
    desk: httpx.AsyncClient, doorway: Doorway
) -> None:
    empty = (await desk.get(of(doorway))).text
    assert "Noch ist niemand gekommen." in empty
    await doorway.scan(doorway.people[0].code)
    await doorway.scan("unlesbar")
    page = (await desk.get(of(doorway))).text
    for part in ('data-count="inside">1<', "<rect", "Als Tabelle", "Tür 1", doorway.people[0].name, "unbekannter Code"):
        assert part in page
    assert "höchstens 1 in einer Minute" in page


async def test_conflict_is_shown_with_who_where_when_and_settled(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    first = await doorway.scan(doorway.people[0].code)
    answer = await scanned_offline(doorway.door, doorway.people[0].code)
    page = (await desk.get(of(doorway))).text
    assert "Geklärt" in page
    conflicts = page.partition('id="conflicts"')[2].partition("</table>")[0]
    assert f'scans/{first.id}">zuerst: Tür 1, ' in conflicts
    assert f"scans/{answer.id}" in conflicts
    assert 'data-count="conflicts">1<' in page
    settled = await desk.post(of(doorway, f"door/scans/{answer.id}/settle"))
    assert settled.status_code == 303
    assert "Alle Türen sind sich einig" in (await desk.get(of(doorway))).text


async def test_scan_is_undone_with_a_reason(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    scan = await doorway.scan(doorway.people[0].code)
    one = of(doorway, f"door/scans/{scan.id}")
    assert "Zurücknehmen" in (await desk.get(one)).text
    without = await desk.post(f"{one}/undo", data={"reason": " "})
    assert (without.status_code, "field-error" in without.text) == (400, True)
    assert (await desk.post(f"{one}/undo", data={"reason": "Falscher <Gast>"})).status_code == 303
    page = (await desk.get(one)).text
    assert "Falscher &lt;Gast&gt;" in page
    assert "Zurücknehmen</button>" not in page
    assert await db.fetch_value("SELECT count(*) FROM presence") == 0


async def test_refused_person_is_admitted_all_the_same(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    await cancel_first(doorway)
    scan = await doorway.scan(doorway.people[0].code)
    one = of(doorway, f"door/scans/{scan.id}")
    assert "Trotzdem einlassen" in (await desk.get(one)).text
    assert (await desk.post(f"{one}/override", data={"reason": "Leitung"})).status_code == 303
    assert "trotz Abweisung" in (await desk.get(of(doorway))).text
    unknown = await doorway.scan("unlesbar")
    assert "Trotzdem einlassen" not in (await desk.get(of(doorway, f"door/scans/{unknown.id}"))).text
    again = await desk.post(of(doorway, f"door/scans/{unknown.id}/override"), data={"reason": "Doch"})
    assert again.status_code == 303
    assert await db.fetch_value("SELECT count(*) FROM presence") == 1


async def test_exits_are_switched_on_for_devices_too(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    assert not await exits(doorway.event.id)
    await desk.post(of(doorway), data={"exits": "yes"})
    assert await exits(doorway.event.id)
    await desk.post(of(doorway), data={})
    assert not await exits(doorway.event.id)


async def test_pages_of_the_door_are_for_the_events_own_agents(client: httpx.AsyncClient, doorway: Doorway) -> None:
    scan = await doorway.scan(doorway.people[0].code)
    await log_in(client, "tab-bau")
    for page in ("door", "door/live", "present", "present.csv", "present.xlsx", f"door/scans/{scan.id}"):
        assert (await client.get(of(doorway, page))).status_code == 403
    for page in ("door", f"door/scans/{scan.id}/undo", f"door/scans/{scan.id}/override"):
        assert (await client.post(of(doorway, page), data={"reason": "x"})).status_code == 403
    assert await db.fetch_value("SELECT count(*) FROM presence") == 1


async def test_scan_of_another_event_is_not_found(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    other = await open_door()
    scan = await other.scan(other.people[0].code)
    assert (await desk.get(of(doorway, f"door/scans/{scan.id}"))).status_code == 404
    assert (await desk.post(of(doorway, f"door/scans/{scan.id}/undo"), data={"reason": "x"})).status_code == 404


async def two_days(app_settings: Settings) -> Doorway:
    """An event of two days: one guest came on both, one on the first for 90 minutes."""
    place = await open_door(starts_at=DAY_ONE, ends_at=DAY_ONE + timedelta(days=1, hours=6))
    await change_door_settings(place.event.slug, DoorSettingsIn(exit_scanning=True), ADMIN)
    at(app_settings, DAY_ONE)
    await place.scan(place.people[0].code)
    await place.scan(place.people[1].code)
    at(app_settings, DAY_ONE + timedelta(minutes=90))
    await place.scan(place.people[1].code, direction="exit")
    at(app_settings, DAY_ONE + timedelta(days=1))
    await place.scan(place.people[0].code)
    return place


async def test_attendance_list_is_by_day_with_times_of_stay(
    client: httpx.AsyncClient, app_settings: Settings, database: None
) -> None:
    place = await two_days(app_settings)
    await log_in(client)
    first = (await client.get(of(place, "present?day=2026-12-03"))).text
    assert "3. Dezember 2026" in first
    assert "1 Std. 30 Min." in first
    assert "2 Personen" in first
    second = (await client.get(of(place, "present"))).text
    assert "1 Person" in second
    csv = (await client.get(of(place, "present.csv?day=2026-12-03"))).text.splitlines()
    assert (
        csv[0].lstrip("\ufeff").startswith("Nachname;Vorname;Organisation;Erster Einlass;Letztes Verlassen;Aufenthalt")
    )
    assert csv[2].endswith("10:00;11:30;01:30")
    assert (await client.get(of(place, "present?day=kein-tag"))).status_code == 400


async def test_attendance_sheet_keeps_formulas_as_text(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    await db.execute("UPDATE ticket SET family_name = '=1+1', given_name = '@cmd', organisation = '-2+3'")
    await doorway.scan(doorway.people[0].short_code)
    csv = (await desk.get(of(doorway, "present.csv"))).text
    assert "'=1+1;'@cmd;'-2+3;" in csv
    answer = await desk.get(of(doorway, "present.xlsx"))
    assert f"{doorway.event.slug}-" in answer.headers["content-disposition"]
    with ZipFile(BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1" in texts
    assert "Anwesenheitsliste" in texts


def test_sheets_take_nothing_and_everything() -> None:
    assert as_csv(["A"], []) == "\ufeffA\r\n"
    assert as_csv(["A", "B"], [[None, timedelta(hours=25, minutes=5)]]).endswith(";25:05\r\n")
    for rows in ([], [["x" * 500, timedelta(hours=9)], [None, None]]):
        assert as_xlsx(Sheet("Liste", ["Titel"], ["A", "B"], rows)).startswith(b"PK")


async def test_contact_never_sees_scan_times(client: httpx.AsyncClient, doorway: Doorway) -> None:
    """Who brought whom may be known to the employer, when they came and went not."""
    scan = await doorway.scan(doorway.people[0].code)
    assert scan.first_scanned_at is not None
    registration = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", doorway.people[0].id)
    await log_in(client)
    answer = await client.get(f"/api/v1/registrations/{registration}")
    assert answer.status_code == 200
    assert "admitted_at" not in answer.text
    assert scan.first_scanned_at.strftime("%H:%M:%S") not in answer.text
