"""What can be told of sidecars: what failed, and what both the library and another program changed."""

from __future__ import annotations

from typing import Any

from facetd.db.connection import Connection, Database
from facetd.db.ledger import virtual_path
from facetd.db.sidecars import NOT_WRITTEN
from facetd.db.visibility import Hide, gate_condition
from facetd.records.viewer import Viewer

_OF_PHOTOS = (
    "CROSS JOIN gate g ON g.photo_id = x.photo_id CROSS JOIN photo p ON p.id = g.photo_id CROSS JOIN folder f ON f.id = p.folder_id"
    " CROSS JOIN root ON root.id = g.root_id"
)
_PATH = "root.name AS root_name, f.path AS folder_path, p.filename"


async def conflicts(db: Database, viewer: Viewer, *, everybody: bool, offset: int, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """Conflicts over photos that `viewer` may see, the last first: how many, and some. Of ratings the viewer's own, or `everybody`'s."""
    mine = "" if everybody else f" AND (x.field <> 'rating' OR x.user_id = {int(viewer.user_id)})"
    where = f"{_OF_PHOTOS} WHERE {gate_condition(viewer, Hide.MISSING)}{mine}"
    columns = "x.id, x.photo_id, x.field, x.kept, x.library_value, x.library_at, x.sidecar_value, x.sidecar_at, x.noticed_at"
    return await db.read(lambda connection: _page(connection, "sidecar_conflict", columns, where, "x.id DESC", offset, limit))


async def failures(db: Database, viewer: Viewer, *, offset: int, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """Sidecars of photos that `viewer` may see which could not be written, the last first: how many, and some."""
    where = f"{_OF_PHOTOS} WHERE {gate_condition(viewer, Hide.MISSING)}"
    order = "x.at DESC, x.photo_id DESC"
    return await db.read(
        lambda connection: _page(connection, "sidecar_failure", "x.photo_id, x.message, x.at", where, order, offset, limit)
    )


async def unread_count(db: Database, root_id: int, user_id: int) -> int:
    """How many photos of a root were not read since its sidecars are written."""
    row = await db.row(
        "SELECT COUNT(*) FROM gate g LEFT JOIN sidecar s ON s.photo_id = g.photo_id AND s.user_id = ?2 WHERE g.root_id = ?1"
        f" AND s.photo_id IS NULL AND g.hide & {NOT_WRITTEN | int(Hide.UNREADABLE)} = 0",
        (root_id, user_id),
    )
    return int(row[0]) if row else 0


def _page(
    connection: Connection, table: str, columns: str, where: str, order: str, offset: int, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    total = connection.execute(f"SELECT COUNT(*) FROM {table} x {where}").fetchone()
    rows = connection.execute(
        f"SELECT {columns}, {_PATH} FROM {table} x {where} ORDER BY {order} LIMIT ? OFFSET ?", (limit, offset)
    ).fetchall()
    return int(total[0]), [_named(dict(row)) for row in rows]


def _named(row: dict[str, Any]) -> dict[str, Any]:
    path = virtual_path(row.pop("root_name"), row.pop("folder_path"), row.pop("filename"))
    return {**row, "photo_path": path}
