"""What must hold of groups and invitations whoever writes: quotas are never oversold, codes never used too often."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T19:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of groups and invitations"

CHECKS = {
    "event_seats": {"held": "held >= 0"},
    "ticket_group": {
        "never_oversold": "taken <= quota + excess",
        "counts": "taken >= 0 AND excess >= 0 AND held >= 0 AND quota >= 0",
        "key": "key ~ '^[a-z][a-z0-9_]*$'",
    },
    "invitation": {
        "never_overused": "used BETWEEN 0 AND seats",
        "counts": "seats >= 1 AND held BETWEEN 0 AND seats",
        "held_by_choice": "holds_back OR held = 0",
        "code": "code ~ '^[0-9A-Z]+$'",
    },
}
KEYS = {
    "ticket_group_once": "UNIQUE INDEX {name} ON ticket_group (event, key)",
    "invitation_once": "UNIQUE INDEX {name} ON invitation (event, code)",
    "invitation_holding": "INDEX {name} ON invitation (event, expires_at) WHERE held > 0",
    "registration_in_group": (
        "INDEX {name} ON registration (event) WHERE ticket_group IS NOT NULL OR invitation IS NOT NULL"
    ),
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for table, checks in CHECKS.items():
            for name, rule in checks.items():
                await execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})")
        for name, index in KEYS.items():
            await execute("CREATE " + index.format(name=name))

    async def remove() -> None:
        for name in KEYS:
            await execute(f"DROP INDEX {name}")
        for table, checks in CHECKS.items():
            for name in checks:
                await execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
