"""Who may do what, and how long a log-in is good for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

Role = Literal["admin", "agent", "door"]
ROLES: tuple[Role, ...] = ("admin", "agent", "door")
ActorKind = Literal["account", "api_token", "device", "registration", "attendee", "system"]

LOGIN_LIFETIME = timedelta(minutes=15)
PRINTED_LOGIN_LIFETIME = timedelta(hours=24)
LOGIN_ATTEMPTS = 5
LOGINS_PER_HOUR = 10
"""Mails to one account. With five tries each, guessing a code takes a year on average."""
LOGIN_TOKENS_KEPT = timedelta(days=1)
SESSION_LIFETIME = timedelta(days=14)
SESSION_IDLE = timedelta(hours=12)

# one @, something on both sides, a dot in the domain, no blanks: the mail itself is the real proof
_EMAIL = re.compile(r"[^\s@<>\"(),;:\\\[\]]{1,64}@[^\s@<>\"(),;:\\\[\]]{1,189}\.[^\s@<>\"(),;:\\\[\].]{2,63}")


@dataclass(frozen=True)
class Actor:
    """Who acts in this request. `cluster_id` bounds an agent, `event_id` a door account or device."""

    kind: ActorKind
    id: UUID | None
    role: Role | None = None
    cluster_id: UUID | None = None
    event_id: UUID | None = None
    name: str = ""
    language: str = "de"

    @property
    def is_desk(self) -> bool:
        return self.role in {"admin", "agent"}

    def runs_cluster(self, cluster_id: UUID | None) -> bool:
        """Whether this actor may change events, people and matching of that cluster (null: programme-wide)."""
        if self.role == "admin":
            return True
        return self.role == "agent" and cluster_id is not None and cluster_id == self.cluster_id


def normal_email(text: str) -> str:
    """An address as it is stored and compared: no blanks around, lower case."""
    return text.strip().lower()


def is_email(text: str) -> bool:
    if len(text) > 254 or ".." in text or not text.isprintable():  # noqa: PLR2004 - RFC 5321
        return False
    return _EMAIL.fullmatch(text) is not None


def own_path(text: str, otherwise: str = "/desk") -> str:
    """Where to go after the log-in: a path of this site, whatever a link made by somebody else asks for."""
    if not text.startswith("/") or not text.isprintable() or "\\" in text:
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    is_elsewhere = parts.scheme or parts.netloc or text.startswith("//")
    return otherwise if is_elsewhere or parts.path in {"/login", "/logout"} else text
