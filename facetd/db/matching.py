"""Finding a file that moved: photos of the same content, or of the same size and time."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

import aiosqlite

from facetd.db.connection import Database
from facetd.db.names import from_stored
from facetd.db.revision import bump
from facetd.db.visibility import id_list

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo of the library is, or was when it was last seen."""

    photo_id: int
    content_hash: str
    sidecar_stamp: str
    size: int
    mtime_ns: int
    root_id: int
    root_path: str
    root_online: bool
    folder: str
    filename: str
    missing_since: str | None

    @property
    def path(self) -> str:
        """The absolute path."""
        return "/".join(part for part in (self.root_path.rstrip("/"), self.folder, self.filename) if part)


_PLACES = (
    "SELECT p.id, p.content_hash, p.sidecar_stamp, p.size, p.mtime_ns, root.id, root.path, root.online, f.path, p.filename,"
    " p.missing_since FROM photo p JOIN folder f ON f.id = p.folder_id JOIN root ON root.id = f.root_id WHERE "
)


async def places_of_content(db: Database, hashes: Collection[str]) -> list[Place]:
    """Every photo with one of these content hashes, oldest first."""
    return await _places(db, "p.content_hash", [value for value in hashes if value])


async def places_of_size(db: Database, sizes: Collection[int]) -> list[Place]:
    """Every photo of one of these file sizes."""
    return await _places(db, "p.size", list(sizes))


async def places_of(db: Database, ids: Collection[int]) -> list[Place]:
    """Where these photos are."""
    return await _places(db, "p.id", list(ids))


async def _places(db: Database, column: str, values: list[str] | list[int]) -> list[Place]:
    found: list[Place] = []
    for start in range(0, len(values), CHUNK):
        some = values[start : start + CHUNK]
        rows = await db.rows(f"{_PLACES}{column} IN ({', '.join('?' * len(some))}) ORDER BY p.id", some)
        found += [_place(row) for row in rows]
    return found


def _place(row: sqlite3.Row) -> Place:
    number, content_hash, stamp, size, mtime_ns, root_id, root_path, online, folder, filename, missing_since = row
    names = (from_stored(root_path), bool(online), from_stored(folder), from_stored(filename))
    return Place(number, content_hash, stamp, size, mtime_ns, root_id, *names, missing_since)


async def unite(db: Database, pairs: Collection[tuple[int, int]]) -> None:
    """For each (old, new): the photo `old`, whose file is gone, takes the place of `new`, the same content found elsewhere.

    The old one keeps its id, ratings and analyses; the new row, made moments ago, goes.
    """
    async with db.writing() as connection:
        for old, new in pairs:
            await _unite(connection, old, new)
        await bump(connection)


async def _unite(connection: aiosqlite.Connection, old: int, new: int) -> None:
    rows = await connection.execute_fetchall(
        "SELECT p.folder_id, p.filename, p.size, p.mtime_ns, g.root_id, g.hide"
        " FROM photo p JOIN gate g ON g.photo_id = p.id WHERE p.id = ?",
        (new,),
    )
    for folder_id, filename, size, mtime_ns, root_id, hide in rows:
        await connection.execute(f"DELETE FROM photo WHERE id IN ({id_list([new])})")
        await connection.execute(
            "UPDATE photo SET folder_id = ?, filename = ?, size = ?, mtime_ns = ?, missing_since = NULL WHERE id = ?",
            (folder_id, filename, size, mtime_ns, old),
        )
        await connection.execute("UPDATE gate SET root_id = ?, hide = ? WHERE photo_id = ?", (root_id, hide, old))
