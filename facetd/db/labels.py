"""The colour labels of photos."""

from __future__ import annotations

from facetd.db.connection import Database
from facetd.db.revision import bump
from facetd.db.store import now


async def label_of(db: Database, photo_id: int) -> str | None:
    """The label of a photo. The caller has checked that it may be seen."""
    row = await db.row("SELECT text FROM label WHERE photo_id = ? AND text <> ''", (photo_id,))
    return str(row[0]) if row else None


async def give_label(db: Database, photo_id: int, label: str) -> None:
    """Keep the label of a photo, '' for none: also that was said, and is not overruled by what the file said before."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO label (photo_id, text, updated_at) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (photo_id) DO UPDATE SET text = ?2, updated_at = ?3",
            (photo_id, label, now()),
        )
        await bump(connection)
