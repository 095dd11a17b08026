"""Forgetting on request and by time, over all rooms."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from events_app.kit import clock, db, settings
from events_app.kit.settings import Settings
from events_app.privacy import service
from events_app.privacy.service import Kept
from events_app.registration import service as registrations
from events_app.registration.schemas import InvitationIn, RegistrationOut
from tests.checkin.doorway import paired, scanned
from tests.everywhere import everywhere
from tests.factories import ADMIN, make_cluster, make_event, make_registration, soon
from tests.newsletter.readers import make_reader
from workers.housekeeping import housekeeping

pytestmark = pytest.mark.usefixtures("database")

NAME, FIRM, ADDRESS = "Zwirbelbeck", "Quittenwerk GmbH", "j.zwirbelbeck@example.org"
PERSON = {"given_name": "Jorinde", "family_name": NAME, "email": ADDRESS}


async def of_quittenwerk(slug: str, **fields: Any) -> RegistrationOut:
    """A registration by somebody who comes along with a colleague."""
    event = await make_event(slug=slug, **fields)
    colleague = {"given_name": "Kim", "family_name": "Anderswo", "email": "kim@example.org"}
    organisation = {"name": FIRM, "kind": "company"}
    return await make_registration(event, contact=PERSON, organisation=organisation, attendees=[PERSON, colleague])


async def test_an_address_is_erased_everywhere_and_only_it() -> None:
    await of_quittenwerk("auftakt")
    other = await make_event(slug="werkstatt")
    shared = await make_registration(other, attendees=[PERSON, {"given_name": "Bo", "family_name": "Bleibt"}])
    await registrations.invite(other, [InvitationIn(email=ADDRESS, seats=1, holds_back=True)], ADMIN)
    await make_reader(ADDRESS)
    found = await service.erase_address(f" {ADDRESS.upper()} ")
    assert (found.registrations, found.people, found.newsletter, found.account, found.kept) == (1, 1, True, False, ())
    for word in (NAME, "Quittenwerk", "Anderswo"):
        assert await everywhere(word) == []
    [left] = (await registrations.get_registration(shared.id)).attendees
    assert (left.name, left.status) == ("Bo Bleibt", "confirmed")
    assert not (await service.erase_address(ADDRESS)).anything


async def test_an_address_that_nobody_has_changes_nothing() -> None:
    await of_quittenwerk("auftakt")
    before = await db.fetch("SELECT * FROM attendee ORDER BY id")
    assert not (await service.erase_address("niemand@example.org")).anything
    assert await db.fetch("SELECT * FROM attendee ORDER BY id") == before


async def test_the_attendance_record_is_kept_until_the_clusters_date_and_told(app_settings: Settings) -> None:
    until = (soon() + timedelta(days=400)).date()
    await make_cluster("own", attendance_kept_until=until)
    made = await of_quittenwerk("auftakt", cluster="own")
    door, _ = await paired("auftakt")
    assert (await scanned(door, made.attendees[0].code)).result == "admitted"
    assert (await service.erase_address(ADDRESS)).kept == (Kept("auftakt", until),)
    assert await everywhere(NAME) == ["ticket.family_name"]
    for day, left in ((until, ["ticket.family_name"]), (until + timedelta(days=1), [])):
        settings.use(replace(app_settings, fixed_now=clock.now().replace(year=day.year, month=day.month, day=day.day)))
        await housekeeping({})
        assert await everywhere(NAME) == left
    assert await db.fetch_value("SELECT count(*) FROM ticket WHERE admitted_at IS NOT NULL") == 1


@pytest.mark.parametrize(("days", "left"), [(89, 2), (91, 0)])
async def test_registrations_go_when_the_time_is_over_that_people_were_told(
    app_settings: Settings, days: int, left: int
) -> None:
    made = await of_quittenwerk("auftakt")
    ended = soon() + timedelta(hours=5)
    settings.use(replace(app_settings, fixed_now=ended + timedelta(days=days)))
    await housekeeping({})
    found = await db.fetch("SELECT erased_at FROM attendee WHERE registration = $1", made.id)
    assert sum(row["erased_at"] is None for row in found) == left
    assert (await everywhere(NAME) == []) is (left == 0)
    assert await service.let_run_out() == 0


async def test_a_kept_record_without_a_date_stays() -> None:
    made = await of_quittenwerk("auftakt")
    door, _ = await paired("auftakt")
    await scanned(door, made.attendees[0].code)
    [kept] = (await service.erase_address(ADDRESS)).kept
    assert kept == Kept("auftakt", None)
    await service.let_run_out()
    assert await everywhere(NAME) == ["ticket.family_name"]
