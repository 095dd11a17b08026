"""An event's own key pair: it signs the event's tickets and is made with the event."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.signing import SigningKey

KEYS_KEPT = 64


class WrongSecret(Exception):  # noqa: N818 - says what is wrong
    """The stored seed was sealed with another `CLUSTERTREFF_SECRET_KEY`."""


def new_event_key() -> tuple[bytes, bytes]:
    """A fresh Ed25519 pair: (seed, public key), 32 bytes each."""
    key = SigningKey.generate()
    return bytes(key), bytes(key.verify_key)


def seal(seed: bytes, secret: bytes) -> bytes:
    """The seed encrypted for the database (XSalsa20-Poly1305), so that a dump alone can't forge tickets."""
    return bytes(_box(secret).encrypt(seed))


@lru_cache(maxsize=KEYS_KEPT)
def unseal(sealed: bytes, secret: bytes) -> bytes:
    """The seed again. Raises `WrongSecret` if it was sealed with another secret."""
    try:
        return _box(secret).decrypt(sealed)
    except CryptoError as error:
        raise WrongSecret from error


def _box(secret: bytes) -> SecretBox:
    return SecretBox(blake2b(secret, digest_size=SecretBox.KEY_SIZE, person=b"ct-event-key").digest())
