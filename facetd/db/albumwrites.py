"""What owners do to their albums, each in one transaction. Who may do it is asked before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from facetd.db.connection import Database, Writer
from facetd.db.revision import bump
from facetd.db.store import now

Place = tuple[int, int]  # a photo and its position
ROW = ("id", "user_id", "name", "description", "visibility", "smart_filter", "cover_photo_id", "created_at", "updated_at")
CHANGEABLE = frozenset({"name", "description", "visibility", "smart_filter", "cover_photo_id"})
PUT_IN = """
    INSERT INTO album_photo (album_id, photo_id, position)
    SELECT ?1, w.value, w.key + (SELECT COALESCE(MAX(position), -1) + 1 FROM album_photo WHERE album_id = ?1)
    FROM json_each(?2) w JOIN photo p ON p.id = w.value WHERE 1 ON CONFLICT DO NOTHING
"""


async def make(
    db: Database, owner: int, name: str, *, description: str = "", visibility: str = "private", smart_filter: str | None = None,
    photos: Sequence[int] = (),
) -> int:  # fmt: skip
    """A new album of user `owner` with these photos in this order; returns its id."""
    moment = now()
    async with db.writing() as connection:
        rows = await connection.execute_fetchall(
            "INSERT INTO album (user_id, name, description, visibility, smart_filter, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (owner, name, description, visibility, smart_filter, moment, moment),
        )
        album = int(next(iter(rows))[0])
        if photos:
            await connection.execute(PUT_IN, (album, json.dumps(list(photos))))
        await bump(connection)
    return album


async def change(db: Database, album: int, values: Mapping[str, object]) -> None:
    """Set columns of an album. Raises ValueError for one that is not CHANGEABLE."""
    if unknown := values.keys() - CHANGEABLE:
        raise ValueError(f"not a column that changes: {', '.join(sorted(unknown))}")
    assignments = "".join(f"{name} = :{name}, " for name in values)
    async with db.writing() as connection:
        await connection.execute(f"UPDATE album SET {assignments}updated_at = :now WHERE id = :id", {**values, "now": now(), "id": album})
        await bump(connection)


async def delete(connection: Writer, album: int) -> tuple[list[Any], list[Place]]:
    """Forget an album with its links; its photos stay. Returns what `restore` makes it from: its row and its places."""
    rows = await connection.execute_fetchall(f"SELECT {', '.join(ROW)} FROM album WHERE id = ?", (album,))
    inside = await connection.execute_fetchall("SELECT photo_id, position FROM album_photo WHERE album_id = ?", (album,))
    places = [(int(row[0]), int(row[1])) for row in inside]
    await connection.execute("DELETE FROM album WHERE id = ?", (album,))
    await bump(connection)
    return list(next(iter(rows), ())), places


async def restore(connection: Writer, row: Sequence[Any], places: Sequence[Place]) -> list[int]:
    """Make a deleted album again, without links; returns those of its photos that are in the library still."""
    values = dict(zip(ROW, row, strict=True))
    marks = ", ".join(f":{name}" for name in ROW)
    known = "(SELECT id FROM photo WHERE id = :cover_photo_id)"
    await connection.execute(f"INSERT INTO album ({', '.join(ROW)}) VALUES ({marks.replace(':cover_photo_id', known)})", values)
    await bump(connection)
    return await put_back(connection, int(values["id"]), places)


async def add(connection: Writer, album: int, photos: Sequence[int]) -> list[int]:
    """Put photos at the end of a manual album, in this order; returns those that were not in it yet."""
    wanted = json.dumps(list(photos))
    there = await connection.execute_fetchall(
        "SELECT a.photo_id FROM json_each(?2) w CROSS JOIN album_photo a ON a.album_id = ?1 AND a.photo_id = w.value", (album, wanted)
    )
    known = {int(row[0]) for row in there}
    new = [number for number in photos if number not in known]
    if new:
        await connection.execute(PUT_IN, (album, json.dumps(new)))
        await _touch(connection, album)
    return new


async def take_out(connection: Writer, album: int, photos: Sequence[int]) -> tuple[list[Place], int | None]:
    """Take photos out of a manual album; returns which were in it and where, and which of them was the chosen cover: it is that no more."""
    wanted = json.dumps(list(photos))
    rows = await connection.execute_fetchall(
        "DELETE FROM album_photo WHERE album_id = ? AND photo_id IN (SELECT value FROM json_each(?)) RETURNING photo_id, position",
        (album, wanted),
    )
    gone = [(int(row[0]), int(row[1])) for row in rows]
    cover = None
    if gone:
        chosen = await connection.execute_fetchall("SELECT cover_photo_id FROM album WHERE id = ?", (album,))
        cover = next((row[0] for row in chosen if row[0] in {photo for photo, _ in gone}), None)
        if cover is not None:
            await connection.execute("UPDATE album SET cover_photo_id = NULL WHERE id = ?", (album,))
        await _touch(connection, album)
    return gone, cover


async def put_back(connection: Writer, album: int, places: Sequence[Place], cover: int | None = None) -> list[int]:
    """Put photos where they were before `take_out`, and let `cover` be the cover again, unless another one was chosen since.

    Returns those that are in the library still.
    """
    rows = await connection.execute_fetchall(
        "INSERT INTO album_photo (album_id, photo_id, position) SELECT ?, p.id, w.value ->> 1 FROM json_each(?) w"
        " JOIN photo p ON p.id = w.value ->> 0 WHERE 1 ON CONFLICT DO NOTHING RETURNING photo_id",
        (album, json.dumps(list(places))),
    )
    back = [int(row[0]) for row in rows]
    if cover in back:
        await connection.execute("UPDATE album SET cover_photo_id = ? WHERE id = ? AND cover_photo_id IS NULL", (cover, album))
    if back:
        await _touch(connection, album)
    return back


async def reorder(connection: Writer, album: int, arrange: Callable[[list[int]], list[int]]) -> tuple[list[int], int]:
    """Give the photos of a manual album the order that `arrange` makes of theirs; returns that of before, and how many moved."""
    rows = list(
        await connection.execute_fetchall(
            "SELECT photo_id, position FROM album_photo INDEXED BY album_photo_position WHERE album_id = ? ORDER BY position, photo_id",
            (album,),
        )
    )
    before = [int(row[0]) for row in rows]
    after = arrange(list(before))
    moved = sum(one != other for one, other in zip(before, after, strict=True))
    if moved:
        places = {int(row[0]): int(row[1]) for row in rows}
        await connection.executemany(
            "UPDATE album_photo SET position = ? WHERE album_id = ? AND photo_id = ?",
            [(place, album, photo) for place, photo in enumerate(after) if places[photo] != place],
        )
        await _touch(connection, album)
    return before, moved


async def owner(connection: Writer, album: int) -> int | None:
    """Who owns a manual album; None where it is gone."""
    rows = await connection.execute_fetchall("SELECT user_id FROM album WHERE id = ? AND smart_filter IS NULL", (album,))
    return next((int(row[0]) for row in rows), None)


async def _touch(connection: Writer, album: int) -> None:
    await connection.execute("UPDATE album SET updated_at = ? WHERE id = ?", (now(), album))
    await bump(connection)
