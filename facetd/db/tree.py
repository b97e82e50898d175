"""The folder tree as people browse it: children with counts and covers."""

from __future__ import annotations

from dataclasses import dataclass

from facetd.db.connection import Database
from facetd.db.names import from_stored, shown
from facetd.db.visibility import Hide, gate_condition, id_list
from facetd.records import Viewer


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder that holds photos at or below it; the cover is its best photo."""

    name: str
    path: str
    photo_count: int
    cover_id: int | None


async def root_branches(db: Database, viewer: Viewer, hide: Hide) -> list[Branch]:
    """The roots that a viewer sees."""
    rows = await db.rows(
        f"SELECT root.name, COUNT(g.photo_id), NULL FROM root LEFT JOIN gate g ON g.root_id = root.id AND {gate_condition(viewer, hide)}"
        f" WHERE root.id IN ({id_list(viewer.root_ids)}) GROUP BY root.id ORDER BY root.name COLLATE NOCASE"
    )
    covers = await db.rows(
        "SELECT root.name, (SELECT p.id FROM photo p INDEXED BY photo_aggregate CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE g.root_id = root.id AND {gate_condition(viewer, hide)} ORDER BY p.aggregate DESC, p.id DESC LIMIT 1) FROM root"
    )
    best = {row[0]: row[1] for row in covers}
    return [Branch(row[0], f"/{row[0]}/", row[1], best.get(row[0])) for row in rows]


async def branches(db: Database, viewer: Viewer, folder_id: int, prefix: str, hide: Hide) -> tuple[list[Branch], bool]:
    """The folders directly in a folder that hold photos at any depth, and whether the folder itself has some.

    `prefix` is the shown path of the folder, with slashes at both ends.
    """
    rows = await db.rows(
        "WITH RECURSIVE below (id, top) AS (SELECT id, id FROM folder WHERE parent_id = :folder"
        " UNION ALL SELECT f.id, below.top FROM folder f JOIN below ON f.parent_id = below.id)"
        " SELECT top.path, COUNT(*) AS photos, MAX(COALESCE(p.aggregate, -1)), p.id AS cover"
        " FROM below JOIN photo p ON p.folder_id = below.id JOIN gate g ON g.photo_id = p.id JOIN folder top ON top.id = below.top"
        f" WHERE {gate_condition(viewer, hide)} GROUP BY below.top",
        {"folder": folder_id},
    )
    direct = await db.row(
        f"SELECT 1 FROM photo p JOIN gate g ON g.photo_id = p.id WHERE p.folder_id = ? AND {gate_condition(viewer, hide)} LIMIT 1",
        (folder_id,),
    )
    found = []
    for row in rows:
        name = shown(from_stored(row["path"])).rpartition("/")[2]
        found.append(Branch(name, f"{prefix}{name}/", row["photos"], row["cover"]))
    return sorted(found, key=lambda branch: branch.name.casefold()), direct is not None
