"""Storing which photos look alike, and the lists that are made of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice

import aiosqlite

from facetd.db.connection import Connection, Database
from facetd.db.leads import Audiences, hide_followers
from facetd.db.revision import bump
from facetd.db.visibility import Hide, gate_condition
from facetd.records.viewer import Viewer

DONE, RECIPE = "likeness_done", "likeness_recipe"
BATCH = 5000
LEAST_SIMILARITY = 0.75  # of pairs that are kept for groups
NOTE = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = ?2"


async def waiting(db: Database, recipe: str) -> int | None:
    """Up to where the photos are compared by this recipe; None when there is nothing new."""
    rows = {row[0]: row[1] for row in await db.rows("SELECT key, value FROM meta WHERE key IN (?, ?)", (DONE, RECIPE))}
    done = int(rows.get(DONE, 0)) if rows.get(RECIPE) == recipe else 0
    newest = await db.row("SELECT MAX(seq) FROM look")
    return done if newest and newest[0] is not None and newest[0] > done else None


async def note_done(db: Database, upto: int, recipe: str) -> None:
    """Remember that the photos are compared up to `upto`."""
    async with db.writing() as connection:
        await connection.executemany(NOTE, [(DONE, upto), (RECIPE, recipe)])


async def save_pairs(
    db: Database, fresh: Sequence[int], same: Sequence[tuple[int, int, float]], alike: Iterable[tuple[int, int, float]]
) -> None:
    """Replace the pairs of `fresh` photos. Photos that are gone by now are left out."""
    async with db.writing() as connection:
        for table in ("duplicate_pair", "alike"):
            for side in ("first_id", "second_id"):
                await connection.execute(
                    f"DELETE FROM {table} WHERE {side} IN (SELECT value FROM json_each(?))", (json.dumps(list(fresh)),)
                )
        await connection.executemany(
            "INSERT OR IGNORE INTO duplicate_pair SELECT a.id, b.id, ?3 FROM photo a JOIN photo b ON b.id = ?2 WHERE a.id = ?1", same
        )
        numbers = iter(alike)
        while batch := list(islice(numbers, BATCH)):
            await connection.executemany(
                "INSERT OR REPLACE INTO alike SELECT a.id, b.id, ?3 FROM photo a JOIN photo b ON b.id = ?2 WHERE a.id = ?1", batch
            )
        await bump(connection)


async def save_sets(db: Database, concerned: Sequence[int], sets: Sequence[tuple[int, list[int]]], audiences: Audiences) -> list[int]:
    """Replace the sets of duplicates that `concerned` are in; returns the photos that are hidden or shown now, unlike before."""
    async with db.writing() as connection:
        await _forget(connection, "duplicate_photo", concerned)
        for number, photos in sets:
            kept = number or await _new(connection, "INSERT INTO duplicate_set DEFAULT VALUES RETURNING id")
            await connection.execute("INSERT OR IGNORE INTO duplicate_set VALUES (?)", (kept,))
            await connection.executemany(
                "INSERT OR REPLACE INTO duplicate_photo SELECT id, ?2, ?3 FROM photo WHERE id = ?1",
                [(photo, kept, position) for position, photo in enumerate(photos)],
            )
        await connection.execute("DELETE FROM duplicate_set WHERE id NOT IN (SELECT set_id FROM duplicate_photo)")
        return await hide_followers(connection, "duplicate", concerned, audiences)


async def save_series(
    db: Database, concerned: Sequence[int], series: Sequence[tuple[int, str, list[int]]], audiences: Audiences
) -> list[int]:
    """Replace the series that `concerned` are in; returns the photos that are hidden or shown now, unlike before."""
    async with db.writing() as connection:
        await _forget(connection, "burst_photo", concerned)
        for number, kind, photos in series:
            kept = number or await _new(connection, "INSERT INTO burst (kind) VALUES ('') RETURNING id")
            await connection.execute(
                "INSERT INTO burst (id, kind) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET kind = ?2, reviewed = 0", (kept, kind)
            )
            await connection.executemany(
                "INSERT OR REPLACE INTO burst_photo SELECT id, ?2, ?3 FROM photo WHERE id = ?1",
                [(photo, kept, position) for position, photo in enumerate(photos)],
            )
        await connection.execute("DELETE FROM burst WHERE id NOT IN (SELECT burst_id FROM burst_photo)")
        return await hide_followers(connection, "burst", concerned, audiences)


async def _forget(connection: aiosqlite.Connection, table: str, photos: Sequence[int]) -> None:
    await connection.execute(f"DELETE FROM {table} WHERE photo_id IN (SELECT value FROM json_each(?))", (json.dumps(list(photos)),))


async def _new(connection: aiosqlite.Connection, sql: str) -> int:
    return int(next(iter(await connection.execute_fetchall(sql)))[0])


def burst_groups(connection: Connection, viewer: Viewer) -> list[tuple[int, str, list[int]]]:
    """The bursts that nobody reviewed, newest first: (number, kind, visible photos with the best first), those with two or more."""
    rows = connection.execute(
        "SELECT s.id, s.kind, b.photo_id FROM burst s CROSS JOIN burst_photo b ON b.burst_id = s.id"
        " CROSS JOIN gate g ON g.photo_id = b.photo_id"
        f" WHERE s.reviewed = 0 AND s.kind = 'burst' AND {gate_condition(viewer, Hide.MISSING | Hide.UNREADABLE)}"
        " ORDER BY s.id DESC, b.position"
    )
    found: dict[int, tuple[int, str, list[int]]] = {}
    for number, kind, photo in rows:
        found.setdefault(number, (number, kind, []))[2].append(photo)
    return [group for group in found.values() if len(group[2]) > 1]


def duplicate_groups(connection: Connection, viewer: Viewer) -> list[tuple[int, list[int]]]:
    """The sets of photos that are the same picture, newest first: (number, visible photos with the best first), those with two or more."""
    rows = connection.execute(
        "SELECT d.set_id, d.photo_id FROM duplicate_photo d CROSS JOIN gate g ON g.photo_id = d.photo_id"
        f" WHERE {gate_condition(viewer, Hide.MISSING | Hide.UNREADABLE)} ORDER BY d.set_id DESC, d.position"
    )
    found: dict[int, list[int]] = {}
    for number, photo in rows:
        found.setdefault(number, []).append(photo)
    return [(number, photos) for number, photos in found.items() if len(photos) > 1]


def groups_of(connection: Connection, viewer: Viewer, photo: int) -> list[tuple[int, str, list[int]]]:
    """The series and the set of duplicates that `photo` is in: (number, kind, visible photos with the best first)."""
    seen = gate_condition(viewer, Hide.MISSING)
    rows = connection.execute(
        "SELECT s.id, s.kind, b.photo_id FROM burst_photo own CROSS JOIN burst s ON s.id = own.burst_id"
        " CROSS JOIN burst_photo b ON b.burst_id = s.id CROSS JOIN gate g ON g.photo_id = b.photo_id"
        f" WHERE own.photo_id = :photo AND {seen} ORDER BY b.position",
        {"photo": photo},
    ).fetchall()
    rows += connection.execute(
        "SELECT own.set_id, 'duplicate', d.photo_id FROM duplicate_photo own CROSS JOIN duplicate_photo d ON d.set_id = own.set_id"
        f" CROSS JOIN gate g ON g.photo_id = d.photo_id WHERE own.photo_id = :photo AND {seen} ORDER BY d.position",
        {"photo": photo},
    ).fetchall()
    found: dict[str, tuple[int, str, list[int]]] = {}
    for number, kind, other in rows:
        found.setdefault(kind, (number, kind, []))[2].append(other)
    return [group for group in found.values() if len(group[2]) > 1]


def alike_pairs(connection: Connection, viewer: Viewer, threshold: float) -> list[tuple[int, int]]:
    """Pairs of visible photos at least `threshold` alike, both leading their burst and their duplicates."""
    hide = Hide.MISSING | Hide.UNREADABLE | Hide.COMPANION | Hide.BURST | Hide.DUPLICATE
    rows = connection.execute(
        "SELECT a.first_id, a.second_id FROM alike a CROSS JOIN gate g ON g.photo_id = a.first_id"
        f" CROSS JOIN gate h ON h.photo_id = a.second_id WHERE a.similarity >= ? AND {gate_condition(viewer, hide)}"
        f" AND {gate_condition(viewer, hide).replace('g.', 'h.')}",
        (threshold - 1e-6,),
    )
    return [(row[0], row[1]) for row in rows]


def aggregates(connection: Connection, ids: Iterable[int]) -> dict[int, float]:
    """The aggregate of each of `ids`; 0 where it is unknown."""
    rows = connection.execute(
        "SELECT p.id, COALESCE(p.aggregate, 0) FROM json_each(?) w CROSS JOIN photo p ON p.id = w.value", (json.dumps(list(ids)),)
    )
    return {row[0]: row[1] for row in rows}


def visible(connection: Connection, viewer: Viewer, ids: Sequence[int]) -> set[int]:
    """Those of `ids` that `viewer` may be shown."""
    rows = connection.execute(
        "SELECT g.photo_id FROM json_each(?) w CROSS JOIN gate g ON g.photo_id = w.value"
        f" WHERE {gate_condition(viewer, Hide.MISSING | Hide.UNREADABLE)}",
        (json.dumps(list(ids)),),
    )
    return {row[0] for row in rows}


def with_same_people(connection: Connection, viewer: Viewer, photo: int) -> tuple[bool, list[int]]:
    """Whether somebody known is in `photo`, and the other visible photos with any of them, newest first."""
    people = "SELECT DISTINCT person_id FROM face WHERE photo_id = :photo AND person_id IS NOT NULL"
    known = connection.execute(f"SELECT EXISTS ({people})", {"photo": photo}).fetchone()[0]
    rows = connection.execute(
        f"SELECT DISTINCT p.id FROM ({people}) w CROSS JOIN face f INDEXED BY face_person ON f.person_id = w.person_id"
        " CROSS JOIN photo p ON p.id = f.photo_id CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE p.id <> :photo AND {gate_condition(viewer, Hide.MISSING | Hide.UNREADABLE | Hide.COMPANION)}"
        " ORDER BY p.date_taken DESC NULLS LAST, p.id DESC LIMIT 500",
        {"photo": photo},
    )
    return bool(known), [row[0] for row in rows]
