"""The folder tree as people browse it: children with counts and covers, from the counters that triggers keep (`folder_count`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facetd.db.connection import Connection, Database
from facetd.db.names import from_stored, shown
from facetd.db.photos import Cover, covers_of
from facetd.db.readers import snapshot
from facetd.db.visibility import Hide, count_condition, id_list
from facetd.records.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder that holds photos at or below it; the cover is its best photo."""

    name: str
    path: str
    photo_count: int
    cover: Cover | None


async def root_branches(db: Database, viewer: Viewer, hide: Hide) -> list[Branch]:
    """The roots that a viewer sees, also those without photos."""

    def read(connection: Connection) -> list[Branch]:
        with snapshot(connection):
            rows = connection.execute(
                "SELECT root.name, counted.photos, counted.cover FROM root LEFT JOIN"
                " (SELECT root_id, SUM(photos) AS photos, hero_id AS cover, MAX(hero_score) FROM folder_count"
                f" WHERE {count_condition(viewer, hide)} GROUP BY root_id) counted ON counted.root_id = root.id"
                f" WHERE root.id IN ({id_list(viewer.root_ids)})"
            ).fetchall()
            return _branches(connection, viewer, ((row[0], f"/{row[0]}/", row[1] or 0, row[2]) for row in rows))

    return await db.read(read)


async def branches(db: Database, viewer: Viewer, folder_id: int, hide: Hide) -> tuple[list[Branch], bool]:
    """The folders directly in a folder that hold photos at any depth, and whether the folder itself has some."""
    seen = count_condition(viewer, hide)

    def read(connection: Connection) -> tuple[list[Branch], bool]:
        with snapshot(connection):
            counted = connection.execute(
                "WITH RECURSIVE below (id, top) AS (SELECT id, id FROM folder WHERE parent_id = :folder"
                " UNION ALL SELECT f.id, below.top FROM below CROSS JOIN folder f ON f.parent_id = below.id)"
                " SELECT top, SUM(photos), hero_id, MAX(hero_score) FROM below CROSS JOIN folder_count c ON c.folder_id = below.id"
                f" WHERE {seen} GROUP BY top",
                {"folder": folder_id},
            ).fetchall()
            children = connection.execute(
                "SELECT f.id, f.path, root.name FROM folder f JOIN root ON root.id = f.root_id WHERE f.parent_id = ?", (folder_id,)
            )
            names = {row[0]: (shown(from_stored(row[1])), row[2]) for row in children}
            direct = connection.execute(f"SELECT 1 FROM folder_count WHERE folder_id = ? AND {seen} LIMIT 1", (folder_id,)).fetchone()
            found = ((path.rpartition("/")[2], f"/{root}/{path}/", row[1], row[2]) for row in counted for path, root in [names[row[0]]])
            return _branches(connection, viewer, found), direct is not None

    return await db.read(read)


def _branches(connection: Connection, viewer: Viewer, found: Iterable[tuple[str, str, int, int | None]]) -> list[Branch]:
    """With the paths of the covers, in the order of their names, ignoring case."""
    rows = sorted(found, key=lambda row: (row[0].casefold(), row[0]))
    covers = covers_of(connection, viewer, [cover for *_, cover in rows if cover is not None])
    return [Branch(name, path, count, covers[cover] if cover is not None else None) for name, path, count, cover in rows]
