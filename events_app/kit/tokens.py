"""Tokens in links (derived, never stored) and tokens of scripts, devices and sessions (random, stored hashed)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from uuid import UUID

MAC_BYTES = 16
ID_BYTES = 16


def link_token(secret: bytes, kind: str, id_: UUID, generation: int) -> str:
    """A 43-character token that names `id_` and proves that we made it.

    It can be made again at any time (a repeated request, a later mail); raising `generation` revokes it.
    """
    return urlsafe_b64encode(id_.bytes + _mac(secret, kind, id_, generation)).rstrip(b"=").decode()


def link_id(token: str) -> UUID | None:
    """The id that a link token names, unproved: check with `link_matches` once the row's generation is known."""
    try:
        raw = urlsafe_b64decode(token + "=")
    except (Base64Error, ValueError):
        return None
    return UUID(bytes=raw[:ID_BYTES]) if len(raw) == ID_BYTES + MAC_BYTES else None


def link_matches(token: str, secret: bytes, kind: str, id_: UUID, generation: int) -> bool:
    return hmac.compare_digest(token.encode(), link_token(secret, kind, id_, generation).encode())


def new_token(prefix: str) -> str:
    """A fresh random token of 256 bits; the prefix says what it is for (`cta_` API, `ctd_` device, …)."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What the database keeps of a random token: SHA-256, hex (the token itself has 256 bits, so no salt)."""
    return hashlib.sha256(token.encode()).hexdigest()


def _mac(secret: bytes, kind: str, id_: UUID, generation: int) -> bytes:
    message = b"\0".join((b"clustertreff-link", kind.encode(), id_.bytes, str(generation).encode()))
    return hmac.digest(secret, message, "sha256")[:MAC_BYTES]
