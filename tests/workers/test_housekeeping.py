from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec

from events_app.accounts import service as accounts
from events_app.kit import clock, db, settings
from events_app.kit.settings import Settings
from events_app.registration import service as registrations
from events_app.registration.schemas import RegistrationIn
from events_app.registration.service import hold, register
from tests.factories import ADMIN, make_event, make_registration, registration_body
from workers.housekeeping import housekeeping
from workers.outbox import Postman

TABLES = ("login_token", "session", "held_submission", "idempotency_key")


async def counted() -> dict[str, int]:
    return {table: await db.fetch_value(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608 - own names


async def test_housekeeping_drops_what_has_run_out_and_nothing_else(database: None, app_settings: Settings) -> None:
    event = await make_event()
    account = await accounts.create_account("a@example.org", "admin")
    await accounts.log_in_by_link((await accounts.new_login(account)).token, "Browser")
    await hold(event.slug, msgspec.convert(registration_body(), RegistrationIn))
    await register(event.slug, msgspec.convert(registration_body(), RegistrationIn), idempotency_key="once")
    await housekeeping({})
    assert await counted() == dict.fromkeys(TABLES, 1)
    settings.use(replace(app_settings, fixed_now=clock.now() + timedelta(days=15)))
    await housekeeping({})
    assert await counted() == dict.fromkeys(TABLES, 0)


async def test_housekeeping_offers_on_what_nobody_took(database: None, app_settings: Settings) -> None:
    event = await make_event(capacity=1)
    first, second, third = [await make_registration(event, 1) for _ in range(3)]
    await registrations.cancel_registration(first.id, ADMIN)
    settings.use(replace(app_settings, fixed_now=clock.now() + timedelta(hours=49)))
    await housekeeping({"postman": Postman({})})
    [late] = (await registrations.get_registration(second.id)).attendees
    [following] = (await registrations.get_registration(third.id)).attendees
    assert late.status == "cancelled"
    assert following.offer is not None
