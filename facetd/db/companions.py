"""RAW+JPEG pairs: where a folder has both under one stem, the RAW is hidden as the other's companion."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

import aiosqlite

from facetd.db.connection import Connection
from facetd.db.names import Stored, from_stored, to_stored
from facetd.db.visibility import Hide, gate_condition, id_list
from facetd.records.viewer import Viewer

LEADING_FORMATS = ("jpeg", "heif", "avif")
RAW = "raw"


def raws_of(connection: Connection, viewer: Viewer, ids: Iterable[int]) -> dict[int, int]:
    """The RAW of each of `ids` that `viewer` may see and that has one: the photo itself, or the companion it leads.

    With several, the first by name. Nothing on the disk is looked at.
    """
    seen = gate_condition(viewer, Hide.MISSING)
    rows = connection.execute(
        "SELECT p.id, p.format, p.folder_id, p.filename FROM json_each(?) wanted CROSS JOIN photo p ON p.id = wanted.value"
        f" CROSS JOIN gate g ON g.photo_id = p.id WHERE {seen}",
        (json.dumps(list(ids)),),
    )
    found: dict[int, int] = {}
    for photo_id, format_, folder_id, stored in rows.fetchall():
        if format_ == RAW:
            found[photo_id] = photo_id
        elif format_ in LEADING_FORMATS:
            name = from_stored(stored)
            low, high = _bounds(name.rpartition(".")[0] or name)
            beside = connection.execute(
                "SELECT p.id, p.filename FROM photo p CROSS JOIN gate g ON g.photo_id = p.id"
                " WHERE p.folder_id = ? AND p.filename >= ? AND p.filename < ? AND p.format = ?"
                f" AND (g.hide & {int(Hide.COMPANION)}) <> 0 AND {seen} ORDER BY p.filename",
                (folder_id, low, high, RAW),
            )
            raw = next((row[0] for row in beside if _only_suffix(row[1], low)), None)
            if raw is not None:
                found[photo_id] = int(raw)
    return found


async def pair_companions(connection: aiosqlite.Connection, places: Collection[tuple[int, str]]) -> None:
    """Set or clear the companion bit of the photos that share a stem with one of `places` (folder id, file name)."""
    for folder_id, stem in {(folder_id, filename.rpartition(".")[0] or filename) for folder_id, filename in places}:
        low, high = _bounds(stem)
        rows = await connection.execute_fetchall(
            "SELECT p.id, p.format, p.filename, g.hide FROM photo p JOIN gate g ON g.photo_id = p.id"
            " WHERE p.folder_id = ? AND p.filename >= ? AND p.filename < ?",
            (folder_id, low, high),
        )
        same = [row for row in rows if _only_suffix(row[2], low)]
        gone = int(Hide.MISSING | Hide.UNREADABLE)
        led = any(row[1] in LEADING_FORMATS and not row[3] & gone for row in same)
        raws = [int(row[0]) for row in same if row[1] == RAW]
        await _set(connection, raws, companion=led)


async def clear_companions(connection: aiosqlite.Connection) -> None:
    """Show every companion again."""
    bit = int(Hide.COMPANION)
    await connection.execute(f"UPDATE gate SET hide = hide & ~{bit} WHERE hide & {bit}")


def _bounds(stem: str) -> tuple[Stored, Stored]:
    """All names `stem.*`: from `stem.` up to, without, `stem/` (the character after the dot)."""
    return to_stored(f"{stem}."), to_stored(f"{stem}/")


def _only_suffix(name: Stored, low: Stored) -> bool:
    """Whether `name` is `low`, a stem with its dot, and a suffix without any other dot."""
    return len(name) > len(low) and name[len(low) :].find(_dot(name)) < 0  # type: ignore[arg-type]


def _dot(name: Stored) -> Stored:
    return b"." if isinstance(name, bytes) else "."


async def _set(connection: aiosqlite.Connection, ids: Iterable[int], *, companion: bool) -> None:
    bit = int(Hide.COMPANION)
    change = f"hide | {bit}" if companion else f"hide & ~{bit}"
    await connection.execute(
        f"UPDATE gate SET hide = {change} WHERE photo_id IN ({id_list(ids)}) AND ((hide & {bit}) <> 0) <> ?", (companion,)
    )
