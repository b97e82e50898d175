"""Albums from another program. What a user changed in one here stays; one that was deleted here does not come again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import aiosqlite

from facetd.db.importedtaste import number_of
from facetd.db.importing import BROUGHT, KEPT, SAME, Writes, came, note_came
from facetd.db.store import now

COLUMNS = ("name", "description", "visibility", "smart_filter", "cover_photo_id")


@dataclass(frozen=True, slots=True)
class Album:
    """An album of user `owner`: manual with `photos` in order, or smart with a filter. `ref` tells it from others of the other program."""

    ref: str
    owner: int
    name: str
    description: str
    visibility: str
    smart_filter: str | None
    cover_photo_id: int | None
    photos: tuple[int, ...]
    created_at: str | None
    updated_at: str | None


async def save_album(writes: Writes, album: Album) -> str:
    """Bring in one album; returns whether it was brought, the same or kept."""
    ref = number_of(album.ref)
    async with writes.batch() as connection:
        noted = (await came(connection, "album", 0, [ref])).get(ref)
        value = {name: getattr(album, name) for name in COLUMNS}
        if noted is None:
            number = await _make(connection, album)
            became = BROUGHT
        else:
            before = json.loads(noted)
            number = int(before["album"])
            became = await _change(connection, number, album, before)
            if became != BROUGHT and [before[name] for name in COLUMNS] == list(value.values()) and before["photos"] == list(album.photos):
                return became
        await note_came(connection, "album", 0, {ref: json.dumps({"album": number, **value, "photos": album.photos})})
        return became


async def _make(connection: aiosqlite.Connection, album: Album) -> int:
    moment = now()
    rows = await connection.execute_fetchall(
        "INSERT INTO album (user_id, name, description, visibility, smart_filter, cover_photo_id, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            album.owner, album.name, album.description, album.visibility, album.smart_filter, album.cover_photo_id,
            album.created_at or moment, album.updated_at or moment,
        ),
    )  # fmt: skip
    number = int(next(iter(rows))[0])
    await _fill(connection, number, album.photos, 0)
    return number


async def _change(connection: aiosqlite.Connection, number: int, album: Album, before: dict[str, object]) -> str:
    """Take over what changed there, of what did not change here."""
    rows = await connection.execute_fetchall(f"SELECT {', '.join(COLUMNS)} FROM album WHERE id = ?", (number,))
    ours = next((dict(zip(COLUMNS, row, strict=True)) for row in rows), None)
    if ours is None:
        return KEPT
    changed = {name: getattr(album, name) for name in COLUMNS if ours[name] == before[name] != getattr(album, name)}
    for name, value in changed.items():
        await connection.execute(f"UPDATE album SET {name} = ? WHERE id = ?", (value, number))
    filled = await _refill(connection, number, album, before["photos"])
    if changed or filled:
        await connection.execute("UPDATE album SET updated_at = ? WHERE id = ?", (now(), number))
        return BROUGHT
    same = all(ours[name] == getattr(album, name) for name in COLUMNS) and await _photos(connection, number) == list(album.photos)
    return SAME if same else KEPT


async def _refill(connection: aiosqlite.Connection, number: int, album: Album, before: object) -> bool:
    """Photos that came and went there; in the order of there unless the album was changed here, else at the end."""
    noted = list(before) if isinstance(before, list) else []
    ours = await _photos(connection, number)
    if list(album.photos) in (noted, ours):
        return False
    # A photo that left the library since is no change that somebody made.
    if ours == [photo for photo in noted if photo in set(ours)] and len(set(noted) - set(ours)) == await _gone(connection, noted):
        await connection.execute("DELETE FROM album_photo WHERE album_id = ?", (number,))
        await _fill(connection, number, album.photos, 0)
        return True
    known = {*noted, *ours}
    new = [photo for photo in album.photos if photo not in known]
    rows = await connection.execute_fetchall("SELECT COALESCE(MAX(position) + 1, 0) FROM album_photo WHERE album_id = ?", (number,))
    await _fill(connection, number, new, int(next(iter(rows))[0]))
    return bool(new)


async def _photos(connection: aiosqlite.Connection, number: int) -> list[int]:
    sql = "SELECT photo_id FROM album_photo WHERE album_id = ? ORDER BY position, photo_id"
    return [int(row[0]) for row in await connection.execute_fetchall(sql, (number,))]


async def _gone(connection: aiosqlite.Connection, photos: Sequence[int]) -> int:
    sql = "SELECT COUNT(*) FROM json_each(?) w WHERE NOT EXISTS (SELECT 1 FROM photo WHERE id = w.value)"
    return int(next(iter(await connection.execute_fetchall(sql, (json.dumps(photos),))))[0])


async def _fill(connection: aiosqlite.Connection, number: int, photos: Sequence[int], start: int) -> None:
    await connection.executemany(
        "INSERT INTO album_photo (album_id, photo_id, position) VALUES (?, ?, ?)",
        [(number, photo, start + place) for place, photo in enumerate(photos)],
    )
