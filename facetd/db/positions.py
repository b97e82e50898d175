"""Positions that a hand gave: they stand whatever the file says, which is kept beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aiosqlite

from facetd.db.connection import Database
from facetd.db.revision import bump


async def place_by_hand(db: Database, photo_id: int, latitude: float, longitude: float) -> None:
    """Give a photo a position that stands whatever its file says."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO hand_position (photo_id, latitude, longitude, file_latitude, file_longitude, file_altitude)"
            " SELECT id, ?2, ?3, gps_latitude, gps_longitude, gps_altitude FROM photo WHERE id = ?1"
            " ON CONFLICT (photo_id) DO UPDATE SET latitude = ?2, longitude = ?3",
            (photo_id, latitude, longitude),
        )
        await _apply(connection, [photo_id])
        await bump(connection)


async def place_by_file(db: Database, photo_id: int) -> None:
    """Take back a position given by hand: what the file says stands again."""
    async with db.writing() as connection:
        cursor = await connection.execute(
            "UPDATE photo SET (gps_latitude, gps_longitude, gps_altitude) = (SELECT file_latitude, file_longitude, file_altitude"
            " FROM hand_position h WHERE h.photo_id = photo.id) WHERE id IN (SELECT photo_id FROM hand_position WHERE photo_id = ?)",
            (photo_id,),
        )
        await connection.execute("DELETE FROM hand_position WHERE photo_id = ?", (photo_id,))
        if cursor.rowcount:
            await bump(connection)


async def keep_hand_positions(connection: aiosqlite.Connection, ids: Sequence[int]) -> None:
    """After these photos got what their files say: keep that beside, where a hand gave a position, and let the hand's stand."""
    await connection.execute(
        "UPDATE hand_position SET (file_latitude, file_longitude, file_altitude) = (SELECT gps_latitude, gps_longitude, gps_altitude"
        " FROM photo p WHERE p.id = hand_position.photo_id) WHERE photo_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    await _apply(connection, ids)


async def _apply(connection: aiosqlite.Connection, ids: Sequence[int]) -> None:
    """A height is not given by hand, and that of another place would be wrong."""
    await connection.execute(
        "UPDATE photo SET (gps_latitude, gps_longitude, gps_altitude) = (SELECT latitude, longitude, NULL FROM hand_position h"
        " WHERE h.photo_id = photo.id) WHERE id IN (SELECT h.photo_id FROM json_each(?) j CROSS JOIN hand_position h"
        " ON h.photo_id = j.value)",
        (json.dumps(list(ids)),),
    )
