"""Numbers about the library as a viewer sees it, for whoever watches over it."""

from __future__ import annotations

from dataclasses import dataclass

from facetd.db.connection import Connection, Database
from facetd.db.options import LISTED
from facetd.db.roots import roots
from facetd.db.visibility import Hide, count_condition, id_list
from facetd.records.viewer import Viewer


@dataclass(frozen=True, slots=True)
class LibraryNumbers:
    """Photos by what became of them (`listed`, `companion`, `unreadable`, `missing`), and roots that are there or not."""

    photos: dict[str, int]
    online: int
    offline: int


async def everybody(db: Database) -> Viewer:
    """One who sees every root, for numbers that no user is shown."""
    return Viewer(0, "superadmin", frozenset(root.id for root in await roots(db)))


async def library_numbers(db: Database, viewer: Viewer) -> LibraryNumbers:
    """What the counters say."""

    def read(connection: Connection) -> LibraryNumbers:
        rows = connection.execute(f"SELECT hide, SUM(photos) FROM gate_count WHERE {count_condition(viewer, Hide(0))} GROUP BY hide")
        photos = dict.fromkeys(("listed", "companion", "unreadable", "missing"), 0)
        for hide, number in rows:
            photos[_kind(hide)] += number
        online = dict(connection.execute(f"SELECT online, COUNT(*) FROM root WHERE id IN ({id_list(viewer.root_ids)}) GROUP BY online"))
        return LibraryNumbers(photos, online.get(1, 0), online.get(0, 0))

    return await db.read(read)


def _kind(hide: int) -> str:
    if hide & Hide.MISSING:
        return "missing"
    if hide & Hide.UNREADABLE:
        return "unreadable"
    return "companion" if hide & LISTED else "listed"


def database_bytes(db: Database) -> int:
    """What the database takes on the disk with its log. Looks at files."""
    return sum(path.stat().st_size for path in db.path.parent.glob(db.path.name + "*") if path.suffix in ("", ".db", ".db-wal", ".db-shm"))
