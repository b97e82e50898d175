"""Storing who was found to be whom. What a user decided in the meantime wins: every change is checked where it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import aiosqlite

from facetd.db.connection import Database
from facetd.db.merging import merge_rows
from facetd.db.revision import bump
from facetd.db.store import now

T = TypeVar("T")
BATCH = 2000
RECIPE = "people_recipe"
COMPARED = "faces_compared"
ADOPT = """
    UPDATE face SET person_id = :person, assigned_by = 'cluster'
    WHERE id = :face AND person_id IS NULL AND assigned_by IS NULL AND clusterable = 1
      AND EXISTS (SELECT 1 FROM person WHERE id = :person)
      AND NOT EXISTS (SELECT 1 FROM face_refusal r WHERE r.face_id = face.id AND r.person_id = :person)
      AND NOT EXISTS (SELECT 1 FROM face o WHERE o.person_id = :person AND o.photo_id = face.photo_id)
"""
MAY_MERGE = """
    SELECT 1 FROM person s JOIN person t ON t.id = :target
    WHERE s.id = :source AND s.kept = 0 AND s.name IS NULL
      AND NOT EXISTS (SELECT 1 FROM person_distinction d
                      WHERE d.first_id = min(:source, :target) AND d.second_id = max(:source, :target))
      AND NOT EXISTS (SELECT 1 FROM face_refusal r JOIN face f ON f.id = r.face_id
                      WHERE (f.person_id = :source AND r.person_id = :target) OR (f.person_id = :target AND r.person_id = :source))
      AND NOT EXISTS (SELECT 1 FROM face a JOIN face b ON b.photo_id = a.photo_id
                      WHERE a.person_id = :source AND b.person_id = :target)
"""


@dataclass(slots=True)
class Counts:
    """What a grouping changed."""

    named: int = 0  # faces that got their person from a name in a file
    joined: int = 0  # faces that joined a person
    founded: int = 0  # new persons
    merged: int = 0  # persons that went into another one

    def add(self, other: Counts) -> None:
        """Count `other` in."""
        self.named += other.named
        self.joined += other.joined
        self.founded += other.founded
        self.merged += other.merged

    @property
    def changed(self) -> bool:
        """Whether anything is different now."""
        return bool(self.named or self.joined or self.founded or self.merged)


async def recipe(db: Database) -> str:
    """By which distances the library was grouped completely; '' when it never was."""
    row = await db.row("SELECT value FROM meta WHERE key = ?", (RECIPE,))
    return str(row[0]) if row else ""


async def note_recipe(db: Database, text: str) -> None:
    """Remember that the library is grouped by these distances."""
    async with db.writing() as connection:
        await connection.execute("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = ?2", (RECIPE, text))


async def faces_waiting(db: Database) -> int:
    """The revision at which faces or names came last, if people have not been told apart since; else 0."""
    came, done = await _noted(db, "faces_came"), await _noted(db, COMPARED)
    return came if came > done else 0


async def note_faces_compared(db: Database, revision: int) -> None:
    """Remember that everything up to this revision was compared."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = ?2", (COMPARED, revision)
        )


async def _noted(db: Database, key: str) -> int:
    row = await db.row("SELECT value FROM meta WHERE key = ?", (key,))
    return int(row[0]) if row else 0


async def merge_found(db: Database, pairs: Sequence[tuple[int, int]]) -> int:
    """Join persons (source, target) that nobody decided about; returns how many were."""
    merged = 0
    for batch in _batches(pairs, BATCH // 10):
        async with db.writing() as connection:
            for source, target in batch:
                allowed = await connection.execute_fetchall(MAY_MERGE, {"source": source, "target": target})
                if list(allowed):
                    await merge_rows(connection, source, target)
                    merged += 1
            await bump(connection)
    return merged


async def join_found(db: Database, pairs: Iterable[tuple[int, int]]) -> int:
    """Give loose faces (face, person) to persons; returns how many."""
    joined = 0
    for batch in _batches(pairs, BATCH):
        async with db.writing() as connection:
            joined += await _adopt(connection, batch)
            await bump(connection)
    return joined


async def found_persons(db: Database, groups: Iterable[Sequence[int]]) -> tuple[int, int]:
    """Make a person of each group of loose faces; returns how many persons, and how many faces they have."""
    persons, faces = 0, 0
    for batch in _batches(groups, BATCH // 20):
        moment = now()
        async with db.writing() as connection:
            for group in batch:
                made = await connection.execute_fetchall(
                    "INSERT INTO person (created_at, updated_at) VALUES (?, ?) RETURNING id", (moment, moment)
                )
                person = int(next(iter(made))[0])
                adopted = await _adopt(connection, [(face, person) for face in group])
                if not adopted:
                    await connection.execute("DELETE FROM person WHERE id = ?", (person,))
                persons += adopted > 0
                faces += adopted
            await bump(connection)
    return persons, faces


async def _adopt(connection: aiosqlite.Connection, pairs: Sequence[tuple[int, int]]) -> int:
    cursor = await connection.executemany(ADOPT, [{"face": face, "person": person} for face, person in pairs])
    return max(0, cursor.rowcount)


async def note_compared(db: Database, faces: Iterable[int]) -> None:
    """These loose faces were compared with everybody."""
    for batch in _batches(faces, BATCH * 5):
        async with db.writing() as connection:
            await connection.executemany(
                "UPDATE face SET grouped = 1 WHERE id = ? AND person_id IS NULL AND grouped = 0", [(face,) for face in batch]
            )


async def forget_empty(db: Database) -> int:
    """Remove persons without faces that no user decided about; returns how many."""
    async with db.writing() as connection:
        cursor = await connection.execute(
            "DELETE FROM person WHERE kept = 0 AND NOT EXISTS (SELECT 1 FROM face INDEXED BY face_person WHERE face.person_id = person.id)"
        )
        if cursor.rowcount > 0:
            await bump(connection)
        return cursor.rowcount


async def dissolve(db: Database) -> int:
    """Take apart every person that nobody named or decided about, for a grouping from the start; returns how many."""
    async with db.writing() as connection:
        unnamed = "SELECT id FROM person WHERE kept = 0 AND name IS NULL AND hidden = 0"
        await connection.execute(
            f"UPDATE face SET person_id = NULL, assigned_by = NULL WHERE assigned_by = 'cluster' AND person_id IN ({unnamed})"
        )
        cursor = await connection.execute(
            f"DELETE FROM person WHERE id IN ({unnamed}) AND NOT EXISTS (SELECT 1 FROM face WHERE face.person_id = person.id)"
        )
        await bump(connection)
        return cursor.rowcount


async def save_centres(db: Database, space: str, centres: Iterable[tuple[int, int, int, bytes]]) -> None:
    """Store middles (person, changes, faces, mean); persons that are gone by now are left out."""
    for batch in _batches(centres, BATCH):
        async with db.writing() as connection:
            await connection.executemany(
                "INSERT OR REPLACE INTO person_centre (person_id, space, changes, faces, mean)"
                " SELECT id, ?1, ?3, ?4, ?5 FROM person WHERE id = ?2",
                [(space, *centre) for centre in batch],
            )


async def save_likenesses(db: Database, persons: Sequence[int], pairs: Iterable[tuple[int, int, float]]) -> None:
    """Replace what is known of who `persons` are like by `pairs` (first, second, distance)."""
    async with db.writing() as connection:
        for person in persons:
            await connection.execute("DELETE FROM person_likeness WHERE first_id = ? OR second_id = ?", (person, person))
        await connection.executemany(
            "INSERT OR REPLACE INTO person_likeness (first_id, second_id, distance)"
            " SELECT a.id, b.id, ?3 FROM person a JOIN person b ON b.id = ?2 WHERE a.id = ?1",
            [(min(one, other), max(one, other), distance) for one, other, distance in pairs],
        )
        await bump(connection)


def _batches(items: Iterable[T], size: int) -> Iterable[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
