"""Each item of an agenda gets its id; an attendee has one entry per session."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from events_app.kit.db import execute

ID = "2026-11-23T19:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "ids of agenda items, one entry per attendee and session"

NAMED = """
UPDATE event SET agenda = (
  SELECT jsonb_agg(jsonb_build_object('id', gen_random_uuid()) || item ORDER BY place)
  FROM jsonb_array_elements(agenda) WITH ORDINALITY AS items(item, place))
WHERE agenda <> '[]'
"""
ONE_PER_SESSION = """
ALTER TABLE calendar_entry ADD CONSTRAINT calendar_entry_one_per_session UNIQUE (attendee_id, session_id)
"""
NAMELESS = """
UPDATE event SET agenda = (
  SELECT jsonb_agg(item - '{id,choosable,seats}'::text[] ORDER BY place)
  FROM jsonb_array_elements(agenda) WITH ORDINALITY AS items(item, place))
WHERE agenda <> '[]'
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="clustertreff", description=DESCRIPTION)

    async def add() -> None:
        await execute(NAMED)
        await execute(ONE_PER_SESSION)

    async def remove() -> None:
        await execute("ALTER TABLE calendar_entry DROP CONSTRAINT calendar_entry_one_per_session")
        await execute(NAMELESS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
