"""What can be taken back: one row for each action, found by the hash of a token that its doer holds."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import aiosqlite


async def keep(connection: aiosqlite.Connection, token: str, user_id: int, kind: str, data: Any, *, ends_at: float) -> None:
    """Keep how to take an action back, inside the transaction that does it; `data` becomes JSON. `ends_at`: seconds since 1970."""
    await connection.execute("INSERT INTO undo VALUES (?, ?, ?, ?, ?)", (_hashed(token), user_id, kind, json.dumps(data), ends_at))


async def prune(connection: aiosqlite.Connection, *, moment: float) -> None:
    """Forget what can be taken back no more."""
    await connection.execute("DELETE FROM undo WHERE ends_at <= ?", (moment,))


async def take(connection: aiosqlite.Connection, token: str, user_id: int, *, moment: float) -> tuple[str, Any] | None:
    """The kind and the data of an action, which is gone then; None for a token that is unknown, too old or of another user."""
    rows = await connection.execute_fetchall(
        "DELETE FROM undo WHERE token = ? AND user_id = ? AND ends_at > ? RETURNING kind, data", (_hashed(token), user_id, moment)
    )
    for row in rows:
        return str(row[0]), json.loads(row[1])
    return None


def _hashed(token: str) -> str:
    """A token has 192 random bits: no slow hash is needed."""
    return hashlib.blake2b(token.encode(), digest_size=32).hexdigest()
