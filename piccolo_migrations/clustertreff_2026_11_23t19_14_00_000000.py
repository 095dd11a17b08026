"""What must hold of rounds whoever writes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T19:14:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of rounds"

CHECKS = {
    ("event_round", "reminder_days"): "reminder_days BETWEEN 1 AND 30",
    ("event_round", "reminded"): "(reminded_at IS NULL) = (reminded_for IS NULL)",
    ("attendee_reply", "answered"): "(coming_for IS NULL) = (answered_at IS NULL)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for (table, name), rule in CHECKS.items():
            await execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})")

    async def remove() -> None:
        for table, name in CHECKS:
            await execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
