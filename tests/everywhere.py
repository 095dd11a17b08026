"""Where something stands in the whole database."""

from __future__ import annotations

from events_app.kit import db


async def everywhere(word: str) -> list[str]:
    """Tables and columns of the database in which a text stands, in any case."""
    columns = await db.fetch(
        """SELECT table_name, column_name FROM information_schema.columns
           WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY')"""
    )
    found = []
    for table, column in columns:
        sql = f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE $1'  # noqa: S608 - the database's own names
        if await db.fetch_value(sql, f"%{word}%"):
            found.append(f"{table}.{column}")
    return found
