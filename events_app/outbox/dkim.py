"""DKIM (RFC 6376): the sender's domain signs each mail, if a key is set.

Only what the big receivers check is signed.
"""

from __future__ import annotations

import binascii
import logging
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

from events_app.kit import settings
from events_app.kit.settings import Settings, SettingsError

HEADERS = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type",
    b"content-language", b"auto-submitted", b"x-clustertreff-mail", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip
"""RFC 8058 wants both List-Unsubscribe headers signed."""

_silent = logging.getLogger("events_app.dkim")


@dataclass(frozen=True)
class Key:
    """`pem` is an RSA private key; its public half stands in the DNS at `selector._domainkey.domain`."""

    pem: bytes
    selector: str
    domain: str


def signed(content: bytes) -> bytes:
    """The mail with a DKIM-Signature before it; as it was if no key is set."""
    key = key_of(settings.current())
    return content if key is None else _signature(content, key) + content


@lru_cache(maxsize=4)
def key_of(now: Settings) -> Key | None:
    """The key that is set, read once. Raises `SettingsError` if it can't be used."""
    if not now.dkim_key:
        return None
    try:
        pem = _pem(now.dkim_key)
        parse_pem_private_key(pem)
    except (OSError, UnparsableKeyError, binascii.Error) as error:
        raise SettingsError(f"CLUSTERTREFF_DKIM_KEY is no RSA key (PEM), nor a file of one: {error}") from error
    return Key(pem, now.dkim_selector, now.dkim_domain or parseaddr(now.mail_from)[1].rpartition("@")[2])


def _pem(setting: str) -> bytes:
    """In a variable, line ends are often written as a backslash and an n."""
    if setting.lstrip().startswith("-----BEGIN"):
        return setting.replace("\\n", "\n").encode()
    return Path(setting).read_bytes()


def _signature(content: bytes, key: Key) -> bytes:
    present = {line.partition(b":")[0].lower() for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    made: bytes = dkim.sign(
        content,
        key.selector.encode(),
        key.domain.encode(),
        key.pem,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[header for header in HEADERS if header in present],
        logger=_silent,
    )
    return made
