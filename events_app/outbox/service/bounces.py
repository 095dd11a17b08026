"""Addresses that a mail server refused for good. One is forgotten as soon as a mail to it is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from events_app.kit import clock, db

MAX_WORDS = 500


@dataclass(frozen=True)
class Bounce:
    """`said` is what the server answered."""

    at: datetime
    said: str


async def mark(address: str, said: str) -> None:
    await db.execute(
        """INSERT INTO outbox_bounce (address, at, said) VALUES (lower($1), $2, $3)
           ON CONFLICT (address) DO UPDATE SET at = excluded.at, said = excluded.said""",
        address,
        clock.now(),
        said[:MAX_WORDS],
    )


async def of_addresses(addresses: Iterable[str | None]) -> Mapping[str, Bounce]:
    """Those of the addresses that take no mail, spelled as they were given."""
    asked = [address for address in addresses if address]
    rows = await db.fetch(
        "SELECT address, at, said FROM outbox_bounce WHERE address = ANY($1::text[])",
        [address.lower() for address in asked],
    )
    found = {row["address"]: Bounce(row["at"], row["said"]) for row in rows}
    return {address: found[address.lower()] for address in asked if address.lower() in found}
