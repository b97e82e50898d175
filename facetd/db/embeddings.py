"""Vectors of whole photos, read by the process that searches them. Needs NumPy, which the daemon never loads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facetd.db.connection import Connection

DTYPE = "<f4"
BATCH = 4096
Floats = NDArray[np.float32]


class Rows(NamedTuple):
    """Vectors as they came: numbers that only grow, photos, and unit vectors (n, d)."""

    seqs: NDArray[np.int64]
    photos: NDArray[np.int64]
    vectors: Floats


def spaces(connection: Connection) -> list[str]:
    """The spaces that photos have vectors in, the one with the newest first."""
    return [row[0] for row in connection.execute("SELECT space FROM photo_embedding GROUP BY space ORDER BY MAX(seq) DESC")]


def space_of(connection: Connection, photo: int) -> str | None:
    """The space of a photo's vector; None where it has none."""
    row = connection.execute("SELECT space FROM photo_embedding WHERE photo_id = ? ORDER BY seq DESC LIMIT 1", (photo,)).fetchone()
    return None if row is None else str(row[0])


def count(connection: Connection, space: str) -> int:
    """How many photos have a vector in `space`."""
    return int(connection.execute("SELECT COUNT(*) FROM photo_embedding WHERE space = ?", (space,)).fetchone()[0])


def last_given(connection: Connection) -> int:
    """The greatest number that was ever given to a vector, also to one that is gone."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'photo_embedding'").fetchone()
    return int(row[0]) if row else 0


def dimension(connection: Connection, space: str) -> int:
    """How many numbers the vectors of `space` have: as many as its first one; 0 when there is none."""
    sql = "SELECT length(vector) / 4 FROM photo_embedding INDEXED BY photo_embedding_space WHERE space = ? ORDER BY seq LIMIT 1"
    row = connection.execute(sql, (space,)).fetchone()
    return int(row[0]) if row else 0


def read_since(connection: Connection, space: str, seq: int) -> Iterator[Rows]:
    """The vectors that came after `seq`, in order, in batches. Those of another length than the first one are left out."""
    length = 4 * dimension(connection, space)
    cursor = connection.execute(
        "SELECT seq, photo_id, vector FROM photo_embedding INDEXED BY photo_embedding_space"
        " WHERE space = ? AND seq > ? AND length(vector) = ? ORDER BY seq",
        (space, seq, length),
    )
    while rows := cursor.fetchmany(BATCH):
        yield _rows(rows)


def read_given(connection: Connection, space: str, seqs: Iterable[int]) -> Rows:
    """The vectors with these numbers, as far as they are still there."""
    found = connection.execute(
        "SELECT e.seq, e.photo_id, e.vector FROM json_each(?) wanted"
        " CROSS JOIN photo_embedding e ON e.seq = wanted.value WHERE e.space = ?",
        (json.dumps(list(seqs)), space),
    ).fetchall()
    return _rows(found)


def read_vectors(connection: Connection, space: str, photos: Iterable[int]) -> Rows:
    """The vectors of these photos in `space`, as far as they have one."""
    found = connection.execute(
        "SELECT e.seq, e.photo_id, e.vector FROM json_each(?) wanted"
        " CROSS JOIN photo_embedding e ON e.photo_id = wanted.value AND e.space = ?",
        (json.dumps(list(photos)), space),
    ).fetchall()
    return _rows(found)


def _rows(rows: list[tuple[int, int, bytes]]) -> Rows:
    length = len(rows[0][2]) if rows else 0
    fit = [row for row in rows if len(row[2]) == length]
    return Rows(
        np.array([row[0] for row in fit], np.int64),
        np.array([row[1] for row in fit], np.int64),
        np.frombuffer(b"".join(row[2] for row in fit), DTYPE).reshape(len(fit), length // 4).astype(np.float32),
    )
