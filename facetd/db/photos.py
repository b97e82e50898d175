"""One photo: its file, its id by path and the other way round, and what only its own page shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from facetd.db.connection import Connection, Database
from facetd.db.ledger import virtual_path
from facetd.db.names import candidates, from_stored
from facetd.db.visibility import Hide, gate_condition, id_list
from facetd.records.files import FilePlace
from facetd.records.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Cover:
    """A photo that stands for many: `path` is the virtual one, the hash of the content makes addresses of its thumbnails immutable."""

    id: int
    path: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Extra:
    """What is read for the page of one photo only; `details` and `warnings` are JSON."""

    description: str | None
    label: str | None
    keywords: list[str]
    regions: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    warnings: str
    histogram: bytes | None
    details: str
    failures: list[dict[str, Any]]


FILE_PLACES = """
    SELECT p.id, root.path AS root_path, root.online, root.name AS root_name, f.path AS folder, p.filename, p.content_hash, p.format,
           p.orientation, p.size, p.mtime_ns, p.date_taken, g.hide
    FROM json_each(?) wanted
    CROSS JOIN photo p ON p.id = wanted.value
    CROSS JOIN gate g ON g.photo_id = p.id
    CROSS JOIN folder f ON f.id = p.folder_id
    CROSS JOIN root ON root.id = g.root_id
"""


async def file_place(db: Database, viewer: Viewer, photo_id: int) -> FilePlace | None:
    """Where the file of a photo is, if `viewer` may see it."""
    return (await db.read(lambda connection: file_places(connection, viewer, [photo_id]))).get(photo_id)


def file_places(connection: Connection, viewer: Viewer, ids: Iterable[int]) -> dict[int, FilePlace]:
    """Where the files of those of `ids` are that `viewer` may see."""
    sql = f"{FILE_PLACES} WHERE {gate_condition(viewer, Hide.MISSING)}"
    return {int(row["id"]): _place(row) for row in connection.execute(sql, (json.dumps(list(ids)),))}


def _place(row: sqlite3.Row) -> FilePlace:
    relative = "/".join(part for part in (from_stored(row["folder"]), from_stored(row["filename"])) if part)
    return FilePlace(
        root_path=from_stored(row["root_path"]),
        root_online=bool(row["online"]),
        relative=relative,
        content_hash=row["content_hash"],
        format=row["format"],
        orientation=row["orientation"],
        readable=not row["hide"] & Hide.UNREADABLE,
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        root_name=row["root_name"],
        date_taken=row["date_taken"],
    )


async def roots_of(db: Database, ids: Iterable[int]) -> dict[int, list[int]]:
    """Photos by the root they are in; those that are not there are left out."""
    rows = await db.rows(
        "SELECT g.root_id, g.photo_id FROM json_each(?) w CROSS JOIN gate g ON g.photo_id = w.value", (json.dumps(list(ids)),)
    )
    found: dict[int, list[int]] = {}
    for root_id, photo_id in rows:
        found.setdefault(root_id, []).append(photo_id)
    return found


async def content_of(db: Database, viewer: Viewer, photo_id: int) -> str | None:
    """The content hash of a photo that `viewer` may see."""
    row = await db.row(
        f"SELECT p.content_hash FROM photo p JOIN gate g ON g.photo_id = p.id WHERE p.id = ? AND {gate_condition(viewer, Hide.MISSING)}",
        (photo_id,),
    )
    return str(row[0]) if row else None


async def content_hashes(db: Database, ids: Iterable[int]) -> dict[int, str]:
    """The content hash of each of these photos that is there."""
    rows = await db.rows(f"SELECT id, content_hash FROM photo WHERE id IN ({id_list(ids)})")
    return {int(row[0]): str(row[1]) for row in rows}


def visible_ids(connection: Connection, viewer: Viewer, ids: Iterable[int]) -> set[int]:
    """Those of `ids` that are photos which `viewer` may see."""
    seen = gate_condition(viewer, Hide.MISSING)
    sql = f"SELECT g.photo_id FROM json_each(?) wanted CROSS JOIN gate g ON g.photo_id = wanted.value WHERE {seen}"
    return {int(row[0]) for row in connection.execute(sql, (json.dumps(list(ids)),))}


async def id_of_path(db: Database, viewer: Viewer, path: str) -> int | None:
    """The id of the photo at a virtual path `/<root>/<folder>/<name>` as shown, if `viewer` may see it."""
    return await db.read(lambda connection: id_at(connection, viewer, path))


def id_at(connection: Connection, viewer: Viewer, path: str) -> int | None:
    """The same on a reader's connection."""
    root_name, _, inside = path.removeprefix("/").partition("/")
    folder, _, name = inside.rpartition("/")
    folders, names = candidates(folder), candidates(name)
    row = connection.execute(
        "SELECT p.id FROM root CROSS JOIN folder f ON f.root_id = root.id CROSS JOIN photo p ON p.folder_id = f.id"
        " CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE root.name = ? COLLATE NOCASE AND root.id IN ({id_list(viewer.root_ids)})"
        f" AND f.path IN ({', '.join('?' * len(folders))}) AND p.filename IN ({', '.join('?' * len(names))})"
        f" AND {gate_condition(viewer, Hide.MISSING)} ORDER BY typeof(p.filename) = 'blob'",
        (root_name, *folders, *names),
    ).fetchone()
    return int(row[0]) if row else None


def covers_of(connection: Connection, viewer: Viewer, photos: Iterable[int]) -> Mapping[int, Cover]:
    """What is needed to show those of `photos` that `viewer` may see, by id."""
    rows = connection.execute(
        "SELECT p.id, root.name, f.path, p.filename, p.content_hash FROM json_each(?) wanted CROSS JOIN photo p ON p.id = wanted.value"
        " CROSS JOIN gate g ON g.photo_id = p.id CROSS JOIN folder f ON f.id = p.folder_id CROSS JOIN root ON root.id = g.root_id"
        f" WHERE {gate_condition(viewer, Hide.MISSING)}",
        (json.dumps(list(photos)),),
    )
    return {row[0]: Cover(row[0], virtual_path(row[1], row[2], row[3]), row[4]) for row in rows}


async def page_extras(db: Database, photo_id: int) -> Extra:
    """What only the page of this photo shows. The caller has checked that it may be seen."""
    blob = await db.row(
        "SELECT b.description, b.warnings, b.histogram, b.details, l.text AS label FROM photo_blob b"
        " LEFT JOIN label l ON l.photo_id = b.photo_id WHERE b.photo_id = ?",
        (photo_id,),
    )
    words = await db.rows(
        "SELECT t.name FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.photo_id = ? AND pt.source = 'keyword' ORDER BY t.name",
        (photo_id,),
    )
    areas = await db.rows("SELECT name, kind, x, y, width, height FROM region WHERE photo_id = ? ORDER BY position", (photo_id,))
    things = await db.rows(
        "SELECT label, round(score, 3) AS score, x, y, width, height FROM object WHERE photo_id = ? ORDER BY position", (photo_id,)
    )
    failed = await db.rows(
        "SELECT kind, reason, error AS message, updated_at AS at FROM analysis WHERE photo_id = ? AND state = 'failed'", (photo_id,)
    )
    return Extra(
        description=blob["description"] if blob else None,
        label=(blob["label"] or None) if blob else None,
        keywords=[row[0] for row in words],
        regions=[dict(row) for row in areas],
        objects=[dict(row) for row in things],
        warnings=blob["warnings"] if blob else "[]",
        histogram=blob["histogram"] if blob else None,
        details=blob["details"] if blob else "{}",
        failures=[dict(row) for row in failed],
    )


def shown_names(connection: Connection, viewer: Viewer, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """The virtual path and the content's hash of those of `ids` that `viewer` may see."""
    rows = connection.execute(
        "SELECT p.id, root.name, f.path, p.filename, p.content_hash FROM json_each(?) w CROSS JOIN photo p ON p.id = w.value"
        " CROSS JOIN gate g ON g.photo_id = p.id CROSS JOIN folder f ON f.id = p.folder_id CROSS JOIN root ON root.id = g.root_id"
        f" WHERE {gate_condition(viewer, Hide.MISSING)}",
        (json.dumps(list(ids)),),
    )
    return {int(row[0]): (virtual_path(row[1], row[2], row[3]), str(row[4])) for row in rows}
