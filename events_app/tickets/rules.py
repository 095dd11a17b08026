"""Ticket codes and short codes: computation only, nothing is looked up. The keys are made in `events.keys`."""

from __future__ import annotations

import re
from base64 import b32hexencode
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from uuid import UUID

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

PREFIX = "CT1"
CODE_LENGTH = 144
# Signed in front of the payload, so that no other signature made with the key passes for a ticket's.
DOMAIN = b"clustertreff-ticket-1"

# Key id, ticket id, version; the numbers as PostgreSQL's integer: what a forger writes still fits a query.
_PAYLOAD = Struct(">i16si")
_BODY_BYTES = 88
_SPARE_BITS = 1  # 141 characters of 5 bits hold one more than 88 bytes

SHORT_LENGTH = 8
SHORT_ALPHABET = "0123456789ACDEFGHJKMNPQRTVWX"  # one of each pair of lookalikes, and no Y and Z
_LOOKALIKES = str.maketrans("OILZSBU", "011258V")
_SEPARATORS = re.compile(r"[\s\u00ad\u2010-\u2015\u2212-]+")
_SHORT_RANDOM_BYTES = 16
KEYS_KEPT = 64


class UnreadableCode(ValueError):  # noqa: N818 says what the text is
    """The text is no ticket code (or no short code): a foreign code, mistyped, damaged or cut off."""


@dataclass(frozen=True)
class ParsedCode:
    """What a code claims. Nothing is proved before `verify`."""

    key_id: int
    ticket_id: UUID
    version: int
    signature: bytes


def make_code(seed: bytes, key_id: int, ticket_id: UUID, version: int) -> str:
    """The text of a ticket's QR code: 144 characters of QR's alphanumeric mode; same ticket, same text.

    `CT1`, then base32hex of 88 bytes: key id (4), ticket id (16), version (4), big-endian, and the Ed25519
    signature (64) over `DOMAIN` and the 24 bytes before it. `seed` is the event's, 32 bytes.
    """
    payload = _PAYLOAD.pack(key_id, ticket_id.bytes, version)
    return PREFIX + b32hexencode(payload + signature(seed, key_id, ticket_id, version)).decode().rstrip("=")


def signature(seed: bytes, key_id: int, ticket_id: UUID, version: int) -> bytes:
    """The 64 bytes at the end of a ticket's code; same ticket, same bytes."""
    return bytes(_signing_key(seed).sign(DOMAIN + _PAYLOAD.pack(key_id, ticket_id.bytes, version)).signature)


@lru_cache(maxsize=KEYS_KEPT)
def _signing_key(seed: bytes) -> SigningKey:
    """Working out the public half takes as long as signing."""
    return SigningKey(seed)


def read_code(text: str) -> ParsedCode:
    """Take a code apart. Blanks and line ends around it and lower case are handheld scanners' and forgiven.

    Raises `UnreadableCode` for everything that `make_code` would not have spelt like this.
    """
    code = text.strip(" \t\r\n").upper() if text.isascii() else ""
    if len(code) != CODE_LENGTH or not code.startswith(PREFIX):
        raise UnreadableCode
    body = _decoded(code.removeprefix(PREFIX))
    key_id, ticket_id, version = _PAYLOAD.unpack_from(body)
    return ParsedCode(key_id, UUID(bytes=ticket_id), version, body[_PAYLOAD.size :])


def _decoded(spelling: str) -> bytes:
    """As `b32hexdecode`, in a tenth of its time: each scan at a door passes here."""
    try:
        number, spare = divmod(int(spelling, 32), 1 << _SPARE_BITS)
    except ValueError as error:
        raise UnreadableCode from error
    if spare or not spelling.isalnum():  # bits behind the last byte; int() also takes signs, blanks and underscores
        raise UnreadableCode
    return number.to_bytes(_BODY_BYTES)


def verify(parsed: ParsedCode, public_key: bytes) -> bool:
    """Whether the holder of the event's key signed this; `public_key` is 32 bytes, else `ValueError`."""
    payload = _PAYLOAD.pack(parsed.key_id, parsed.ticket_id.bytes, parsed.version)
    try:
        VerifyKey(public_key).verify(DOMAIN + payload, parsed.signature)
    except BadSignatureError:
        return False
    return True


def new_short_code(random: bytes) -> str:
    """Eight characters for people to read out and type, evenly drawn from 16 or more bytes of randomness."""
    if len(random) < _SHORT_RANDOM_BYTES:
        raise ValueError("a short code needs 16 random bytes")
    number, characters = int.from_bytes(random), ""
    for _ in range(SHORT_LENGTH):
        number, index = divmod(number, len(SHORT_ALPHABET))
        characters += SHORT_ALPHABET[index]
    return characters


def normalise_short_code(text: str) -> str:
    """The short code somebody meant: blanks, hyphens, lower case and lookalikes (O for 0) are forgiven.

    Raises `UnreadableCode` if no short code can be meant.
    """
    bare = _SEPARATORS.sub("", text[: 4 * SHORT_LENGTH])
    code = bare.upper().translate(_LOOKALIKES) if bare.isascii() and len(text) <= 4 * SHORT_LENGTH else ""
    if len(code) != SHORT_LENGTH or not set(code) <= set(SHORT_ALPHABET):
        raise UnreadableCode
    return code


def shown_short_code(code: str) -> str:
    """A short code as it stands on tickets, in two groups: `7K2M-9XQA`."""
    return f"{code[:4]}-{code[4:]}"
