from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from events_app.kit.db import DB


class Account(Table, db=DB):
    """Somebody who logs in. It knows its cluster or event by id only: those rooms lie above this one."""

    id = UUID(primary_key=True, default=None)
    email = Varchar(254, unique=True, help_text="lower case")
    name = Varchar(200, default="")
    role = Varchar(10, help_text="admin, agent or door")
    cluster_id = UUID(null=True, default=None, help_text="an agent's cluster; null sees programme-wide events only")
    event_id = UUID(null=True, default=None, help_text="the one event of a door account, once it is known")
    language = Varchar(2, default="de")
    created_at = Timestamptz(default=None)
    disabled_at = Timestamptz(null=True, default=None)


class LoginToken(Table, db=DB):
    """A mailed link and its 6-digit code: one use, minutes to live, few tries."""

    id = UUID(primary_key=True, default=None)
    account = ForeignKey(Account, null=False)
    token_hash = Varchar(64, unique=True, help_text="SHA-256, hex")
    code_hash = Varchar(64, help_text="keyed with this row's id, so that equal codes differ")
    attempts = Integer(default=0)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)


class Session(Table, db=DB):
    """A browser that is logged in; the cookie holds the token, this row its hash."""

    token_hash = Varchar(64, primary_key=True)
    account = ForeignKey(Account, null=False)
    created_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None, index=True)
    user_agent = Text(default="")


class ApiToken(Table, db=DB):
    """A script's key to the desk API, stored hashed and shown once."""

    id = UUID(primary_key=True, default=None)
    name = Varchar(100)
    role = Varchar(10)
    cluster_id = UUID(null=True, default=None)
    token_hash = Varchar(64, unique=True)
    created_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
