"""Folders: rows made as photos appear in them, the tree below a folder, and what is known of the files in one."""

from __future__ import annotations

from collections.abc import Sequence

import aiosqlite

from facetd.db.connection import Database
from facetd.db.names import candidates, from_stored, to_stored
from facetd.db.visibility import id_list
from facetd.records.files import KnownFile
from facetd.records.viewer import Viewer


async def ensure_folder(connection: aiosqlite.Connection, root_id: int, path: str) -> int:
    """The id of a folder of a root, made with its parents where it is new."""
    stored = to_stored(path)
    rows = list(await connection.execute_fetchall("SELECT id FROM folder WHERE root_id = ? AND path = ?", (root_id, stored)))
    if rows:
        return int(rows[0][0])
    parent = await ensure_folder(connection, root_id, path.rpartition("/")[0]) if path else None
    made = await connection.execute_fetchall(
        "INSERT INTO folder (root_id, parent_id, path) VALUES (?, ?, ?) RETURNING id", (root_id, parent, stored)
    )
    return int(next(iter(made))[0])


async def find_folder(db: Database, viewer: Viewer, root_name: str, path: str) -> int | None:
    """The id of a folder by its shown path, if the viewer may see its root."""
    stored = candidates(path)
    marks = ", ".join("?" for _ in stored)
    sql = (
        f"SELECT f.id FROM folder f JOIN root ON root.id = f.root_id WHERE root.name = ? COLLATE NOCASE"
        f" AND root.id IN ({id_list(viewer.root_ids)}) AND f.path IN ({marks}) ORDER BY typeof(f.path) = 'blob'"
    )
    row = await db.row(sql, (root_name, *stored))
    return int(row[0]) if row else None


async def sees_root(db: Database, viewer: Viewer, name: str) -> bool:
    """Whether there is such a root, and the viewer may see it; it has no folder before its first photo."""
    sql = f"SELECT 1 FROM root WHERE name = ? COLLATE NOCASE AND id IN ({id_list(viewer.root_ids)})"
    return await db.row(sql, (name,)) is not None


async def known_files(db: Database, root_id: int, path: str) -> list[KnownFile]:
    """What the library remembers of the files directly in one folder."""
    sql = (
        "SELECT p.id, p.filename, p.size, p.mtime_ns, p.content_hash, p.sidecar_stamp, p.missing_since, g.hide & 32"
        " FROM folder f JOIN photo p ON p.folder_id = f.id JOIN gate g ON g.photo_id = p.id WHERE f.root_id = ? AND f.path = ?"
    )
    return [
        KnownFile(row[0], from_stored(row[1]), row[2], row[3], row[4], row[5], row[6] is not None, not row[7])
        for row in await db.rows(sql, (root_id, to_stored(path)))
    ]


async def folders_below(db: Database, root_id: int, path: str) -> list[str]:
    """The paths of the folder and of every folder below it that hold photos which are not missing."""
    sql = (
        "WITH RECURSIVE below (id, path) AS (SELECT id, path FROM folder WHERE root_id = ? AND path = ?"
        " UNION ALL SELECT f.id, f.path FROM folder f JOIN below ON f.parent_id = below.id)"
        " SELECT path FROM below WHERE EXISTS (SELECT 1 FROM photo p WHERE p.folder_id = below.id AND p.missing_since IS NULL)"
    )
    return [from_stored(row[0]) for row in await db.rows(sql, (root_id, to_stored(path)))]


async def existing(db: Database, root_id: int, paths: Sequence[str]) -> list[str]:
    """Those of `paths` that are folders of the library."""
    found = [await db.row("SELECT path FROM folder WHERE root_id = ? AND path = ?", (root_id, to_stored(path))) for path in paths]
    return [from_stored(row[0]) for row in found if row is not None]
