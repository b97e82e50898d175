"""What photos look like, read by the process that compares them. Needs NumPy, which the daemon never loads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetd.db.names import from_stored, shown
from facetd.db.visibility import Hide

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
CopyRow = tuple[int, str, int, str, str | None, int, int | None, int, str | None, str | None]
ColorRow = tuple[int, int, int, int, str | None, int | None, float | None, float | None, bytes | None]
ShotRow = tuple[Any, ...]  # in the order of SHOTS
LEFT_OUT = int(Hide.MISSING | Hide.UNREADABLE | Hide.COMPANION)
SHOTS = """
    SELECT p.id, p.date_taken, p.camera_make, p.camera_model, p.phash, p.image_width, p.image_height, p.exposure_bias, p.exposure_time,
           p.f_stop, p.iso, p.focal_length, p.aggregate, p.aesthetic, p.tech_sharpness, p.subject_sharpness, p.face_sharpness,
           p.eye_sharpness, g.hide & 1, p.content_hash
    FROM photo p INDEXED BY photo_date_taken CROSS JOIN gate g ON g.photo_id = p.id LEFT JOIN duplicate_photo d ON d.photo_id = p.id
"""


@dataclass(frozen=True, slots=True)
class Looks:
    """Photos that can be compared, with their perceptual hashes; `fresh` are rows that are to be compared, `upto` how far that is."""

    ids: Rows
    hashes: list[str]
    fresh: Rows
    all_fresh: list[int]
    upto: int


def read_looks(connection: sqlite3.Connection, since: int, limit: int) -> Looks:
    """The next `limit` photos that came after `since`, and all that came up to these."""
    came = connection.execute("SELECT photo_id, seq FROM look WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit)).fetchall()
    upto = came[-1][1] if came else since
    rows = connection.execute(
        f"SELECT p.id, p.phash, l.seq > ? FROM look l JOIN photo p ON p.id = l.photo_id JOIN gate g ON g.photo_id = p.id"
        f" WHERE l.seq <= ? AND p.phash IS NOT NULL AND g.hide & {LEFT_OUT} = 0 ORDER BY p.id",
        (since, upto),
    ).fetchall()
    fresh = np.flatnonzero(np.array([row[2] for row in rows], bool))
    return Looks(np.array([row[0] for row in rows], np.int64), [row[1] for row in rows], fresh, [r[0] for r in came], upto)


def read_copies(connection: sqlite3.Connection, ids: Iterable[int]) -> list[CopyRow]:
    """What is known of photos that may be copies: id, content hash, folder, name as shown, format, pixels, quality of the JPEG, size in
    bytes, date, camera.
    """
    rows = connection.execute(
        "SELECT p.id, p.content_hash, p.folder_id, p.filename, p.format, COALESCE(p.image_width * p.image_height, 0), p.jpeg_quality,"
        " p.size, p.date_taken, p.camera_model FROM json_each(?) wanted CROSS JOIN photo p ON p.id = wanted.value",
        (_listed(ids),),
    )
    return [(*row[:3], shown(from_stored(row[3])), *row[4:]) for row in rows]


def same_content(connection: sqlite3.Connection, ids: Iterable[int]) -> list[tuple[int, int]]:
    """Pairs (first, second) of photos with the same bytes, one of them of `ids`."""
    rows = connection.execute(
        "SELECT DISTINCT min(p.id, o.id), max(p.id, o.id) FROM json_each(?) wanted CROSS JOIN photo p ON p.id = wanted.value"
        " CROSS JOIN photo o INDEXED BY photo_content ON o.content_hash = p.content_hash AND o.id <> p.id"
        f" CROSS JOIN gate g ON g.photo_id = p.id AND g.hide & {LEFT_OUT} = 0"
        f" CROSS JOIN gate h ON h.photo_id = o.id AND h.hide & {LEFT_OUT} = 0",
        (_listed(ids),),
    )
    return [(row[0], row[1]) for row in rows]


def read_vectors(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, tuple[str, Floats]]:
    """The embeddings of `ids`, by id: the space and the unit vector."""
    rows = connection.execute(
        "SELECT e.photo_id, e.space, e.vector FROM json_each(?) wanted CROSS JOIN photo_embedding e ON e.photo_id = wanted.value",
        (_listed(ids),),
    )
    return {row[0]: (row[1], np.frombuffer(row[2], "<f4")) for row in rows}


def cosines(vectors: dict[int, tuple[str, Floats]], pairs: Sequence[tuple[int, int]]) -> Floats:
    """The cosine of each pair of photos; NaN where they have no vectors in one space."""
    found = np.full(len(pairs), np.nan, np.float32)
    for index, (one, other) in enumerate(pairs):
        if one in vectors and other in vectors and vectors[one][0] == vectors[other][0]:
            found[index] = float(vectors[one][1] @ vectors[other][1])
    return found


def read_duplicates(connection: sqlite3.Connection, ids: Iterable[int]) -> tuple[list[int], list[tuple[int, int]], dict[int, int]]:
    """What the sets around `ids` are to be made of anew: all photos concerned, the pairs among them, nearest first, and the set that each
    is in now.
    """
    rows = connection.execute(
        "WITH RECURSIVE start (id) AS (SELECT value FROM json_each(?1) UNION SELECT o.photo_id FROM json_each(?1) w"
        "   CROSS JOIN duplicate_photo d ON d.photo_id = w.value CROSS JOIN duplicate_photo o ON o.set_id = d.set_id),"
        " reached (id) AS (SELECT id FROM start UNION"
        "   SELECT CASE p.first_id WHEN r.id THEN p.second_id ELSE p.first_id END"
        "   FROM reached r CROSS JOIN duplicate_pair p ON p.first_id = r.id OR p.second_id = r.id)"
        " SELECT r.id, d.set_id FROM reached r LEFT JOIN duplicate_photo d ON d.photo_id = r.id",
        (_listed(ids),),
    ).fetchall()
    concerned = [row[0] for row in rows]
    pairs = connection.execute(
        "SELECT p.first_id, p.second_id FROM json_each(?) w CROSS JOIN duplicate_pair p ON p.first_id = w.value"
        " ORDER BY p.difference, p.first_id, p.second_id",
        (_listed(concerned),),
    ).fetchall()
    return concerned, [(row[0], row[1]) for row in pairs], {row[0]: row[1] for row in rows if row[1] is not None}


def read_runs(connection: sqlite3.Connection, ids: Iterable[int], pause_s: float) -> list[ShotRow]:
    """The shots around `ids` in time, as far as no pause longer than `pause_s` parts them; columns as in SHOTS.

    Copies of other photos are left out: they were not shot.
    """
    dated = connection.execute(
        "SELECT DISTINCT p.date_taken FROM json_each(?) w CROSS JOIN photo p ON p.id = w.value WHERE p.date_taken IS NOT NULL ORDER BY 1",
        (_listed(ids),),
    ).fetchall()
    found: list[ShotRow] = []
    reached = ""
    for (date,) in dated:
        if date > reached:
            forward, reached = _walk(connection, date, pause_s, ">=", "ASC")
            found += _walk(connection, date, pause_s, "<", "DESC")[0] + forward
    return found


def _walk(connection: sqlite3.Connection, date: str, pause_s: float, sign: str, way: str) -> tuple[list[ShotRow], str]:
    """The rows from `date` on in one direction up to a pause, and the last date reached."""
    cursor = connection.execute(
        f"{SHOTS} WHERE p.date_taken {sign} ? AND g.hide & {LEFT_OUT} = 0 AND COALESCE(d.position, 0) = 0 ORDER BY p.date_taken {way}",
        (date,),
    )
    found: list[ShotRow] = []
    last, reached = seconds(date), date
    for row in cursor:
        moment = seconds(row[1])
        if abs(moment - last) > pause_s:
            break
        found.append(row)
        last, reached = moment, row[1]
    return found, reached


def series_of(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, tuple[int, str, bool]]:
    """The series each of `ids` is in: (number, kind, reviewed), by photo."""
    rows = connection.execute(
        "SELECT b.photo_id, s.id, s.kind, s.reviewed FROM json_each(?) w CROSS JOIN burst_photo b ON b.photo_id = w.value"
        " CROSS JOIN burst s ON s.id = b.burst_id",
        (_listed(ids),),
    )
    return {row[0]: (row[1], row[2], bool(row[3])) for row in rows}


def members(connection: sqlite3.Connection, bursts: Iterable[int]) -> list[int]:
    """The photos of these series."""
    rows = connection.execute(
        "SELECT b.photo_id FROM json_each(?) w CROSS JOIN burst_photo b ON b.burst_id = w.value", (_listed(bursts),)
    ).fetchall()
    return [row[0] for row in rows]


def newest(connection: sqlite3.Connection) -> int:
    """How far changes are counted."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'look'").fetchone()
    return int(row[0]) if row else 0


def read_colors(connection: sqlite3.Connection, since: int) -> Iterator[list[ColorRow]]:
    """What came or changed after `since`, in batches: seq, photo, root, hide, hash, monochrome, saturation, luminance, histogram."""
    cursor = connection.execute(
        "SELECT l.seq, p.id, g.root_id, g.hide, p.phash, p.is_monochrome, p.mean_saturation, p.mean_luminance, b.histogram"
        " FROM look l CROSS JOIN photo p ON p.id = l.photo_id CROSS JOIN gate g ON g.photo_id = p.id"
        " LEFT JOIN photo_blob b ON b.photo_id = p.id WHERE l.seq > ? ORDER BY l.seq",
        (since,),
    )
    while rows := cursor.fetchmany(4096):
        yield rows


def read_faces(connection: sqlite3.Connection, photo: int, most: int) -> tuple[Floats, Rows, Floats]:
    """The embeddings (n, d) of the faces in `photo` that are nobody's, and the photos (m,) and embeddings (m, d) of at most `most`
    faces elsewhere, newest first, in the same space.
    """
    own = connection.execute(
        "SELECT e.space, e.vector FROM face f CROSS JOIN face_embedding e ON e.face_id = f.id WHERE f.photo_id = ? AND f.person_id IS NULL",
        (photo,),
    ).fetchall()
    if not own:
        return np.empty((0, 0), np.float32), np.empty(0, np.int64), np.empty((0, 0), np.float32)
    space, length = own[0][0], len(own[0][1])
    rows = connection.execute(
        "SELECT f.photo_id, e.vector FROM face f CROSS JOIN face_embedding e ON e.face_id = f.id"
        " WHERE e.space = ? AND length(e.vector) = ? AND f.photo_id <> ? ORDER BY f.id DESC LIMIT ?",
        (space, length, photo, most),
    ).fetchall()
    mine = np.frombuffer(b"".join(vector for other, vector in own if other == space), "<f4").reshape(-1, length // 4)
    vectors = np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(-1, length // 4)
    return mine, np.array([row[0] for row in rows], np.int64), vectors


def seconds(date: str) -> float:
    """Local wall time in seconds, on a scale of its own."""
    head, _, fraction = date.partition(".")
    return datetime.fromisoformat(head).replace(tzinfo=UTC).timestamp() + (float(f"0.{fraction}") if fraction else 0.0)


def _listed(ids: Iterable[int]) -> str:
    return json.dumps([int(number) for number in ids])
