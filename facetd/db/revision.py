"""The library's revision: a number that grows with every change that a list of photos could show; read it as Database.revision.

Parts of it have numbers of their own, which triggers keep: new photos, which come all the time during a scan, change none of them.
"""

from __future__ import annotations

from typing import Literal

import aiosqlite

# gates: who may see a known photo, and what hides it; rejections: somebody's; people: who is known, and whose a face is; series: photos
# that belong together; scores: how good a known photo is.
Part = Literal["gates", "rejections", "people", "series", "scores"]
NUMBERS = "SELECT 'revision', value FROM meta WHERE key = 'revision' UNION ALL SELECT part, changes FROM change_count"


async def bump(connection: aiosqlite.Connection) -> None:
    """Count one change; inside the transaction that makes it."""
    await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")


async def note_faces(connection: aiosqlite.Connection) -> None:
    """Note, after the bump of the transaction that brings faces or names, that people are to be told apart again."""
    await connection.execute(
        "INSERT INTO meta (key, value) SELECT 'faces_came', value FROM meta WHERE key = 'revision'"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
