"""Accounts, one-time log-ins, sessions and API tokens."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode
from uuid import UUID, uuid4

import asyncpg

from events_app.accounts import rules
from events_app.accounts.rules import Actor, Role
from events_app.audit import service as audit
from events_app.kit import clock, db, settings
from events_app.kit.errors import FieldError, Invalid, Unauthorised
from events_app.kit.text import one_line
from events_app.kit.tokens import digest, new_token
from events_app.outbox import service as outbox


@dataclass(frozen=True)
class NewLogin:
    """What only the mail (or the operator's console) gets to see."""

    id: UUID
    token: str
    code: str
    expires_at: datetime

    @property
    def url(self) -> str:
        return f"{settings.current().root_url}/login/{self.token}"


async def create_account(
    email: str,
    role: Role,
    *,
    cluster_id: UUID | None = None,
    event_id: UUID | None = None,
    name: str = "",
) -> UUID:
    """Create the account, or give an existing one this role. Raises `Invalid` for an unusable address."""
    address = rules.normal_email(email)
    if not rules.is_email(address):
        raise Invalid(errors=[FieldError("/email", "invalid_email", "Please enter a valid e-mail address.")])
    row = await db.fetch_row(
        """INSERT INTO account (id, email, name, role, cluster_id, event_id, language, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, 'de', $7)
           ON CONFLICT (email) DO UPDATE SET role = EXCLUDED.role, cluster_id = EXCLUDED.cluster_id,
             event_id = EXCLUDED.event_id, disabled_at = NULL
           RETURNING id""",
        uuid4(),
        address,
        name,
        role,
        cluster_id,
        event_id,
        clock.now(),
    )
    assert row is not None  # noqa: S101 - an upsert returns its row
    return UUID(str(row["id"]))


async def new_login(account_id: UUID, lifetime: timedelta = rules.LOGIN_LIFETIME) -> NewLogin:
    """A fresh link and code for an account; earlier unused ones of it die."""
    now = clock.now()
    login = NewLogin(uuid4(), new_token("ctl"), f"{secrets.randbelow(10**6):06}", now + lifetime)
    async with db.transaction():
        await db.execute("DELETE FROM login_token WHERE expires_at < $1", now - rules.LOGIN_TOKENS_KEPT)
        await db.execute("UPDATE login_token SET used_at = $2 WHERE account = $1 AND used_at IS NULL", account_id, now)
        await db.execute(
            """INSERT INTO login_token (id, account, token_hash, code_hash, attempts, created_at, expires_at)
               VALUES ($1, $2, $3, $4, 0, $5, $6)""",
            login.id,
            account_id,
            digest(login.token),
            _code_hash(login.id, login.code),
            now,
            login.expires_at,
        )
    return login


async def request_login(email: str, language: str, next_path: str = "/desk") -> UUID:
    """Mail a link and a code, if the address has an account; the link leads on to `next_path`.

    Returns an id to type the code against; an unknown address gets one too, so that nobody learns who has an account.
    """
    account = await db.fetch_row(
        """SELECT id, email FROM account a WHERE email = $1 AND disabled_at IS NULL
             AND (SELECT count(*) FROM login_token WHERE account = a.id AND created_at > $2) < $3""",
        rules.normal_email(email),
        clock.now() - timedelta(hours=1),
        rules.LOGINS_PER_HOUR,
    )
    if account is None:
        return uuid4()
    async with db.transaction():
        login = await new_login(account["id"])
        await outbox.queue([_login_mail(account["email"], language, login, next_path)])
    return login.id


def _login_mail(recipient: str, language: str, login: NewLogin, next_path: str) -> outbox.NewMail:
    onward = "" if next_path == "/desk" else f"?{urlencode({'next': next_path})}"
    payload = {"url": login.url + onward, "code": login.code, "expires_at": login.expires_at.isoformat()}
    return outbox.NewMail("login-link", recipient, language, payload)


async def peek_login(token: str) -> bool:
    """Whether a mailed link is still good; looking at it changes nothing."""
    found = await db.fetch_value(
        "SELECT 1 FROM login_token WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        digest(token),
        clock.now(),
    )
    return found is not None


async def log_in_by_link(token: str, user_agent: str) -> str:
    """Use up a mailed link and open a session; returns the session's token. Raises `Unauthorised`."""
    async with db.transaction():
        account = await db.fetch_value(
            """UPDATE login_token SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
               RETURNING account""",
            digest(token),
            clock.now(),
        )
        if account is None:
            raise Unauthorised("This log-in link has expired or was used already. Please ask for a new one.")
        return await _open_session(account, user_agent)


async def log_in_by_code(login_id: UUID, code: str, user_agent: str) -> str:
    """Use up the 6-digit code of a log-in and open a session. Raises `Unauthorised`.

    Five wrong codes end the log-in.
    """
    now = clock.now()
    digits = "".join(character for character in code if character.isdecimal())
    row = await db.fetch_row(
        """UPDATE login_token SET attempts = attempts + 1
           WHERE id = $1 AND used_at IS NULL AND expires_at > $2 AND attempts < $3 RETURNING account, code_hash""",
        login_id,
        now,
        rules.LOGIN_ATTEMPTS,
    )
    if row is None or not hmac.compare_digest(row["code_hash"], _code_hash(login_id, digits)):
        raise Unauthorised("This code is not right or has expired.")
    async with db.transaction():
        used = await db.execute("UPDATE login_token SET used_at = $2 WHERE id = $1 AND used_at IS NULL", login_id, now)
        if not used:
            raise Unauthorised("This code is not right or has expired.")
        return await _open_session(row["account"], user_agent)


async def actor_of_session(token: str) -> Actor | None:
    """Who a session cookie belongs to; sessions end after 14 days, or 12 hours unused."""
    now = clock.now()
    row = await db.fetch_row(
        """SELECT a.id, a.email, a.name, a.role, a.cluster_id, a.event_id, a.language, s.seen_at
           FROM session s JOIN account a ON a.id = s.account
           WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND a.disabled_at IS NULL""",
        digest(token),
        now,
        now - rules.SESSION_IDLE,
    )
    if row is None:
        return None
    if now - row["seen_at"] > timedelta(minutes=5):
        await db.execute("UPDATE session SET seen_at = $2 WHERE token_hash = $1", digest(token), now)
    return _actor("account", row, row["name"] or row["email"])


async def log_out(token: str) -> None:
    await db.execute("DELETE FROM session WHERE token_hash = $1", digest(token))


async def forget_expired() -> None:
    """Drop log-in links and sessions that nobody can use any more."""
    now = clock.now()
    await db.execute("DELETE FROM login_token WHERE expires_at < $1", now - rules.LOGIN_TOKENS_KEPT)
    await db.execute("DELETE FROM session WHERE expires_at <= $1 OR seen_at <= $2", now, now - rules.SESSION_IDLE)


async def create_api_token(name: str, role: Role, cluster_id: UUID | None = None) -> str:
    """A script's token, shown this once."""
    token = new_token("cta")
    await db.execute(
        "INSERT INTO api_token (id, name, role, cluster_id, token_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        uuid4(),
        name,
        role,
        cluster_id,
        digest(token),
        clock.now(),
    )
    return token


async def actor_of_api_token(token: str) -> Actor | None:
    row = await db.fetch_row(
        """SELECT id, name, role, cluster_id, NULL::uuid AS event_id, 'de' AS language
           FROM api_token WHERE token_hash = $1 AND revoked_at IS NULL""",
        digest(token),
    )
    return None if row is None else _actor("api_token", row, row["name"])


async def _open_session(account_id: UUID, user_agent: str) -> str:
    token, now = new_token("cts"), clock.now()
    await db.execute("DELETE FROM session WHERE expires_at <= $1", now)
    await db.execute(
        """INSERT INTO session (token_hash, account, created_at, seen_at, expires_at, user_agent)
           VALUES ($1, $2, $3, $3, $4, $5)""",
        digest(token),
        account_id,
        now,
        now + rules.SESSION_LIFETIME,
        one_line(user_agent)[:300],
    )
    await audit.record(("account", account_id), "logged-in", "account", account_id)
    return token


def _actor(kind: rules.ActorKind, row: asyncpg.Record, name: str) -> Actor:
    return Actor(kind, row["id"], row["role"], row["cluster_id"], row["event_id"], name, row["language"])


def _code_hash(login_id: UUID, code: str) -> str:
    return hmac.new(settings.current().secret, login_id.bytes + code.encode(), sha256).hexdigest()
