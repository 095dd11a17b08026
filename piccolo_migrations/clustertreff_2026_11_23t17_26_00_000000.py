"""What must hold of seat offers whoever writes: one open offer per attendee, and the keys by which they are found."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T17:26:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of seat offers"

CHECKS = {
    "state": "state IN ('open', 'taken', 'declined', 'expired')",
    "lives": "expires_at > created_at",
}

KEYS = {
    "seat_offer_once": "UNIQUE INDEX {name} ON seat_offer (attendee) WHERE state = 'open'",
    "seat_offer_due": "INDEX {name} ON seat_offer (expires_at) WHERE state = 'open'",
    "seat_offer_of_event": "INDEX {name} ON seat_offer (event) WHERE state = 'open'",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for name, rule in CHECKS.items():
            await execute(f"ALTER TABLE seat_offer ADD CONSTRAINT seat_offer_{name} CHECK ({rule})")
        for name, index in KEYS.items():
            await execute("CREATE " + index.format(name=name))

    async def remove() -> None:
        for name in KEYS:
            await execute(f"DROP INDEX {name}")
        for name in CHECKS:
            await execute(f"ALTER TABLE seat_offer DROP CONSTRAINT seat_offer_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
