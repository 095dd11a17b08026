"""What must hold of opinions, agreements and feedback; and that they go when a registration is erased."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T20:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints of opinions, contact agreements, feedback"

TABLES = ("matching_opinion", "contact_agreement", "meeting_feedback")
CONSTRAINTS = {
    **{f"{table}.once": "UNIQUE (registration, other)" for table in TABLES},
    **{f"{table}.not_oneself": "CHECK (registration <> other)" for table in TABLES},
    "matching_opinion.kind": "CHECK (kind IN ('want', 'must', 'rather_not', 'work_together'))",
    "meeting_feedback.useful": "CHECK (useful IN ('yes', 'partly', 'no', 'none'))",
    "matching_run.mode": "CHECK (mode IN ('meetings', 'introductions'))",
}
# Registrations are erased in a room below, which must not know this one: the database forgets in the same transaction.
FORGET = """
CREATE FUNCTION forget_matching_opinions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM matching_opinion WHERE NEW.id IN (registration, other);
  DELETE FROM contact_agreement WHERE NEW.id IN (registration, other);
  UPDATE meeting_feedback SET remark = '' WHERE NEW.id IN (registration, other);
  RETURN NULL;
END $$
"""
ON_ERASE = """
CREATE TRIGGER registration_erased_forget_matching AFTER UPDATE OF erased_at ON registration
  FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION forget_matching_opinions()
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        for name, rule in CONSTRAINTS.items():
            table, _, what = name.partition(".")
            await execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{what} {rule}")
        await execute(FORGET)
        await execute(ON_ERASE)

    async def remove() -> None:
        await execute("DROP TRIGGER registration_erased_forget_matching ON registration")
        await execute("DROP FUNCTION forget_matching_opinions()")
        for name in CONSTRAINTS:
            table, _, what = name.partition(".")
            await execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{what}")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
