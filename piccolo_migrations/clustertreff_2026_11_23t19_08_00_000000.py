"""What must hold of organisations that are merged or told apart, whoever writes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T19:08:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of merged and different organisations"

CHECKS = {
    ("organisation", "not_itself"): "merged_into <> id",
    ("organisation_merge", "two"): "kept <> dissolved",
    ("organisation_difference", "order"): "one < other",
}

KEYS = {
    "organisation_merge_once": "UNIQUE INDEX {name} ON organisation_merge (dissolved) WHERE undone_at IS NULL",
    "organisation_difference_once": "UNIQUE INDEX {name} ON organisation_difference (one, other)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for (table, name), rule in CHECKS.items():
            await execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})")
        for name, index in KEYS.items():
            await execute("CREATE " + index.format(name=name))

    async def remove() -> None:
        for name in KEYS:
            await execute(f"DROP INDEX {name}")
        for table, name in CHECKS:
            await execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
