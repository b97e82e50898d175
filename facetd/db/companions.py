"""RAW+JPEG pairs: where a folder has both under one stem, the RAW is hidden as the other's companion."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import aiosqlite

from facetd.db.names import Stored, to_stored
from facetd.db.visibility import Hide, id_list

LEADING_FORMATS = ("jpeg", "heif", "avif")


async def pair_companions(connection: aiosqlite.Connection, places: Collection[tuple[int, str]]) -> None:
    """Set or clear the companion bit of the photos that share a stem with one of `places` (folder id, file name)."""
    for folder_id, stem in {(folder_id, filename.rpartition(".")[0] or filename) for folder_id, filename in places}:
        low, high = _bounds(stem)
        rows = await connection.execute_fetchall(
            "SELECT p.id, p.format, p.filename, g.hide FROM photo p JOIN gate g ON g.photo_id = p.id"
            " WHERE p.folder_id = ? AND p.filename >= ? AND p.filename < ?",
            (folder_id, low, high),
        )
        same = [row for row in rows if len(row[2]) > len(low) and row[2][len(low) :].find(_dot(row[2])) < 0]
        gone = int(Hide.MISSING | Hide.UNREADABLE)
        led = any(row[1] in LEADING_FORMATS and not row[3] & gone for row in same)
        raws = [int(row[0]) for row in same if row[1] == "raw"]
        await _set(connection, raws, companion=led)


async def clear_companions(connection: aiosqlite.Connection) -> None:
    """Show every companion again."""
    bit = int(Hide.COMPANION)
    await connection.execute(f"UPDATE gate SET hide = hide & ~{bit} WHERE hide & {bit}")


def _bounds(stem: str) -> tuple[Stored, Stored]:
    """All names `stem.*`: from `stem.` up to, without, `stem/` (the character after the dot)."""
    return to_stored(f"{stem}."), to_stored(f"{stem}/")


def _dot(name: Stored) -> Stored:
    return b"." if isinstance(name, bytes) else "."


async def _set(connection: aiosqlite.Connection, ids: Iterable[int], *, companion: bool) -> None:
    bit = int(Hide.COMPANION)
    change = f"hide | {bit}" if companion else f"hide & ~{bit}"
    await connection.execute(
        f"UPDATE gate SET hide = {change} WHERE photo_id IN ({id_list(ids)}) AND ((hide & {bit}) <> 0) <> ?", (companion,)
    )
