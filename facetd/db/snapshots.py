"""Percentile snapshots of the library, which scores are set in relation to."""

from __future__ import annotations

from collections.abc import Iterable

from facetd.db.connection import Database
from facetd.db.store import now
from facetd.fields import BY_KEY


async def newest(db: Database) -> tuple[int, str] | None:
    """(id, data) of the snapshot that counts, or None while the built-in one does."""
    row = await db.row("SELECT id, data FROM snapshot ORDER BY id DESC LIMIT 1")
    return (int(row[0]), str(row[1])) if row else None


async def save(db: Database, photos: int, data: str) -> int:
    """Keep a new snapshot; returns its id."""
    async with db.writing() as connection:
        rows = await connection.execute_fetchall(
            "INSERT INTO snapshot (made_at, photos, data) VALUES (?, ?, ?) RETURNING id", (now(), photos, data)
        )
        return int(next(iter(rows))[0])


async def metric_columns(db: Database, keys: Iterable[str]) -> dict[str, list[float]]:
    """All values of each metric over the photos that are shown, by key."""
    found: dict[str, list[float]] = {}
    for key in keys:
        column = BY_KEY[key].column
        rows = await db.rows(
            f"SELECT p.{column} FROM photo p JOIN gate g ON g.photo_id = p.id WHERE p.{column} IS NOT NULL AND g.hide & 56 = 0 ORDER BY 1"
        )
        found[key] = [float(row[0]) for row in rows]
    return found
