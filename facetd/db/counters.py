"""The counters that triggers keep: compared with a count of everything, and counted anew."""

from __future__ import annotations

import aiosqlite

from facetd.db.connection import Database
from facetd.db.revision import bump

# Each gives the rows that its table should have.
COUNTED = {
    "gate_count": "SELECT root_id, hide, COUNT(*) FROM gate GROUP BY 1, 2",
    "album_count": "SELECT a.album_id, g.root_id, g.hide, COUNT(*) FROM album_photo a JOIN gate g ON g.photo_id = a.photo_id"
    " GROUP BY 1, 2, 3",
    "facet_count": "SELECT f.facet, g.root_id, g.hide, f.value, SUM(f.photos) FROM photo_facet f JOIN gate g ON g.photo_id = f.photo_id"
    " GROUP BY 1, 2, 3, 4",
    **{
        f"{table}_count": f"SELECT {column}, root_id, hide, photos, id, COALESCE(aggregate, -1) FROM ("
        f" SELECT p.{column}, g.root_id, g.hide, p.id, p.aggregate,"
        f" COUNT(*) OVER (PARTITION BY p.{column}, g.root_id, g.hide) AS photos,"
        f" row_number() OVER (PARTITION BY p.{column}, g.root_id, g.hide ORDER BY p.aggregate DESC, p.id DESC) AS place"
        " FROM gate g JOIN photo p ON p.id = g.photo_id) WHERE place = 1"
        for table, column in (("day", "day"), ("folder", "folder_id"))
    },
}


async def recount(db: Database) -> dict[str, int]:
    """Count everything anew; how many lines of each table were not right."""
    async with db.writing() as connection:
        wrong = {table: await _recount(connection, table, select) for table, select in COUNTED.items()}
        if any(wrong.values()):
            await bump(connection)
    return wrong


async def _recount(connection: aiosqlite.Connection, table: str, select: str) -> int:
    """Lines that say that there are none are no lines."""
    await connection.execute(f"CREATE TEMP TABLE right_count AS {select}")
    try:
        kept = f"SELECT * FROM {table} WHERE photos <> 0"
        one = f"SELECT COUNT(*) FROM ({kept} EXCEPT SELECT * FROM right_count)"
        other = f"SELECT COUNT(*) FROM (SELECT * FROM right_count EXCEPT {kept})"
        surplus, lacking = [next(iter(await connection.execute_fetchall(each)))[0] for each in (one, other)]
        await connection.execute(f"DELETE FROM {table}")
        await connection.execute(f"INSERT INTO {table} SELECT * FROM right_count")
    finally:
        await connection.execute("DROP TABLE right_count")
    return max(int(surplus), int(lacking))
