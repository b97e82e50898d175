"""Persons: who a viewer sees, and what users decide about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

import aiosqlite

from facetd.db.connection import Database
from facetd.db.merging import merge_rows
from facetd.db.options import LISTED
from facetd.db.revision import bump, note_faces
from facetd.db.store import now
from facetd.db.visibility import Hide, count_condition, gate_condition, id_list
from facetd.records.viewer import Viewer

Around = Callable[[aiosqlite.Connection], AbstractAsyncContextManager[None]]
KEEP = "UPDATE person SET kept = 1, updated_at = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as one viewer sees it: counts, and the face that stands for it, are of the photos this viewer sees."""

    id: int
    name: str | None
    hidden: bool
    face_count: int
    photo_count: int
    face_id: int
    quality: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two persons that may be the same one, by the mean distance of their faces."""

    first_id: int
    second_id: int
    distance: float


async def seen_persons(db: Database, viewer: Viewer) -> list[PersonRow]:
    """Everybody with a face in a photo that `viewer` may list, by id. The avatar stands for a person if it is seen, else the best face."""
    seen = gate_condition(viewer, LISTED)
    rows = await db.rows(
        f"""
        SELECT w.id, w.name, w.hidden, w.faces, w.photos, f.id, COALESCE(f.quality, 0) FROM (
            SELECT p.id, p.name, p.hidden, c.faces, c.photos, COALESCE(
                (SELECT a.id FROM face a CROSS JOIN gate g ON g.photo_id = a.photo_id
                 WHERE a.id = p.avatar_face_id AND a.person_id = p.id AND {seen}),
                (SELECT b.id FROM face b INDEXED BY face_best CROSS JOIN gate g ON g.photo_id = b.photo_id
                 WHERE b.person_id = p.id AND {seen} ORDER BY b.quality DESC LIMIT 1)) AS best
            FROM (SELECT value AS id, SUM(iif(facet = 'face', photos, 0)) AS faces, SUM(iif(facet = 'person', photos, 0)) AS photos
                  FROM facet_count WHERE facet IN ('face', 'person') AND {count_condition(viewer, LISTED)}
                  GROUP BY value HAVING faces > 0) c
            CROSS JOIN person p ON p.id = c.id
        ) w CROSS JOIN face f ON f.id = w.best ORDER BY w.id
        """
    )
    return [PersonRow(row[0], row[1], bool(row[2]), row[3], row[4], row[5], row[6]) for row in rows]


async def visible(db: Database, viewer: Viewer, ids: Iterable[int]) -> set[int]:
    """Those of `ids` that are persons with a face in a photo that `viewer` may see."""
    rows = await db.rows(
        "SELECT w.value FROM json_each(?) w WHERE EXISTS (SELECT 1 FROM face f INDEXED BY face_person"
        f" CROSS JOIN gate g ON g.photo_id = f.photo_id WHERE f.person_id = w.value AND {gate_condition(viewer, Hide.MISSING)})",
        (json.dumps(list(ids)),),
    )
    return {int(row[0]) for row in rows}


async def face_totals(db: Database, viewer: Viewer, persons: Iterable[int]) -> dict[int, int]:
    """How many faces each of `persons` has in the roots that `viewer` sees, their files there or not."""
    rows = await db.rows(
        "SELECT w.value, COUNT(face.id) FROM json_each(?) w LEFT JOIN face ON face.person_id = w.value"
        f" AND {_within_reach(viewer)} GROUP BY w.value",
        (json.dumps(list(persons)),),
    )
    return {int(row[0]): int(row[1]) for row in rows}


async def likenesses(db: Database, distance: float) -> list[Likeness]:
    """Pairs of persons at most `distance` apart, nearest first; without those that a user called different."""
    rows = await db.rows(
        "SELECT l.first_id, l.second_id, l.distance FROM person_likeness l WHERE l.distance <= ? AND NOT EXISTS"
        " (SELECT 1 FROM person_distinction d WHERE d.first_id = l.first_id AND d.second_id = l.second_id)"
        " ORDER BY l.distance, l.first_id, l.second_id",
        (distance,),
    )
    return [Likeness(row[0], row[1], row[2]) for row in rows]


async def rename(db: Database, person: int, name: str | None) -> None:
    """Give a person a name, or none. The old name in files goes on to mean this person."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO person_alias (name, person_id) SELECT name, id FROM person WHERE id = ? AND name IS NOT NULL"
            " ON CONFLICT (name) DO UPDATE SET person_id = excluded.person_id",
            (person,),
        )
        await connection.execute("DELETE FROM person_alias WHERE name = ? AND person_id <> ?", (name, person))
        await connection.execute("UPDATE person SET name = ?, kept = 1, updated_at = ? WHERE id = ?", (name, now(), person))
        await bump(connection)


def _alone(_connection: aiosqlite.Connection) -> AbstractAsyncContextManager[None]:
    """Nothing else happens in the transaction."""
    return nullcontext()


async def merge(db: Database, viewer: Viewer, sources: Sequence[int], target: int, around: Around = _alone) -> None:
    """Make `sources` part of `target`, which keeps its name if it has one.

    Of a source that has faces in roots that `viewer` does not see, only the others move: what others have is theirs to decide about.
    All of it happens inside `around`, in one transaction.
    """
    async with db.writing() as connection, around(connection):
        parted = await _with_faces_elsewhere(connection, viewer, sources)
        for source in parted:
            await connection.execute(
                f"UPDATE face SET person_id = ?, assigned_by = 'user' WHERE person_id = ? AND {_within_reach(viewer)}", (target, source)
            )
            await _part(connection, source)
        for source in sources:
            if source not in parted:
                await merge_rows(connection, source, target)
        await connection.execute(KEEP, (now(), target))
        await bump(connection)
        await note_faces(connection)


async def delete(db: Database, viewer: Viewer, persons: Sequence[int], around: Around = _alone) -> None:
    """Forget persons; their faces belong to nobody, and grouping leaves them alone.

    Faces in roots that `viewer` does not see stay theirs.
    """
    ids = id_list(persons)
    async with db.writing() as connection, around(connection):
        elsewhere = await _with_faces_elsewhere(connection, viewer, persons)
        await connection.execute(
            f"UPDATE face SET person_id = NULL, assigned_by = 'user' WHERE person_id IN ({ids}) AND {_within_reach(viewer)}"
        )
        for person in elsewhere:
            await _part(connection, person)
        await connection.execute(f"DELETE FROM person WHERE id IN ({id_list(set(persons) - set(elsewhere))})")
        await bump(connection)
        await note_faces(connection)


def _within_reach(viewer: Viewer) -> str:
    """A condition on `face`: it is in a root that the viewer sees, its file there or not."""
    return f"EXISTS (SELECT 1 FROM gate g WHERE g.photo_id = face.photo_id AND {gate_condition(viewer, Hide(0))})"


async def _with_faces_elsewhere(connection: aiosqlite.Connection, viewer: Viewer, persons: Sequence[int]) -> list[int]:
    """Those of `persons` that have faces in roots that `viewer` does not see."""
    sql = f"SELECT DISTINCT person_id FROM face WHERE person_id IN ({id_list(persons)}) AND NOT {_within_reach(viewer)}"
    return [int(row[0]) for row in await connection.execute_fetchall(sql)]


async def _part(connection: aiosqlite.Connection, person: int) -> None:
    """The person goes on with the faces that are left, and stays apart from those that went."""
    await connection.execute(KEEP, (now(), person))
    await connection.execute(
        "UPDATE person SET avatar_face_id = NULL WHERE id = ?1 AND avatar_face_id NOT IN (SELECT id FROM face WHERE person_id = ?1)",
        (person,),
    )


async def hide(db: Database, persons: Sequence[int], *, hidden: bool, around: Around = _alone) -> int:
    """Hide or show persons; returns how many were not so before."""
    async with db.writing() as connection, around(connection):
        cursor = await connection.execute(
            f"UPDATE person SET hidden = ?1, kept = 1, updated_at = ?2 WHERE id IN ({id_list(persons)}) AND hidden <> ?1", (hidden, now())
        )
        await bump(connection)
        return cursor.rowcount


async def split(db: Database, person: int, faces: Sequence[int], name: str | None) -> tuple[int, int]:
    """Move those of `faces` that are the person's into a new one; returns its id and how many moved. The two are different people."""
    moment = now()
    async with db.writing() as connection:
        made = await connection.execute_fetchall(
            "INSERT INTO person (name, kept, created_at, updated_at) VALUES (?, 1, ?, ?) RETURNING id", (name, moment, moment)
        )
        new = int(next(iter(made))[0])
        cursor = await connection.execute(
            f"UPDATE face SET person_id = ?, assigned_by = 'user' WHERE person_id = ? AND id IN ({id_list(faces)})", (new, person)
        )
        await connection.execute(KEEP, (moment, person))
        await connection.execute(
            "UPDATE person SET avatar_face_id = NULL WHERE id = ?1 AND avatar_face_id IN (SELECT id FROM face WHERE person_id = ?2)",
            (person, new),
        )
        await _distinguish(connection, person, new)
        await bump(connection)
        await note_faces(connection)
        return new, cursor.rowcount


async def set_avatar(db: Database, person: int, face: int) -> None:
    """The face that stands for a person."""
    async with db.writing() as connection:
        await connection.execute("UPDATE person SET avatar_face_id = ?, kept = 1, updated_at = ? WHERE id = ?", (face, now(), person))
        await bump(connection)


async def distinguish(db: Database, one: int, other: int) -> bool:
    """Two persons are different people: they are never joined or suggested again. Whether that was new."""
    moment = now()
    async with db.writing() as connection:
        new = await _distinguish(connection, one, other)
        await connection.executemany(KEEP, [(moment, one), (moment, other)])
        await bump(connection)
        return new


async def make(db: Database, name: str) -> int:
    """A person of this name without faces yet; returns the id."""
    moment = now()
    async with db.writing() as connection:
        made = await connection.execute_fetchall(
            "INSERT INTO person (name, kept, created_at, updated_at) VALUES (?, 1, ?, ?) RETURNING id", (name, moment, moment)
        )
        return int(next(iter(made))[0])


async def _distinguish(connection: aiosqlite.Connection, one: int, other: int) -> bool:
    cursor = await connection.execute(
        "INSERT OR IGNORE INTO person_distinction (first_id, second_id) VALUES (?, ?)", (min(one, other), max(one, other))
    )
    return cursor.rowcount > 0
