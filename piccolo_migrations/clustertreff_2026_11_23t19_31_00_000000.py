"""What must hold of the mails' journey: failures go with their mail, a pause stands once, addresses are lower case."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T19:31:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of the mails' journey"

CONSTRAINTS = {
    "outbox_failure": {
        "mail_fk": "FOREIGN KEY (mail) REFERENCES outbox_mail (id) ON DELETE CASCADE",
        "trouble": "CHECK (trouble IN ('refused', 'deferred', 'cut', 'down'))",
    },
    "outbox_bounce": {"address_lower": "CHECK (address = lower(address))"},
    "outbox_pause": {"once": "UNIQUE NULLS NOT DISTINCT (event_id)"},
    "outbox_pace": {"one_row": "CHECK (id = 1)"},
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for table, rules in CONSTRAINTS.items():
            for name, rule in rules.items():
                await execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} {rule}")

    async def remove() -> None:
        for table, rules in CONSTRAINTS.items():
            for name in rules:
                await execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
