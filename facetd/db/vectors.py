"""Embeddings, read by the process that groups faces: what is to be compared, as arrays. Needs NumPy, which the daemon never loads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
DTYPE = "<f4"
LOOSE = "f.person_id IS NULL AND f.clusterable = 1 AND f.assigned_by IS NULL"


@dataclass(frozen=True, slots=True)
class Centres:
    """Persons in one space, ascending by id: the mean of each one's vectors (n, d), how many, and the state of the person they are of.

    `stale` marks those that are not stored yet; `decided` those that a user named or decided about.
    """

    ids: Numbers
    changes: Numbers
    counts: Numbers
    means: Floats
    stale: NDArray[np.bool_]
    decided: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Loose:
    """Faces of nobody in one space, ascending by id: their photos and vectors (n, d), and which were never compared."""

    ids: Numbers
    photos: Numbers
    vectors: Floats
    fresh: NDArray[np.bool_]


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection of this process on one state of the library."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        yield connection
    finally:
        connection.close()


def spaces(connection: sqlite3.Connection) -> list[str]:
    """The spaces that embeddings are in, the one with the most first."""
    return [row[0] for row in connection.execute("SELECT space FROM face_embedding GROUP BY space ORDER BY COUNT(*) DESC, space")]


def read_loose(connection: sqlite3.Connection, space: str) -> Loose:
    """The faces that wait for a person."""
    source = f"FROM face f CROSS JOIN face_embedding e ON e.face_id = f.id WHERE {LOOSE} AND e.space = ?"
    count, length = connection.execute(f"SELECT COUNT(*), MAX(length(e.vector)) {source}", (space,)).fetchone()
    ids, photos, fresh = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, bool)
    vectors = np.empty((count, (length or 0) // 4), np.float32)
    used = 0
    for face, photo, grouped, vector in connection.execute(
        f"SELECT f.id, f.photo_id, f.grouped, e.vector {source} ORDER BY f.id", (space,)
    ):
        if len(vector) == length:
            ids[used], photos[used], fresh[used], vectors[used] = face, photo, not grouped, np.frombuffer(vector, DTYPE)
            used += 1
    return Loose(ids[:used], photos[:used], vectors[:used], fresh[:used])


def read_centres(connection: sqlite3.Connection, space: str) -> Centres:
    """Every person with faces in `space`; the middles of those that changed are worked out from their faces."""
    known: dict[int, tuple[int, int, bytes]] = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(
            "SELECT c.person_id, c.changes, c.faces, c.mean FROM person_centre c JOIN person p ON p.id = c.person_id"
            " WHERE c.space = ? AND c.changes = p.changes",
            (space,),
        )
    }
    fresh = _fresh_centres(connection, space)
    persons = connection.execute("SELECT id, changes, kept OR name IS NOT NULL FROM person ORDER BY id").fetchall()
    used = [row for row in persons if row[0] in known or row[0] in fresh]
    means = [np.frombuffer(known[row[0]][2], DTYPE) if row[0] in known else fresh[row[0]][1] for row in used]
    return Centres(
        ids=np.array([row[0] for row in used], np.int64),
        changes=np.array([row[1] for row in used], np.int64),
        counts=np.array([known[row[0]][1] if row[0] in known else fresh[row[0]][0] for row in used], np.int64),
        means=np.stack(means).astype(np.float32) if means else np.empty((0, 0), np.float32),
        stale=np.array([row[0] in fresh for row in used], bool),
        decided=np.array([bool(row[2]) for row in used], bool),
    )


def _fresh_centres(connection: sqlite3.Connection, space: str) -> dict[int, tuple[int, Floats]]:
    """Number of faces and mean vector of the persons whose stored middle is missing or outdated."""
    rows = connection.execute(
        "SELECT p.id, e.vector FROM person p LEFT JOIN person_centre c ON c.person_id = p.id AND c.space = :space AND c.changes = p.changes"
        " CROSS JOIN face f INDEXED BY face_person ON f.person_id = p.id CROSS JOIN face_embedding e ON e.face_id = f.id"
        " WHERE c.person_id IS NULL AND f.clusterable = 1 AND e.space = :space ORDER BY p.id",
        {"space": space},
    )
    sums: dict[int, tuple[int, NDArray[np.float64]]] = {}
    for person, vector in rows:
        count, total = sums.get(person, (0, np.zeros(len(vector) // 4)))
        sums[person] = count + 1, total + np.frombuffer(vector, DTYPE)
    return {person: (count, (total / count).astype(np.float32)) for person, (count, total) in sums.items()}


def person_photos(connection: sqlite3.Connection) -> Numbers:
    """The (person, photo) pairs of all faces that are somebody's, (m, 2)."""
    rows = connection.execute("SELECT person_id, photo_id FROM face INDEXED BY face_person WHERE person_id IS NOT NULL").fetchall()
    return np.array(rows, np.int64).reshape(-1, 2)


def refusals(connection: sqlite3.Connection) -> list[tuple[int, int | None, int]]:
    """(face, the person it is given to, the person it is not)."""
    found = connection.execute("SELECT r.face_id, f.person_id, r.person_id FROM face_refusal r JOIN face f ON f.id = r.face_id")
    return [(row[0], row[1], row[2]) for row in found]


def distinctions(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Pairs of persons that are different people."""
    return [(row[0], row[1]) for row in connection.execute("SELECT first_id, second_id FROM person_distinction")]
