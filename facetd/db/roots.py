"""Roots: the photo shares, their names, whether they are there, and moving photos when one is nested in another."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from facetd.db.connection import Database
from facetd.db.folders import ensure_folder
from facetd.db.names import from_stored, shown, to_stored
from facetd.db.options import LISTED
from facetd.db.revision import bump
from facetd.db.store import now
from facetd.db.visibility import Hide
from facetd.errors import InvalidInput, NotFound
from facetd.i18n import _
from facetd.records.files import Root

SAMPLES = 32


async def roots(db: Database) -> list[Root]:
    """Every root, in the order of their names."""
    return [_root(row) for row in await db.rows("SELECT id, name, path, online, fs_id FROM root ORDER BY name")]


async def add_root(db: Database, path: str) -> Root:
    """The root at the absolute directory `path`; made, with a unique name, where it is new.

    Photos of an enclosing root that lie below `path` become its own and keep their ids.
    """
    async with db.writing() as connection:
        sql = "SELECT id, name, path, online, fs_id FROM root WHERE path = ?"
        known = list(await connection.execute_fetchall(sql, (to_stored(path),)))
        if known:
            return _root(known[0])
        name = await _unique_name(connection, unicodedata.normalize("NFC", shown(Path(path).name)) or "Photos")
        made = await connection.execute_fetchall(
            "INSERT INTO root (name, path, added_at) VALUES (?, ?, ?) RETURNING id, name, path, online, fs_id",
            (name, to_stored(path), now()),
        )
        root = _root(next(iter(made)))
        outer = await _enclosing(connection, path, root.id)
        if outer is not None:
            await _move_subtree(connection, outer, _relative(path, outer.path), root, "")
        await bump(connection)
    return root


async def remove_root(db: Database, root_id: int) -> None:
    """Forget a root: an enclosing root takes its photos with their ids, otherwise they leave the library. No file is touched."""
    async with db.writing() as connection:
        found = list(await connection.execute_fetchall("SELECT id, name, path, online, fs_id FROM root WHERE id = ?", (root_id,)))
        if not found:
            raise NotFound(_("there is no root {root_id}").format(root_id=root_id))
        root = _root(found[0])
        outer = await _enclosing(connection, root.path, root.id)
        if outer is not None:
            await _move_subtree(connection, root, "", outer, _relative(root.path, outer.path))
        await connection.execute("DELETE FROM root WHERE id = ?", (root_id,))
        await bump(connection)


async def rename_root(db: Database, root_id: int, name: str) -> None:
    """Give a root another name. Raises InvalidInput when it is empty, holds `/` or is taken."""
    clean = unicodedata.normalize("NFC", name.strip())
    if not clean or "/" in clean:
        raise InvalidInput(_("'{name}' cannot name a root: expected text without '/'").format(name=name))
    async with db.writing() as connection:
        try:
            await connection.execute("UPDATE root SET name = ? WHERE id = ?", (clean, root_id))
        except sqlite3.IntegrityError as error:
            raise InvalidInput(_("there is a root called '{clean}' already").format(clean=clean)) from error
        await bump(connection)


async def set_presence(db: Database, root_id: int, *, online: bool, fs_id: str | None = None) -> None:
    """Note that a root is there or OFFLINE; `fs_id` is remembered when given."""
    async with db.writing() as connection:
        await connection.execute("UPDATE root SET online = ?, fs_id = COALESCE(?, fs_id) WHERE id = ?", (online, fs_id, root_id))
        await bump(connection)


async def finish_scan(db: Database, root_id: int) -> None:
    """Note the end of a whole scan of a root, with sample files that will prove its identity later."""
    samples = await db.rows(
        "SELECT f.path, p.filename FROM gate g JOIN photo p ON p.id = g.photo_id JOIN folder f ON f.id = p.folder_id"
        " WHERE g.root_id = ? AND p.missing_since IS NULL ORDER BY p.content_hash LIMIT ?",
        (root_id, SAMPLES),
    )
    paths = [shown("/".join(filter(None, (from_stored(row[0]), from_stored(row[1]))))) for row in samples]
    async with db.writing() as connection:
        await connection.execute("UPDATE root SET scanned_at = ?, samples = ? WHERE id = ?", (now(), json.dumps(paths), root_id))


async def samples(db: Database, root_id: int) -> list[str]:
    """Relative paths of files that were in the root after its last scan."""
    row = await db.row("SELECT samples FROM root WHERE id = ?", (root_id,))
    return [str(path) for path in json.loads(row[0])] if row else []


async def photo_count(db: Database, root_id: int, hide: Hide = Hide.MISSING) -> int:
    """How many photos a root has that are not `hide`: also those that cannot be read, by default."""
    row = await db.row("SELECT COALESCE(SUM(photos), 0) FROM gate_count WHERE root_id = ? AND hide & ? = 0", (root_id, int(hide)))
    return int(row[0]) if row else 0


async def listed_count(db: Database, root_id: int) -> int:
    """How many photos of a root the gallery shows."""
    return await photo_count(db, root_id, LISTED)


async def counted_roots(db: Database) -> list[tuple[Root, int]]:
    """Every root with the number of its photos that the gallery shows, read once for each revision of the library."""

    async def read() -> list[tuple[Root, int]]:
        rows = await db.rows(
            "SELECT id, name, path, online, fs_id,"
            " (SELECT COALESCE(SUM(photos), 0) FROM gate_count WHERE root_id = root.id AND (hide & ?) = 0) AS listed"
            " FROM root ORDER BY name",
            (int(LISTED),),
        )
        return [(_root(row), row["listed"]) for row in rows]

    return await db.per_revision("counted roots", read)


def owner(candidates: Sequence[Root], path: str) -> Root | None:
    """The deepest of `candidates` that `path` lies in or is."""
    holding = [root for root in candidates if path == root.path or path.startswith(root.path.rstrip("/") + "/")]
    return max(holding, key=lambda root: len(root.path), default=None)


def _root(row: sqlite3.Row) -> Root:
    return Root(row["id"], row["name"], from_stored(row["path"]), bool(row["online"]), row["fs_id"])


def _relative(path: str, root_path: str) -> str:
    return path[len(root_path.rstrip("/")) + 1 :]


async def _unique_name(connection: aiosqlite.Connection, base: str) -> str:
    name, number = base, 1
    while list(await connection.execute_fetchall("SELECT 1 FROM root WHERE name = ? COLLATE NOCASE", (name,))):
        number += 1
        name = f"{base} ({number})"
    return name


async def _enclosing(connection: aiosqlite.Connection, path: str, but: int) -> Root | None:
    rows = await connection.execute_fetchall("SELECT id, name, path, online, fs_id FROM root WHERE id <> ?", (but,))
    return owner([_root(row) for row in rows], path)


async def _move_subtree(connection: aiosqlite.Connection, source: Root, below: str, target: Root, under: str) -> None:
    """Give the folders of `source` at and below `below` to `target`, where they come under `under`."""
    rows = await connection.execute_fetchall("SELECT id, path FROM folder WHERE root_id = ?", (source.id,))
    for row in sorted(rows, key=lambda row: len(row["path"])):
        path = from_stored(row["path"])
        if below and path != below and not path.startswith(below + "/"):
            continue
        inner = path[len(below) :].lstrip("/")
        new_path = "/".join(filter(None, (under, inner)))
        there = await ensure_folder(connection, target.id, new_path)
        await connection.execute(
            "UPDATE gate SET root_id = ? WHERE photo_id IN (SELECT id FROM photo WHERE folder_id = ?)", (target.id, row["id"])
        )
        await connection.execute("UPDATE photo SET folder_id = ? WHERE folder_id = ?", (there, row["id"]))
    await connection.execute(
        "DELETE FROM folder WHERE root_id = ? AND NOT EXISTS (SELECT 1 FROM photo p WHERE p.folder_id = folder.id)"
        " AND NOT EXISTS (SELECT 1 FROM folder child WHERE child.parent_id = folder.id)",
        (source.id,),
    )
