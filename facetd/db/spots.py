"""Where photos were taken, for the map: positions in bulk, and what changed since."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from facetd.db.connection import Connection
from facetd.db.ledger import virtual_path
from facetd.db.names import from_stored, shown
from facetd.db.rows import TAKEN
from facetd.db.visibility import Hide, gate_condition
from facetd.records.viewer import Viewer

# Cameras without a fix write 0/0 or numbers that are on no globe.
SOMEWHERE = "p.gps_latitude BETWEEN -90 AND 90 AND p.gps_longitude BETWEEN -180 AND 180 AND (p.gps_latitude <> 0 OR p.gps_longitude <> 0)"
SPOT = (
    "SELECT p.id, g.root_id, g.hide, p.gps_latitude, p.gps_longitude, COALESCE(p.aggregate, -1),"
    " COALESCE(CAST(replace(substr(p.date_taken, 1, 10), '-', '') AS INTEGER), 0)"
)


class Spot(NamedTuple):
    """A photo with a position; `aggregate` is -1 and `day` (YYYYMMDD) 0 where they are not known."""

    photo_id: int
    root_id: int
    hide: int
    latitude: float
    longitude: float
    aggregate: float
    day: int


class MapPhoto(NamedTuple):
    """What the map shows of one photo."""

    id: int
    path: str
    filename: str
    lat: float
    lng: float
    aggregate: float | None
    date_taken: str | None
    category: str | None


def spots_version(connection: Connection) -> int:
    """Grows with every change that a map could show."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'spot_change'").fetchone()
    return int(row[0]) if row else 0


def all_spots(connection: Connection) -> list[tuple[Any, ...]]:
    """Every photo with a position, whoever may see it: the columns of Spot, each with the values of all."""
    cursor = connection.cursor()
    cursor.row_factory = None  # plain tuples: they are many
    cursor.execute(f"{SPOT} FROM photo p INDEXED BY photo_place_on_earth CROSS JOIN gate g ON g.photo_id = p.id WHERE {SOMEWHERE}")
    return list(zip(*cursor.fetchall(), strict=True))


def changed_since(connection: Connection, version: int, limit: int) -> list[int] | None:
    """The photos that came, changed or went since; None for more than `limit`."""
    rows = connection.execute("SELECT photo_id FROM spot_change WHERE seq > ? LIMIT ?", (version, limit + 1)).fetchall()
    return [int(row[0]) for row in rows] if len(rows) <= limit else None


def spots_of(connection: Connection, ids: Collection[int]) -> list[Spot]:
    """The same of these photos, as far as they have a position."""
    rows = connection.execute(
        f"{SPOT} FROM json_each(?) wanted CROSS JOIN photo p ON p.id = wanted.value CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE {SOMEWHERE}",
        (json.dumps(list(ids)),),
    )
    return [Spot._make(row) for row in rows]


def map_photos(connection: Connection, viewer: Viewer, ids: Sequence[int]) -> list[MapPhoto]:
    """What the map shows of those of `ids` that `viewer` may see, in their order."""
    rows = connection.execute(
        f"SELECT p.id, root.name, f.path, p.filename, p.gps_latitude, p.gps_longitude, p.aggregate, {TAKEN}, p.category"
        " FROM json_each(?) wanted CROSS JOIN photo p ON p.id = wanted.value CROSS JOIN gate g ON g.photo_id = p.id"
        f" CROSS JOIN folder f ON f.id = p.folder_id CROSS JOIN root ON root.id = g.root_id WHERE {gate_condition(viewer, Hide.MISSING)}",
        (json.dumps(list(ids)),),
    )
    return [MapPhoto(row[0], virtual_path(row[1], row[2], row[3]), shown(from_stored(row[3])), *row[4:]) for row in map(tuple, rows)]
