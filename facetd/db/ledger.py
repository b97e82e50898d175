"""The analysis ledger: which analyses are missing or outdated, and which failed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from facetd.db.connection import Database
from facetd.db.names import from_stored, shown
from facetd.db.visibility import Hide, gate_condition
from facetd.fields import FIELDS
from facetd.records.viewer import Viewer


async def outdated(db: Database, kind: str, recipe: str, *, with_sidecar: bool, root_id: int | None = None) -> set[int]:
    """Photos whose analysis `kind` is missing, or was made of other content or by another recipe.

    A fingerprint is the recipe followed by the content hash (and the sidecars' stamp where they matter).
    """
    content = "p.content_hash || p.sidecar_stamp" if with_sidecar else "p.content_hash"
    where = "" if root_id is None else " AND p.id IN (SELECT photo_id FROM gate WHERE root_id = :root_id)"
    rows = await db.rows(
        "SELECT p.id FROM photo p LEFT JOIN analysis a ON a.photo_id = p.id AND a.kind = :kind"
        f" WHERE p.missing_since IS NULL AND a.fingerprint IS NOT (:recipe || {content}){where}",
        {"kind": kind, "recipe": recipe, "root_id": root_id},
    )
    return {int(row[0]) for row in rows}


async def failed(db: Database, root_id: int, kind: str | None = None) -> set[int]:
    """Photos of a root with an analysis (of one kind, or of any) that failed."""
    sql = (
        "SELECT DISTINCT a.photo_id FROM analysis a JOIN gate g ON g.photo_id = a.photo_id"
        " WHERE a.state = 'failed' AND g.root_id = ?1 AND (?2 IS NULL OR a.kind = ?2)"
    )
    return {int(row[0]) for row in await db.rows(sql, (root_id, kind))}


async def forget(db: Database, photo_id: int, kind: str) -> None:
    """Make an analysis due again."""
    async with db.writing() as connection:
        await connection.execute("DELETE FROM analysis WHERE photo_id = ? AND kind = ?", (photo_id, kind))


async def forget_all(db: Database, root_id: int, kinds: Iterable[str]) -> None:
    """Make these analyses due again for every photo of a root."""
    async with db.writing() as connection:
        await connection.executemany(
            "DELETE FROM analysis WHERE kind = ? AND photo_id IN (SELECT photo_id FROM gate WHERE root_id = ?)",
            [(kind, root_id) for kind in kinds],
        )


async def judgement_inputs(db: Database, ids: list[int]) -> dict[int, tuple[str, Mapping[str, Any]]]:
    """What score/ judges by, for each id: (content hash + sidecar stamp, values by registry key and `tags`)."""
    columns = ", ".join(f"p.{entry.column} AS {entry.key}" for entry in FIELDS if entry.table == "photo")
    rows = await db.rows(
        f"SELECT p.id AS photo_id, p.content_hash || p.sidecar_stamp AS content, {columns}, (g.hide & 1) AS is_blink,"
        " (SELECT json_group_array(t.name) FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.photo_id = p.id"
        " AND pt.source IN ('keyword', 'object', 'scene')) AS tags"
        f" FROM photo p JOIN gate g ON g.photo_id = p.id WHERE p.id IN ({','.join(map(str, ids))})"
    )
    return {row["photo_id"]: (row["content"], judgement_values(row)) for row in rows}


def judgement_values(row: sqlite3.Row) -> dict[str, Any]:
    """One row of registry keys as the values that score/ takes."""
    values = {key: row[key] for key in row.keys() if key not in ("photo_id", "content")}  # noqa: SIM118 - a Row iterates over values
    values["tags"] = json.loads(values["tags"])
    return values


async def failures(db: Database, viewer: Viewer, *, offset: int, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """The unreadable files that `viewer` may see, newest first: how many, and one page."""
    where = f"a.state = 'failed' AND {gate_condition(viewer, Hide.MISSING)}"
    source = "FROM analysis a INDEXED BY analysis_failed CROSS JOIN gate g ON g.photo_id = a.photo_id"  # few fail; the gate has everything
    total = await db.row(f"SELECT COUNT(DISTINCT a.photo_id) {source} WHERE {where}")
    rows = await db.rows(
        "SELECT a.photo_id AS id, root.name AS root_name, f.path AS folder_path, p.filename, p.size, a.reason, a.error AS message,"
        f" MAX(a.updated_at) AS at, MAX(a.attempts) AS attempts {source} CROSS JOIN photo p ON p.id = a.photo_id"
        f" JOIN folder f ON f.id = p.folder_id JOIN root ON root.id = g.root_id WHERE {where}"
        " GROUP BY a.photo_id ORDER BY at DESC, a.photo_id DESC LIMIT :limit OFFSET :offset",
        {"limit": limit, "offset": offset},
    )
    return int(total[0]) if total else 0, [
        {
            **{key: row[key] for key in ("id", "size", "reason", "message", "at", "attempts")},
            "path": virtual_path(row["root_name"], row["folder_path"], row["filename"]),
        }
        for row in rows
    ]


def virtual_path(root_name: str, folder_path: str | bytes, filename: str | bytes) -> str:
    """`/<root>/<folder>/<name>`: how a photo is named outside of the server."""
    parts = (root_name, shown(from_stored(folder_path)), shown(from_stored(filename)))
    return "/" + "/".join(part for part in parts if part)
