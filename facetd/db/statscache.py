"""What is worked out from the library and kept in it, so that it need not be worked out after a start. Says nothing that lists show."""

from __future__ import annotations

from facetd.db.connection import Connection, Database
from facetd.db.store import now


def kept(connection: Connection, key: str) -> bytes | None:
    """What was kept under this key."""
    row = connection.execute("SELECT value FROM stats_cache WHERE key = ?", (key,)).fetchone()
    return bytes(row[0]) if row else None


def kept_version(connection: Connection, key: str) -> str | None:
    """Of what it was made."""
    row = connection.execute("SELECT version FROM stats_cache WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


async def keep(db: Database, key: str, version: str, value: bytes) -> None:
    """Keep this from now on."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT OR REPLACE INTO stats_cache (key, version, value, updated_at) VALUES (?, ?, ?, ?)", (key, version, value, now())
        )
