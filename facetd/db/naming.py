"""Names from files: what they say about the faces of a photo, and giving faces to the persons of these names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import aiosqlite

from facetd.db.connection import Database
from facetd.db.revision import bump
from facetd.db.store import now
from facetd.records.sightings import Box

BATCH = 200  # photos in one transaction


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face as the library knows it, and the name that its person has (or had) in files."""

    id: int
    box: Box
    drawn: bool  # from an area in a file, without a face that was found
    assigned_by: str | None
    person_id: int | None


@dataclass(slots=True)
class PhotoNames:
    """What files say about one photo: named areas with their boxes, and the faces the library has there."""

    photo_id: int
    areas: list[tuple[str, Box]] = field(default_factory=list)
    faces: list[KnownFace] = field(default_factory=list)


@dataclass(slots=True)
class Naming:
    """What to change in one photo.

    `given`: names of faces. `drawn`: named areas that become faces. `loosened`: faces whose name is gone from the file. `removed`: faces
    that only a file knew. `moved`: (from, to) faces of which the second was found where the first was drawn.
    """

    photo_id: int
    given: list[tuple[int, str]] = field(default_factory=list)
    drawn: list[tuple[str, Box]] = field(default_factory=list)
    loosened: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.given or self.drawn or self.loosened or self.removed or self.moved)


def read_named_photos(connection: sqlite3.Connection) -> Iterator[PhotoNames]:
    """Every photo about whose faces a file says or said something."""
    photos = (
        "SELECT photo_id FROM region WHERE kind = 'Face' AND name IS NOT NULL"
        " UNION SELECT photo_id FROM face WHERE source = 'region' OR assigned_by = 'region' ORDER BY 1"
    )
    for (photo_id,) in connection.execute(photos):
        found = PhotoNames(photo_id)
        areas = "SELECT name, x, y, width, height FROM region WHERE photo_id = ? AND kind = 'Face' AND name IS NOT NULL ORDER BY position"
        for name, x, y, width, height in connection.execute(areas, (photo_id,)):
            found.areas.append((name, Box(x - width / 2, y - height / 2, width, height)))  # areas are kept by their centre
        faces = "SELECT id, x, y, width, height, source, assigned_by, person_id FROM face WHERE photo_id = ? ORDER BY id"
        for number, x, y, width, height, source, by, person in connection.execute(faces, (photo_id,)):
            found.faces.append(KnownFace(number, Box(x, y, width, height), source == "region", by, person))
        yield found


def persons_by_name(connection: sqlite3.Connection) -> dict[str, int]:
    """Whom each name (case folded) in a file means: whoever the user said, else the person of that name."""
    rows = connection.execute("SELECT name, id FROM person WHERE name IS NOT NULL ORDER BY kept, id DESC").fetchall()
    rows += connection.execute("SELECT name, person_id FROM person_alias").fetchall()
    return {name.casefold(): person for name, person in rows}


async def save_namings(db: Database, namings: Sequence[Naming]) -> int:
    """Make these changes; returns how many faces got a person. What a user decided stays."""
    given = 0
    for start in range(0, len(namings), BATCH):
        async with db.writing() as connection:
            before = connection.total_changes
            for naming in namings[start : start + BATCH]:
                given += await _save(connection, naming)
            if connection.total_changes > before:
                await bump(connection)
    return given


async def _save(connection: aiosqlite.Connection, naming: Naming) -> int:
    for old, new in naming.moved:
        await connection.execute(
            "UPDATE face SET (person_id, assigned_by) = (SELECT person_id, assigned_by FROM face WHERE id = ?) WHERE id = ?"
            " AND assigned_by IS NOT 'user'",
            (old, new),
        )
    await connection.executemany("DELETE FROM face WHERE id = ? AND source = 'region'", [(number,) for number in naming.removed])
    await connection.executemany(
        "UPDATE face SET person_id = NULL, assigned_by = NULL WHERE id = ? AND assigned_by = 'region'", [(n,) for n in naming.loosened]
    )
    given = 0
    for face, name in naming.given:
        given += await _give(connection, face, name)
    for name, box in naming.drawn:
        made = await connection.execute_fetchall(
            "INSERT INTO face (photo_id, x, y, width, height, source) SELECT id, ?2, ?3, ?4, ?5, 'region' FROM photo WHERE id = ?1"
            " RETURNING id",
            (naming.photo_id, box.x, box.y, box.width, box.height),
        )
        for row in made:
            given += await _give(connection, int(row[0]), name)
    return given


async def _give(connection: aiosqlite.Connection, face: int, name: str) -> int:
    """Give a face to the person of this name; an unnamed one that it has already gets the name. Returns 1 when it was."""
    person = await person_of(connection, name)
    if person is None:
        person = await _name_or_make(connection, face, name)
    values = {"face": face, "person": person}
    # Two faces of one photo cannot both be right; the one that only looked alike goes.
    await connection.execute(
        "UPDATE face SET person_id = NULL, assigned_by = NULL WHERE person_id = :person AND id <> :face AND assigned_by = 'cluster'"
        " AND photo_id = (SELECT photo_id FROM face WHERE id = :face)",
        values,
    )
    cursor = await connection.execute(
        "UPDATE face SET person_id = :person, assigned_by = 'region' WHERE id = :face AND assigned_by IS NOT 'user'"
        " AND NOT EXISTS (SELECT 1 FROM face o WHERE o.person_id = :person AND o.photo_id = face.photo_id AND o.id <> face.id)",
        values,
    )
    return cursor.rowcount


async def person_of(connection: aiosqlite.Connection, name: str) -> int | None:
    """Whom `name` means; see persons_by_name."""
    for sql in (
        "SELECT person_id FROM person_alias WHERE name = ?",
        "SELECT id FROM person WHERE name = ? ORDER BY kept DESC, id LIMIT 1",
    ):
        for row in await connection.execute_fetchall(sql, (name,)):
            return int(row[0])
    return None


async def _name_or_make(connection: aiosqlite.Connection, face: int, name: str) -> int:
    moment = now()
    rows = await connection.execute_fetchall(
        "UPDATE person SET name = ?, updated_at = ? WHERE kept = 0 AND name IS NULL"
        " AND id = (SELECT person_id FROM face WHERE id = ? AND assigned_by = 'cluster') RETURNING id",
        (name, moment, face),
    )
    for row in rows:
        return int(row[0])
    made = await connection.execute_fetchall(
        "INSERT INTO person (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id", (name, moment, moment)
    )
    return int(next(iter(made))[0])
