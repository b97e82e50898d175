"""The library's revision: a number that grows with every change that a list of photos could show; read it as Database.revision."""

from __future__ import annotations

import aiosqlite


async def bump(connection: aiosqlite.Connection) -> None:
    """Count one change; inside the transaction that makes it."""
    await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")


async def note_faces(connection: aiosqlite.Connection) -> None:
    """Note, after the bump of the transaction that brings faces or names, that people are to be told apart again."""
    await connection.execute(
        "INSERT INTO meta (key, value) SELECT 'faces_came', value FROM meta WHERE key = 'revision'"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
