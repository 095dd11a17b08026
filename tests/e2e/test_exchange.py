"""A cooperation exchange in the browser: run, progress, publish, a company's timetable and its calendar file."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import icalendar
import pytest
from playwright.async_api import BrowserContext, Page, expect

from events_app.accounts import service as accounts
from events_app.calendar import service as calendar
from events_app.events.queries import EventRow
from events_app.events.schemas import Matchmaking
from events_app.kit import db
from events_app.matchmaking import service
from events_app.registration.schemas import RegistrationOut
from tests.e2e import measures
from tests.e2e.conftest import OpenBrowser
from tests.factories import make_event, soon
from tests.matchmaking.exchange import (
    BRIKETT,
    GEISELTAL,
    NEISSETAL,
    NORDKIPPE,
    SAALEBLICK,
    SAALEKREIS,
    WASSERSTOFF,
    join,
)

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database")]

PICTURES = os.environ.get("EXCHANGE_PICTURES")  # a folder, to look at the pages


async def make_exchange_day() -> tuple[EventRow, RegistrationOut]:
    """Six slots, eight tables; the second value is Saaleblick's registration of two people."""
    starts_at = soon()
    limits = Matchmaking(
        enabled=True,
        slots=[starts_at + timedelta(minutes=60 + 20 * number) for number in range(6)],
        tables=8,
    )
    event = await make_event(title="Kooperationsbörse Mechatronik", starts_at=starts_at, matchmaking=limits)
    mine = await join(event, SAALEBLICK, people=2)
    for who in (GEISELTAL, BRIKETT, SAALEKREIS, NEISSETAL, WASSERSTOFF, NORDKIPPE):
        await join(event, who)
    return event, mine


async def log_in(context: BrowserContext, address: str) -> None:
    login = await accounts.new_login(await accounts.create_account("agent@example.org", "admin"))
    token = await accounts.log_in_by_link(login.token, "test")
    await context.add_cookies([{"name": "session", "value": token, "url": address}])


async def pictured(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


async def test_exchange_from_run_to_calendar_file(live_server: str, open_browser: OpenBrowser) -> None:
    event, mine = await make_exchange_day()
    context = await open_browser()
    await log_in(context, live_server)
    desk = await context.new_page()
    await desk.goto(f"{live_server}/desk/events/{event.slug}/matching")
    await desk.get_by_role("button", name="Vorschläge berechnen").click()
    await expect(desk.get_by_role("progressbar")).to_be_visible()
    run_id: UUID = await db.fetch_value("SELECT id FROM matching_run")
    working = asyncio.create_task(service.execute_run(run_id))
    await expect(desk.get_by_role("link", name="Veröffentlichen …")).to_be_visible(timeout=60_000)
    assert await working
    await pictured(desk, "run")

    await desk.get_by_role("link", name="Veröffentlichen …").click()
    await expect(desk.get_by_role("heading", name="Was sich im Zeitplan ändert")).to_be_visible()
    await desk.get_by_role("button", name="Jetzt veröffentlichen").click()
    await desk.get_by_role("link", name="Zeitplan").click()
    grid = desk.get_by_role("table", name="Gespräche nach Zeit und Tisch")
    await expect(grid.get_by_text(SAALEBLICK.name).first).to_be_visible()
    assert await measures.barriers(desk) == []
    await desk.goto(f"{live_server}/desk/events/{event.slug}/matching/day")
    await expect(desk.get_by_label(SAALEBLICK.name)).to_be_visible()
    assert await measures.barriers(desk) == []

    page = await context.new_page()
    await page.goto(f"{live_server}/registrations/{mine.manage_token}/meetings")
    talks = page.locator(".agenda > li")
    assert await talks.count() >= 2
    await expect(talks.first).to_contain_text("Tisch")
    await talks.first.get_by_text("Wer geht hin?").click()
    await talks.first.get_by_label(mine.attendees[0].name).uncheck()
    await talks.first.get_by_label(mine.attendees[1].name).check()
    await page.get_by_role("button", name="Speichern").click()
    await expect(page.get_by_text("Die Kalender ziehen nach.")).to_be_visible()
    await expect(talks.first).to_contain_text(mine.attendees[1].name)

    assert await measures.barriers(page) == []
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await page.evaluate(measures.OVERFLOW) == []

    count = await talks.count()
    token = await calendar.feed_token(mine.attendees[0].id)
    async with httpx.AsyncClient(base_url=live_server) as client:
        feed = (await client.get(f"/feeds/{token}")).raise_for_status()
    entries = icalendar.Calendar.from_ical(feed.content).walk("VEVENT")
    live = [entry for entry in entries if entry["STATUS"] == "CONFIRMED" and "Gespräch" in str(entry["SUMMARY"])]
    assert len(live) == count - 1
    assert len({str(entry["UID"]) for entry in live}) == count - 1
