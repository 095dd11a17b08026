"""What must hold of people's own choices whoever writes: no need of health or access without its consent."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T17:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of people's own choices"

CHECKS = {
    "consent": "(consent_at IS NULL) = (consent_wording IS NULL)",
    "needs_by_consent": "consent_at IS NOT NULL OR (needs = '[]' AND note = '')",
    "photos_by_consent": "NOT photos OR (photos_at IS NOT NULL AND photos_wording IS NOT NULL)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for name, rule in CHECKS.items():
            await execute(f"ALTER TABLE attendee_choice ADD CONSTRAINT attendee_choice_{name} CHECK ({rule})")

    async def remove() -> None:
        for name in CHECKS:
            await execute(f"ALTER TABLE attendee_choice DROP CONSTRAINT attendee_choice_{name}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
