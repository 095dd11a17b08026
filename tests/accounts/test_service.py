from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from events_app.accounts import rules, service
from events_app.kit import clock, db, settings
from events_app.kit.errors import Invalid, Unauthorised
from events_app.kit.settings import Settings

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
BROWSER = "Testbrowser"


def at(given: Settings, moment: datetime) -> None:
    settings.use(replace(given, fixed_now=moment))


async def agent(email: str = "agentin@example.org") -> UUID:
    return await service.create_account(email, "agent", cluster_id=uuid4())


async def queued_logins() -> list[dict[str, str]]:
    rows = await db.fetch("SELECT payload FROM outbox_mail WHERE kind = 'login-link' ORDER BY id")
    return [msgspec.json.decode(row["payload"]) for row in rows]


async def test_create_account_stores_the_address_in_lower_case(database: None) -> None:
    created = await agent(" Agentin@Example.ORG ")
    assert await db.fetch_value("SELECT email FROM account WHERE id = $1", created) == "agentin@example.org"


async def test_create_account_twice_changes_the_role(database: None) -> None:
    first = await agent()
    second = await service.create_account("agentin@example.org", "admin")
    assert first == second
    assert await db.fetch_value("SELECT role FROM account WHERE id = $1", first) == "admin"


async def test_create_account_takes_a_helper_whose_event_is_not_known_yet(database: None) -> None:
    await service.create_account("tuer@example.org", "door")
    assert await db.fetch_value("SELECT role FROM account") == "door"


async def test_create_account_refuses_an_unusable_address(database: None) -> None:
    with pytest.raises(Invalid) as refused:
        await service.create_account("nobody", "admin")
    assert refused.value.errors[0].code == "invalid_email"


async def test_link_opens_one_session_only(database: None) -> None:
    login = await service.new_login(await agent())
    session = await service.log_in_by_link(login.token, BROWSER)
    actor = await service.actor_of_session(session)
    assert actor is not None
    assert actor.role == "agent"
    with pytest.raises(Unauthorised):
        await service.log_in_by_link(login.token, BROWSER)


async def test_link_used_by_two_at_once_opens_one_session(database: None) -> None:
    login = await service.new_login(await agent())
    tries = [service.log_in_by_link(login.token, BROWSER) for _ in range(8)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, Unauthorised) for result in results) == 7


async def test_link_expires_after_its_minutes(database: None, app_settings: Settings) -> None:
    at(app_settings, NOON)
    login = await service.new_login(await agent())
    at(app_settings, NOON + rules.LOGIN_LIFETIME)
    assert not await service.peek_login(login.token)
    with pytest.raises(Unauthorised):
        await service.log_in_by_link(login.token, BROWSER)


async def test_new_link_ends_the_earlier_one(database: None) -> None:
    account = await agent()
    earlier, later = await service.new_login(account), await service.new_login(account)
    assert not await service.peek_login(earlier.token)
    assert await service.peek_login(later.token)


async def test_looking_at_a_link_uses_nothing_up(database: None) -> None:
    login = await service.new_login(await agent())
    assert [await service.peek_login(login.token) for _ in range(3)] == [True, True, True]


async def test_code_opens_a_session_and_uses_up_the_link(database: None) -> None:
    login = await service.new_login(await agent())
    spaced = f" {login.code[:3]} {login.code[3:]}"
    assert await service.actor_of_session(await service.log_in_by_code(login.id, spaced, BROWSER))
    assert not await service.peek_login(login.token)


async def test_code_is_dead_after_five_wrong_ones(database: None) -> None:
    login = await service.new_login(await agent())
    wrong = f"{(int(login.code) + 1) % 10**6:06}"
    for _ in range(rules.LOGIN_ATTEMPTS):
        with pytest.raises(Unauthorised):
            await service.log_in_by_code(login.id, wrong, BROWSER)
    with pytest.raises(Unauthorised):
        await service.log_in_by_code(login.id, login.code, BROWSER)


async def test_code_of_another_log_in_is_refused(database: None) -> None:
    mine = await service.new_login(await agent())
    other = await service.new_login(await agent("andere@example.org"))
    if mine.code != other.code:
        with pytest.raises(Unauthorised):
            await service.log_in_by_code(other.id, mine.code, BROWSER)


async def test_request_login_mails_link_and_code(database: None, app_settings: Settings) -> None:
    await agent()
    login_id = await service.request_login("AGENTIN@example.org", "de", "/desk/people")
    (payload,) = await queued_logins()
    assert payload["url"].startswith(f"{app_settings.root_url}/login/ctl_")
    assert payload["url"].endswith("?next=%2Fdesk%2Fpeople")
    assert await service.log_in_by_code(login_id, payload["code"], BROWSER)


async def test_request_login_of_a_stranger_mails_nothing_but_looks_the_same(database: None) -> None:
    assert isinstance(await service.request_login("fremd@example.org", "de"), UUID)
    assert await queued_logins() == []


async def test_request_login_stops_mailing_after_ten_in_an_hour(database: None, app_settings: Settings) -> None:
    at(app_settings, NOON)
    await agent()
    for _ in range(rules.LOGINS_PER_HOUR + 3):
        await service.request_login("agentin@example.org", "de")
    assert len(await queued_logins()) == rules.LOGINS_PER_HOUR
    at(app_settings, NOON + timedelta(hours=1, seconds=1))
    await service.request_login("agentin@example.org", "de")
    assert len(await queued_logins()) == rules.LOGINS_PER_HOUR + 1


async def test_disabled_account_gets_no_mail_and_loses_its_session(database: None) -> None:
    account = await agent()
    session = await service.log_in_by_link((await service.new_login(account)).token, BROWSER)
    await db.execute("UPDATE account SET disabled_at = $2 WHERE id = $1", account, clock.now())
    await service.request_login("agentin@example.org", "de")
    assert await queued_logins() == []
    assert await service.actor_of_session(session) is None


async def test_session_ends_after_twelve_idle_hours(database: None, app_settings: Settings) -> None:
    at(app_settings, NOON)
    session = await service.log_in_by_link((await service.new_login(await agent())).token, BROWSER)
    at(app_settings, NOON + timedelta(hours=11))
    assert await service.actor_of_session(session)
    at(app_settings, NOON + timedelta(hours=22))
    assert await service.actor_of_session(session)
    at(app_settings, NOON + timedelta(hours=34, seconds=1))
    assert await service.actor_of_session(session) is None


async def test_session_ends_after_fourteen_days_of_use(database: None, app_settings: Settings) -> None:
    at(app_settings, NOON)
    session = await service.log_in_by_link((await service.new_login(await agent())).token, BROWSER)
    for hours in range(10, 14 * 24, 10):
        at(app_settings, NOON + timedelta(hours=hours))
        assert await service.actor_of_session(session)
    at(app_settings, NOON + timedelta(days=14))
    assert await service.actor_of_session(session) is None


async def test_secrets_are_stored_hashed_only(database: None) -> None:
    login = await service.new_login(await agent())
    session = await service.log_in_by_link(login.token, BROWSER)
    token = await service.create_api_token("Skript", "admin")
    tables = [
        await db.fetch("SELECT * FROM login_token"),
        await db.fetch("SELECT * FROM session"),
        await db.fetch("SELECT * FROM api_token"),
        await db.fetch("SELECT * FROM audit_entry"),
    ]
    stored = str([dict(row) for rows in tables for row in rows])
    assert all(secret not in stored for secret in (login.token, session, token))


async def test_api_token_names_role_and_cluster(database: None) -> None:
    cluster = uuid4()
    actor = await service.actor_of_api_token(await service.create_api_token("Skript", "agent", cluster))
    assert actor is not None
    assert (actor.kind, actor.role, actor.cluster_id) == ("api_token", "agent", cluster)
    assert await service.actor_of_api_token("cta_unknown") is None
