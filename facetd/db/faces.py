"""Faces: those of a photo or a person, where they are cut from, and whose they are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from facetd.db.connection import Connection, Database
from facetd.db.ledger import virtual_path
from facetd.db.options import LISTED
from facetd.db.people import KEEP
from facetd.db.revision import bump, note_faces
from facetd.db.store import now
from facetd.db.visibility import Hide, gate_condition, id_list
from facetd.records.sightings import Box, FacePlace
from facetd.records.viewer import Viewer

COLUMNS = """
    SELECT f.id, f.photo_id, f.x, f.y, f.width, f.height, f.score, f.quality, f.eyes_closed, f.source, f.assigned_by, f.person_id,
           n.name AS person_name, n.hidden AS person_hidden, p.image_width, p.image_height, p.filename, d.path AS folder_path,
           root.name AS root_name, (SELECT COUNT(*) FROM face o WHERE o.photo_id = f.photo_id AND o.id < f.id) AS face_index
    FROM face f
    CROSS JOIN gate g ON g.photo_id = f.photo_id
    CROSS JOIN photo p ON p.id = f.photo_id
    CROSS JOIN folder d ON d.id = p.folder_id
    CROSS JOIN root ON root.id = g.root_id
    LEFT JOIN person n ON n.id = f.person_id
"""
PEOPLE_OF_PHOTOS = """
    SELECT f.photo_id, n.id, n.name, n.hidden FROM json_each(?) wanted
    CROSS JOIN face f INDEXED BY face_photo ON f.photo_id = wanted.value
    LEFT JOIN person n ON n.id = f.person_id ORDER BY f.photo_id, f.id
"""


async def of_photo(db: Database, viewer: Viewer, photo_id: int) -> list[dict[str, Any]]:
    """The faces of a photo that `viewer` may see, in the order they were found."""
    rows = await db.rows(f"{COLUMNS} WHERE f.photo_id = ? AND {gate_condition(viewer, Hide.MISSING)} ORDER BY f.id", (photo_id,))
    return [_shown(row) for row in rows]


async def of_person(db: Database, viewer: Viewer, person: int, *, offset: int, limit: int) -> list[dict[str, Any]]:
    """A person's faces in photos that `viewer` may list, those in the best photos first."""
    rows = await db.rows(
        f"{COLUMNS} WHERE f.person_id = ? AND {gate_condition(viewer, LISTED)} ORDER BY p.aggregate DESC NULLS LAST, f.id LIMIT ? OFFSET ?",
        (person, limit, offset),
    )
    return [_shown(row) for row in rows]


async def places(db: Database, viewer: Viewer, faces: Iterable[int]) -> dict[int, FacePlace]:
    """Where those of `faces` are that `viewer` may see."""
    rows = await db.rows(
        "SELECT f.id, f.photo_id, f.person_id, p.content_hash, p.image_width, p.image_height, f.x, f.y, f.width, f.height"
        " FROM json_each(?) w CROSS JOIN face f ON f.id = w.value CROSS JOIN gate g ON g.photo_id = f.photo_id"
        f" CROSS JOIN photo p ON p.id = f.photo_id WHERE {gate_condition(viewer, Hide.MISSING)}",
        (json.dumps(list(faces)),),
    )
    return {row[0]: FacePlace(row[0], row[1], row[2], row[3], row[4], row[5], Box(row[6], row[7], row[8], row[9])) for row in rows}


async def representative(db: Database, viewer: Viewer, person: int) -> int | None:
    """The face that stands for a person: the avatar if `viewer` may see it, else the best one that may be seen."""
    row = await db.row(
        "SELECT f.id FROM face f INDEXED BY face_person CROSS JOIN gate g ON g.photo_id = f.photo_id JOIN person p ON p.id = f.person_id"
        f" WHERE f.person_id = ? AND {gate_condition(viewer, Hide.MISSING)}"
        " ORDER BY f.id IS p.avatar_face_id DESC, g.hide, f.quality DESC, f.id LIMIT 1",
        (person,),
    )
    return int(row[0]) if row else None


def people_of_photos(connection: Connection, photo_ids: Sequence[int]) -> dict[int, tuple[list[dict[str, Any]], int]]:
    """For each photo that has faces: the persons in it that are not hidden, each once, and how many faces are nobody's."""
    found: dict[int, tuple[dict[int, dict[str, Any]], int]] = {}
    cursor = connection.cursor()
    cursor.row_factory = None
    for photo, person, name, hidden in cursor.execute(PEOPLE_OF_PHOTOS, (json.dumps(list(photo_ids)),)):
        persons, unassigned = found.get(photo, ({}, 0))
        if person is None:
            unassigned += 1
        elif not hidden and person not in persons:
            persons[person] = {"id": person, "name": name or shown_name(person)}
        found[photo] = persons, unassigned
    return {photo: (list(persons.values()), unassigned) for photo, (persons, unassigned) in found.items()}


def shown_name(person: int) -> str:
    """What a person without a name is called."""
    return f"Person {person}"


async def assign(db: Database, faces: Sequence[int], person: int) -> int:
    """The user says whose `faces` are; returns how many were not this person's by the user's word before."""
    ids, moment = id_list(faces), now()
    async with db.writing() as connection:
        left = await connection.execute_fetchall(f"SELECT DISTINCT person_id FROM face WHERE id IN ({ids}) AND person_id <> ?", (person,))
        await connection.execute(
            "INSERT OR IGNORE INTO face_refusal (face_id, person_id)"
            f" SELECT id, person_id FROM face WHERE id IN ({ids}) AND person_id <> ?",
            (person,),
        )
        await connection.execute(f"DELETE FROM face_refusal WHERE face_id IN ({ids}) AND person_id = ?", (person,))
        cursor = await connection.execute(
            f"UPDATE face SET person_id = ?1, assigned_by = 'user' WHERE id IN ({ids}) AND (person_id IS NOT ?1 OR assigned_by <> 'user')",
            (person,),
        )
        await connection.execute(KEEP, (moment, person))
        await connection.executemany(KEEP, [(moment, row[0]) for row in left])
        await connection.execute(
            "UPDATE person SET avatar_face_id = NULL WHERE avatar_face_id IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM face f WHERE f.id = person.avatar_face_id AND f.person_id = person.id)"
        )
        await _drop_empty(connection, [row[0] for row in left])
        await bump(connection)
        await note_faces(connection)
        return cursor.rowcount


async def take_out(db: Database, faces: Sequence[int]) -> int:
    """The user says that `faces` are not whose they were; returns how many had a person. A person without a face left goes."""
    ids, moment = id_list(faces), now()
    async with db.writing() as connection:
        left = await connection.execute_fetchall(f"SELECT DISTINCT person_id FROM face WHERE id IN ({ids}) AND person_id IS NOT NULL")
        persons = [int(row[0]) for row in left]
        await connection.execute(
            "INSERT OR IGNORE INTO face_refusal (face_id, person_id)"
            f" SELECT id, person_id FROM face WHERE id IN ({ids}) AND person_id IS NOT NULL"
        )
        cursor = await connection.execute(
            f"UPDATE face SET person_id = NULL, assigned_by = 'user' WHERE id IN ({ids}) AND person_id IS NOT NULL"
        )
        await connection.execute(f"UPDATE person SET avatar_face_id = NULL WHERE avatar_face_id IN ({ids})")
        await connection.executemany(KEEP, [(moment, person) for person in persons])
        await _drop_empty(connection, persons)
        await bump(connection)
        await note_faces(connection)
        return cursor.rowcount


async def _drop_empty(connection: Any, persons: Sequence[int]) -> int:
    """Remove those of `persons` that have no face left."""
    cursor = await connection.execute(
        f"DELETE FROM person WHERE id IN ({id_list(persons)}) AND NOT EXISTS (SELECT 1 FROM face WHERE face.person_id = person.id)"
    )
    return int(cursor.rowcount)


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    """A face as the API shows it: the box in pixels of the upright picture (`bbox_*`) and as fractions."""
    wide, high = row["image_width"] or 0, row["image_height"] or 0
    path = virtual_path(row["root_name"], row["folder_path"], row["filename"])
    name = row["person_name"] or (shown_name(row["person_id"]) if row["person_id"] else None)
    return {
        "id": row["id"],
        "photo_id": row["photo_id"],
        "photo_path": path,
        "face_index": row["face_index"],
        "bbox_x1": round(row["x"] * wide),
        "bbox_y1": round(row["y"] * high),
        "bbox_x2": round((row["x"] + row["width"]) * wide),
        "bbox_y2": round((row["y"] + row["height"]) * high),
        "box": [row["x"], row["y"], row["width"], row["height"]],
        "score": row["score"],
        "quality": row["quality"],
        "eyes_closed": bool(row["eyes_closed"]),
        "source": row["source"],
        "assigned_by": row["assigned_by"],
        "person_id": row["person_id"],
        "person_name": name,
        "person_is_named": row["person_name"] is not None,
    }
