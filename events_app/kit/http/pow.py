"""Proof of work (ALTCHA 2): a browser with JavaScript shows that it is one, without any third party."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any

import altcha

from events_app.kit import clock, settings

ALGORITHM = "PBKDF2/SHA-256"
COST = 1_000
LARGEST_COUNTER = 1_000
VALID_FOR = timedelta(minutes=30)


def challenge() -> dict[str, Any]:
    """A task of a second or so for a phone; its answer is proved here without solving it again."""
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=secrets.randbelow(LARGEST_COUNTER),
        expires_at=clock.now() + VALID_FOR,
        hmac_secret=_secret("challenge"),
        hmac_key_secret=_secret("key"),
    )
    return made.to_dict()


def is_solved(payload: str | None) -> bool:
    """Whether a form's hidden field holds the answer to a challenge of ours that has not expired."""
    if not payload:
        return False
    result = altcha.verify_solution(payload, _secret("challenge"), hmac_key_secret=_secret("key"))
    return bool(result.verified)


def _secret(purpose: str) -> str:
    return sha256(f"clustertreff-pow-{purpose}".encode() + settings.current().secret).hexdigest()
