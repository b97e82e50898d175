"""The folder tree as people browse it: children with counts and covers, from the counters that triggers keep (`folder_count`).

With `kept` photos are left out that the viewer rejected; see db/rejected.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from facetd.db.conditions import UNREJECTED
from facetd.db.connection import Connection, Database
from facetd.db.names import from_stored, shown
from facetd.db.photos import Cover, covers_of
from facetd.db.readers import snapshot
from facetd.db.rejected import rejected_by_place
from facetd.db.visibility import Hide, count_condition, gate_condition, id_list
from facetd.records.viewer import Viewer

BELOW = (
    "WITH RECURSIVE below (id, top) AS (SELECT id, id FROM folder WHERE parent_id = :folder"
    " UNION ALL SELECT f.id, below.top FROM below CROSS JOIN folder f ON f.parent_id = below.id)"
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder that holds photos at or below it; the cover is its best photo."""

    name: str
    path: str
    photo_count: int
    cover: Cover | None


async def root_branches(db: Database, viewer: Viewer, hide: Hide, *, kept: bool = False) -> list[Branch]:
    """The roots that a viewer sees, also those without photos."""

    def read(connection: Connection) -> list[Branch]:
        with snapshot(connection):
            rows = connection.execute(
                "SELECT root.name, counted.photos, counted.cover, f.id, root.id FROM root"
                " LEFT JOIN folder f ON f.root_id = root.id AND f.path = '' LEFT JOIN"
                " (SELECT root_id, SUM(photos) AS photos, hero_id AS cover, MAX(hero_score) FROM folder_count"
                f" WHERE {count_condition(viewer, hide)} GROUP BY root_id) counted ON counted.root_id = root.id"
                f" WHERE root.id IN ({id_list(viewer.root_ids)})"
            ).fetchall()
            off = rejected_by_place(connection, viewer, hide, "g.root_id") if kept else {}
            left = [_left(connection, viewer, hide, row[3], (row[1] or 0, row[2]), off.get(row[4], set())) for row in rows]
            return _branches(connection, viewer, ((row[0], f"/{row[0]}/", *some) for row, some in zip(rows, left, strict=True)))

    return await db.read(read)


async def branches(db: Database, viewer: Viewer, folder_id: int, hide: Hide, *, kept: bool = False) -> tuple[list[Branch], bool]:
    """The folders directly in a folder that hold photos at any depth, and whether the folder itself has some."""
    seen = count_condition(viewer, hide)

    def read(connection: Connection) -> tuple[list[Branch], bool]:
        with snapshot(connection):
            counted = connection.execute(
                f"{BELOW} SELECT top, SUM(photos), hero_id, MAX(hero_score) FROM below CROSS JOIN folder_count c ON c.folder_id = below.id"
                f" WHERE {seen} GROUP BY top",
                {"folder": folder_id},
            ).fetchall()
            children = connection.execute(
                "SELECT f.id, f.path, root.name FROM folder f JOIN root ON root.id = f.root_id WHERE f.parent_id = ?", (folder_id,)
            )
            names = {row[0]: (shown(from_stored(row[1])), row[2]) for row in children}
            direct = connection.execute(f"SELECT SUM(photos) FROM folder_count WHERE folder_id = ? AND {seen}", (folder_id,)).fetchone()
            off = rejected_by_place(connection, viewer, hide, "p.folder_id") if kept else {}
            by_child = _by_child(connection, folder_id, off) if off else {}
            left = {row[0]: _left(connection, viewer, hide, row[0], (row[1], row[2]), by_child.get(row[0], set())) for row in counted}
            found = ((path.rpartition("/")[2], f"/{root}/{path}/", *some) for top, some in left.items() for path, root in [names[top]])
            there = (direct[0] or 0) > len(off.get(folder_id, ()))
            return _branches(connection, viewer, (branch for branch in found if branch[2])), there

    return await db.read(read)


def _by_child(connection: Connection, folder_id: int, off: dict[int, set[int]]) -> dict[int, set[int]]:
    """The photos that are taken off, by the child of the folder that they lie in or below."""
    found: dict[int, set[int]] = defaultdict(set)
    for top, folder in connection.execute(f"{BELOW} SELECT top, id FROM below", {"folder": folder_id}):
        found[top] |= off.get(folder, set())
    return found


def _left(
    connection: Connection, viewer: Viewer, hide: Hide, folder: int | None, found: tuple[int, int | None], off: set[int]
) -> tuple[int, int | None]:
    """How many photos are left at or below `folder` of those that were counted, and which one is the best."""
    count, cover = found
    if cover not in off:
        return count - len(off), cover
    best = connection.execute(
        "WITH RECURSIVE below (id) AS (SELECT :folder UNION ALL SELECT f.id FROM below CROSS JOIN folder f ON f.parent_id = below.id)"
        " SELECT p.id FROM below CROSS JOIN photo p ON p.folder_id = below.id CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE {gate_condition(viewer, hide)} AND {UNREJECTED} ORDER BY p.aggregate DESC, p.id DESC LIMIT 1",
        {"folder": folder, "viewer_id": viewer.user_id},
    ).fetchone()
    return count - len(off), best[0] if best else None


def _branches(connection: Connection, viewer: Viewer, found: Iterable[tuple[str, str, int, int | None]]) -> list[Branch]:
    """With the paths of the covers, in the order of their names, ignoring case."""
    rows = sorted(found, key=lambda row: (row[0].casefold(), row[0]))
    covers = covers_of(connection, viewer, [cover for *_, cover in rows if cover is not None])
    return [Branch(name, path, count, covers[cover] if cover is not None else None) for name, path, count, cover in rows]
