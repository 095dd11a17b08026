"""What must hold of versions of questions whoever writes: each once per event, and their number no accident."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T19:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of versions of questions"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        await execute("ALTER TABLE question_version ADD CONSTRAINT question_version_once UNIQUE (event, version)")
        await execute("ALTER TABLE question_version ADD CONSTRAINT question_version_from_1 CHECK (version >= 1)")

    async def remove() -> None:
        await execute("ALTER TABLE question_version DROP CONSTRAINT question_version_once")
        await execute("ALTER TABLE question_version DROP CONSTRAINT question_version_from_1")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
