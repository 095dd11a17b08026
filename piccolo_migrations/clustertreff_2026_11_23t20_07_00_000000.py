"""What must hold of what devices tell; and conflicts are found without looking through all scans."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T20:07:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of the door"

CHECKS = {"battery": "battery BETWEEN 0 AND 1", "queue": "queue_length >= 0"}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for name, rule in CHECKS.items():
            await execute(f"ALTER TABLE device ADD CONSTRAINT device_{name} CHECK ({rule})")
        await execute("CREATE INDEX scan_conflict ON scan (event) WHERE conflict AND settled_at IS NULL")

    async def remove() -> None:
        await execute("DROP INDEX scan_conflict")
        for name in CHECKS:
            await execute(f"ALTER TABLE device DROP CONSTRAINT device_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
