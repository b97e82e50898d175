"""The library's revision: a number that grows with every change that a list of photos could show."""

from __future__ import annotations

import aiosqlite

from facetd.db.connection import Database


async def bump(connection: aiosqlite.Connection) -> None:
    """Count one change; inside the transaction that makes it."""
    await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")


async def revision(db: Database) -> int:
    """The revision now."""
    row = await db.row("SELECT value FROM meta WHERE key = 'revision'")
    return int(row[0]) if row else 0
