"""Links that open an album without a login, found by the hash of their token; and what a visitor is offered of the album."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from facetd.db.albums import AlbumRow, albums
from facetd.db.connection import Connection, Database, Writer
from facetd.db.revision import bump
from facetd.db.store import now
from facetd.db.tags import HINTS
from facetd.db.visibility import NEVER_LISTED, gate_condition
from facetd.records.viewer import Viewer

Value = tuple[str, int]  # a value and how many photos have it


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an album. Moments are UTC; `expires_at` is None for one that lasts until it is ended."""

    id: int
    created_at: str
    expires_at: str | None


def hashed(token: str) -> bytes:
    """What is kept of a token, which has 192 random bits: no slow hash is needed."""
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()


async def add(db: Database, album: int, token: str, expires_at: str | None) -> int:
    """Keep one more link; returns its id. Links that ran out are forgotten."""
    async with db.writing() as connection:
        await connection.execute("DELETE FROM album_share WHERE expires_at <= ?", (now(),))
        rows = await connection.execute_fetchall(
            "INSERT INTO album_share (album_id, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?) RETURNING id",
            (album, hashed(token), now(), expires_at),
        )
        await bump(connection)
    return int(next(iter(rows))[0])


async def end(db: Database, album: int, only: int | None) -> int:
    """End the links to an album, all or `only` that one; returns how many there were."""
    async with db.writing() as connection:
        gone = await _end(connection, album, only)
        if gone:
            await bump(connection)
    return gone


async def end_of(db: Database, owners: Collection[int]) -> int:
    """End all links to the albums of these users; returns how many there were."""
    async with db.writing() as connection:
        cursor = await connection.execute(
            "DELETE FROM album_share WHERE album_id IN (SELECT id FROM album WHERE user_id IN (SELECT value FROM json_each(?)))",
            (json.dumps([int(owner) for owner in owners]),),
        )
        if cursor.rowcount:
            await bump(connection)
        return cursor.rowcount


async def _end(connection: Writer, album: int, only: int | None) -> int:
    one = "" if only is None else f" AND id = {int(only)}"
    cursor = await connection.execute(f"DELETE FROM album_share WHERE album_id = ?{one}", (album,))
    return cursor.rowcount


async def links(db: Database, album: int) -> list[Link]:
    """The links to an album that are in force, the newest first."""
    sql = (
        "SELECT id, created_at, expires_at FROM album_share WHERE album_id = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY id DESC"
    )
    return [Link(*row) for row in await db.rows(sql, (album, now()))]


async def opened_by(db: Database, token: str) -> tuple[int, int] | None:
    """The album that a token opens and its owner; None for one that is unknown, ended or ran out. One statement, whatever it finds."""
    row = await db.row(
        "SELECT al.id, al.user_id FROM album_share s JOIN album al ON al.id = s.album_id"
        " WHERE s.token_hash = ? AND (s.expires_at IS NULL OR s.expires_at > ?)",
        (hashed(token), now()),
    )
    return (int(row[0]), int(row[1])) if row else None


def owned(connection: Connection, owner: Viewer, album: int) -> AlbumRow | None:
    """An album of this owner."""
    return next((row for row in albums(connection, owner, [album]) if row.user_id == owner.user_id), None)


def seen_tags(connection: Connection, photos: Iterable[int]) -> dict[int, list[str]]:
    """The tags of photos that models gave. What people wrote into files may name somebody, and is left out."""
    rows = connection.execute(
        "SELECT DISTINCT pt.photo_id, t.name FROM json_each(?) w CROSS JOIN photo_tag pt ON pt.photo_id = w.value"
        " CROSS JOIN tag t ON t.id = pt.tag_id"
        f" WHERE pt.source <> 'keyword' AND pt.source NOT IN {HINTS} ORDER BY pt.photo_id, pt.tag_id",
        (json.dumps(list(photos)),),
    )
    found: dict[int, list[str]] = {}
    for number, name in rows:
        found.setdefault(int(number), []).append(str(name))
    return found


def offered(connection: Connection, owner: Viewer, album: int) -> dict[str, list[Value]]:
    """Cameras, lenses, patterns, categories and tags in a manual album with their numbers of photos, most frequent first."""
    inside = f"album_photo a CROSS JOIN gate g ON g.photo_id = a.photo_id AND {gate_condition(owner, NEVER_LISTED)}"
    columns = ("camera_model", "lens_model", "composition_pattern", "category")
    cursor = connection.cursor()
    cursor.row_factory = None
    cursor.execute(
        f"SELECT {', '.join(columns)} FROM {inside} CROSS JOIN photo p ON p.id = a.photo_id WHERE a.album_id = ?",
        (album,),  # one pass for all
    )
    counters = [Counter(value for value in values if value) for values in zip(*cursor.fetchall(), strict=True)] or [Counter()] * len(
        columns
    )
    found = dict(zip(("cameras", "lenses", "patterns", "categories"), map(_most_frequent, counters), strict=True))
    rows = connection.execute(
        f"SELECT t.name, COUNT(DISTINCT a.photo_id) FROM {inside} CROSS JOIN photo_tag pt ON pt.photo_id = a.photo_id"
        f" CROSS JOIN tag t ON t.id = pt.tag_id WHERE a.album_id = ? AND pt.source <> 'keyword' AND pt.source NOT IN {HINTS} GROUP BY t.id",
        (album,),
    )
    found["tags"] = _most_frequent(Counter({str(row[0]): int(row[1]) for row in rows}))
    return found


def _most_frequent(counted: Counter[str]) -> list[Value]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
