"""Albums as their viewers see them: the rows, how many photos each has, and which one stands for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from facetd.db.connection import Connection, Database
from facetd.db.store import now
from facetd.db.visibility import NEVER_LISTED, Hide, album_condition, count_condition, gate_condition
from facetd.records.viewer import Viewer

COLUMNS = (
    "al.id, al.user_id, al.name, al.description, al.visibility, al.smart_filter, al.cover_photo_id, al.created_at, al.updated_at,"
    " EXISTS (SELECT 1 FROM album_share s WHERE s.album_id = al.id AND (s.expires_at IS NULL OR s.expires_at > :now))"
)


class AlbumRow(NamedTuple):
    """An album. `user_id` owns it; `smart_filter` is JSON, None in a manual album; `cover_photo_id` is the cover that was chosen.

    `photos` is how many photos of a manual album the viewer sees; 0 in a smart one.
    """

    id: int
    user_id: int
    name: str
    description: str
    visibility: str
    smart_filter: str | None
    cover_photo_id: int | None
    created_at: str
    updated_at: str
    is_shared: bool
    photos: int


def albums(connection: Connection, viewer: Viewer, only: Iterable[int] | None = None) -> list[AlbumRow]:
    """The albums that `viewer` may open, all or those of `only`, by id."""
    counted = f"SELECT SUM(photos) FROM album_count c WHERE c.album_id = al.id AND {count_condition(viewer, NEVER_LISTED)}"
    wanted = "" if only is None else " AND al.id IN (SELECT value FROM json_each(:only))"
    sql = f"SELECT {COLUMNS}, ({counted}) FROM album al WHERE {album_condition(viewer)}{wanted} ORDER BY al.id"
    rows = connection.execute(sql, {"now": now(), "only": json.dumps(list(only or ()))})
    return [AlbumRow._make((*row[:9], bool(row[9]), row[10] if row[10] and row[5] is None else 0)) for row in rows]


async def find(db: Database, viewer: Viewer, album: int) -> AlbumRow | None:
    """One album, if `viewer` may open it."""
    found = await db.read(lambda connection: albums(connection, viewer, [album]))
    return found[0] if found else None


def first_photos(connection: Connection, viewer: Viewer, manual: Iterable[int]) -> dict[int, int]:
    """The first photo of each of these manual albums that `viewer` sees, by album."""
    rows = connection.execute(
        "SELECT w.value, (SELECT a.photo_id FROM album_photo a INDEXED BY album_photo_position CROSS JOIN gate g ON g.photo_id = a.photo_id"
        f" WHERE a.album_id = w.value AND {gate_condition(viewer, NEVER_LISTED)} ORDER BY a.position LIMIT 1) FROM json_each(?) w",
        (json.dumps(list(manual)),),
    )
    return {int(row[0]): int(row[1]) for row in rows if row[1] is not None}


def shown_covers(connection: Connection, viewer: Viewer, photos: Iterable[int]) -> set[int]:
    """Those of `photos` that may stand for an album in what `viewer` sees."""
    gate = f"gate g ON g.photo_id = w.value AND {gate_condition(viewer, NEVER_LISTED)}"
    rows = connection.execute(f"SELECT g.photo_id FROM json_each(?) w CROSS JOIN {gate}", (json.dumps(list(photos)),))
    return {int(row[0]) for row in rows}


def photo_ids(connection: Connection, album: int) -> list[int]:
    """Every photo of a manual album in its order, also those that nobody sees at the moment."""
    sql = "SELECT photo_id FROM album_photo INDEXED BY album_photo_position WHERE album_id = ? ORDER BY position, photo_id"
    return [int(row[0]) for row in connection.execute(sql, (album,))]


def among(connection: Connection, viewer: Viewer, album: int, photos: Iterable[int]) -> set[int]:
    """Those of `photos` that are in a manual album and that `viewer` may see."""
    rows = connection.execute(
        "SELECT a.photo_id FROM json_each(?) w CROSS JOIN album_photo a ON a.album_id = ? AND a.photo_id = w.value"
        f" CROSS JOIN gate g ON g.photo_id = a.photo_id AND {gate_condition(viewer, Hide.MISSING)}",
        (json.dumps(list(photos)), album),
    )
    return {int(row[0]) for row in rows}
