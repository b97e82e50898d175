"""The library's revision: a number that grows with every change that a list of photos could show; read it as Database.revision."""

from __future__ import annotations

import aiosqlite


async def bump(connection: aiosqlite.Connection) -> None:
    """Count one change; inside the transaction that makes it."""
    await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
