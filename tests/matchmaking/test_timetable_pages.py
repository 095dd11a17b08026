"""Timetables: the agent's grid, fixing meetings, sheets to print; the contact says who goes; missing people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from events_app.events.queries import EventRow
from events_app.kit import db, settings
from events_app.matchmaking import service
from events_app.matchmaking.schemas import CompanyWeightsIn, WeightsIn
from events_app.matchmaking.service import delegates, onsite
from events_app.registration.schemas import RegistrationOut
from tests.factories import ADMIN, auth, make_api_token
from tests.matchmaking.exchange import (
    GEISELTAL,
    NORDKIPPE,
    SAALEBLICK,
    SAALEKREIS,
    chosen,
    computed,
    join,
    published,
)
from tests.matchmaking.test_meetings import make_round
from tests.tickets.test_pdf import pages

PLAN = "/desk/events/{slug}/matching"


async def log_in(client: httpx.AsyncClient) -> None:
    client.headers.update(auth(await make_api_token("admin")))


async def three(event: EventRow, **fields: object) -> list[RegistrationOut]:
    return [await join(event, who, **fields) for who in (SAALEBLICK, GEISELTAL, SAALEKREIS)]  # type: ignore[arg-type] # fields of the API


async def test_agent_sees_the_grid_and_prints_it(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_round(slots=3, tables=2)
    await three(event)
    here = f"{PLAN.format(slug=event.slug)}/timetable"
    assert (await client.get(here)).status_code == 404
    run = await computed(event)
    early = (await client.get(f"{here}?run={run.id}")).text
    assert "Noch nicht veröffentlicht" in early
    assert "Festlegen" not in early
    await service.publish_run(run.id, ADMIN)
    shown = (await client.get(here)).text
    assert shown.count(SAALEKREIS.name) > 3
    assert "Tisch 1" in shown
    signs = await client.get(f"{here}/table-signs.pdf")
    assert signs.headers["content-type"] == "application/pdf"
    assert pages(signs.content) == len({pair.meeting.table for pair in await chosen(run) if pair.meeting})
    assert pages((await client.get(f"{here}/organisations.pdf")).content) == 3
    partner = (await chosen(run))[0].partner.id
    assert pages((await client.get(f"{here}/organisations.pdf?organisation={partner}")).content) == 1
    assert SAALEBLICK.name in (await client.get(f"{here}?organisation={partner}")).text


async def test_fixed_meeting_keeps_its_place_and_the_change_is_shown_before(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_round(slots=4, tables=3)
    await three(event)
    await published(event)
    plan = PLAN.format(slug=event.slug)
    found = await onsite.timetable(event.slug, ADMIN)
    assert found is not None
    talk = found.talks[0]
    fixed = await client.post(f"{plan}/timetable/pins", data={"meeting": str(talk.id), "slot": "4", "table": "3"})
    assert fixed.status_code == 303
    run = await computed(event)
    asked = (await client.get(f"{plan}/{run.id}/publish")).text
    assert "Was sich im Zeitplan ändert" in asked
    moved = {one.talk.id: one for one in await onsite.changes(event, run)}[talk.id]
    assert moved.what == "moved"
    assert moved.after is not None
    assert (moved.after.starts_at, moved.after.table) == (event.public.matchmaking.slots[3], 3)
    other = found.talks[1]
    taken = await client.post(f"{plan}/timetable/pins", data={"meeting": str(other.id), "slot": "4", "table": "3"})
    assert taken.status_code == 400
    assert "schon auf diese Zeit" in taken.text
    assert (
        await client.post(f"{plan}/timetable/pins", data={"meeting": str(talk.id), "release": "1"})
    ).status_code == 303
    assert await db.fetch_value("SELECT count(*) FROM meeting_pin") == 0


async def test_contact_says_who_goes_and_calendars_follow(client: httpx.AsyncClient) -> None:
    event = await make_round()
    await join(event, SAALEBLICK)
    partner = await join(event, SAALEKREIS, people=2)
    run = await published(event)
    first, second = (one.id for one in partner.attendees)
    await db.execute("DELETE FROM outbox_mail")
    [pair] = await chosen(run)
    page = f"/registrations/{partner.manage_token}/meetings"
    assert "Wer geht hin?" in (await client.get(page)).text
    answer = await client.post(page, data={f"with-{pair.company.id}": str(second), "delegates": str(first)})
    assert answer.status_code == 303
    rows = await db.fetch("SELECT attendee_id, status FROM calendar_entry WHERE kind = 'meeting'")
    assert {row["attendee_id"]: row["status"] for row in rows if row["attendee_id"] in (first, second)} == {
        first: "cancelled",
        second: "confirmed",
    }
    kinds = await db.fetch("SELECT kind, attendee_id FROM outbox_mail ORDER BY kind")
    assert [tuple(row) for row in kinds] == [("matches-published", second), ("meeting-changed", first)]


async def test_two_people_hold_two_meetings_at_once() -> None:
    event = await make_round(slots=1, tables=5)
    _, _, partner = await three(event, people=2)
    assert await delegates.assign(partner.id, [one.id for one in partner.attendees], {}) == 0
    run = await published(event)
    assert run.summary is not None
    assert (run.summary.matches, run.summary.meetings) == (2, 2)
    found = await delegates.own_meetings(partner.id)
    assert {own.people[0].id for _, own, _ in found.talks} == {one.id for one in partner.attendees}


async def test_missing_organisation_is_planned_out_and_the_held_meetings_stay(client: httpx.AsyncClient) -> None:
    await log_in(client)
    event = await make_round(slots=4, tables=3)
    _, absent, _ = await three(event)
    await join(event, NORDKIPPE)
    weighted = await service.start_run(event.slug, ADMIN, WeightsIn(CompanyWeightsIn(themes=0.5)))
    await service.execute_run(weighted.id)
    await service.publish_run(weighted.id, ADMIN)
    before = await onsite.timetable(event.slug, ADMIN)
    assert before is not None
    settings.use(replace(settings.current(), fixed_now=event.public.matchmaking.slots[1] - timedelta(minutes=5)))
    await db.execute("UPDATE ticket SET admitted_at = now() WHERE registration_id <> $1", absent.id)
    plan = PLAN.format(slug=event.slug)
    assert "1 Organisation mit Gesprächen ist noch nicht da" in (await client.get(f"{plan}/timetable")).text
    missing = (await client.get(f"{plan}/day")).text
    assert GEISELTAL.name in missing
    assert SAALEBLICK.name not in missing
    nobody = await client.post(f"{plan}/day", data={})
    assert (nobody.status_code, "mindestens eine Organisation" in nobody.text) == (400, True)
    started = await client.post(f"{plan}/day", data={"absent": str(absent.id)})
    assert started.status_code == 303
    run_id: UUID = await db.fetch_value("SELECT id FROM matching_run WHERE status = 'queued'")
    assert await service.execute_run(run_id)
    run = await service.get_run(run_id, ADMIN)
    assert run.weights == (await service.get_run(weighted.id, ADMIN)).weights
    changes = await onsite.changes(event, run)
    assert {one.what for one in changes if absent.id in (one.talk.company.id, one.talk.partner.id)} == {"gone"}
    assert not [one for one in changes if one.what == "moved"]
    held = {talk.id for talk in before.talks if talk.starts_at == event.public.matchmaking.slots[0]}
    assert not held & {one.talk.id for one in changes if absent.id not in (one.talk.company.id, one.talk.partner.id)}
    assert all(one.after.starts_at >= event.public.matchmaking.slots[1] for one in changes if one.after)
    await service.publish_run(run_id, ADMIN)
    assert "ohne Sie gemacht" in (await client.get(f"/registrations/{absent.manage_token}/matches")).text


@pytest.mark.usefixtures("database")
async def test_late_joiner_moves_nobody_where_there_is_room() -> None:
    event = await make_round(slots=6, tables=4)
    await three(event)
    await published(event)
    await join(event, NORDKIPPE)
    run = await computed(event)
    changes = await onsite.changes(event, run)
    assert {one.what for one in changes} == {"new"}
    assert len(changes) >= 1
