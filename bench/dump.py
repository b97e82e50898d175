"""What a library holds, photo by photo and without ids and times, so that two libraries can be compared; and whether it is sound."""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
import struct
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_NOT_COMPARED = frozenset(("id", "folder_id", "added_at", "updated_at"))
TOLERANCE = 1e-3  # of numbers that models make: scores, boxes as shares of the picture, distances of unit vectors, and what follows of them
_OF_MODELS = frozenset(
    ("face_ratio", "face_confidence", "face_quality", "eye_sharpness", "face_sharpness", "aggregate", "top_picks_score", "objects", "tags")
)


@dataclass(frozen=True, slots=True)
class Face:
    """A face: everything stored of it but ids, its vector, and the person (an id that means something within one library only)."""

    box: tuple[float, ...]
    facts: tuple[Any, ...]
    space: str | None
    vector: tuple[float, ...]
    person: int | None
    name: str | None


@contextmanager
def opened_copy(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of the database with its log, so that looking changes nothing for the program."""
    with tempfile.TemporaryDirectory(prefix="facetd-dump-") as scratch:
        _copy(database, Path(scratch))
        connection = sqlite3.connect(Path(scratch) / "library.db")
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


def _copy(database: Path, folder: Path) -> None:
    """Copy a database with its log as they were at one moment: once more when the program wrote meanwhile, which would tear them apart."""
    files = [Path(f"{database}{suffix}") for suffix in ("", "-wal")]
    while True:
        before = _stamps(files)
        for file, suffix in zip(files, ("", "-wal"), strict=True):
            target = folder / f"library.db{suffix}"
            try:
                shutil.copy(file, target)
            except FileNotFoundError:
                target.unlink(missing_ok=True)
        if _stamps(files) == before:
            return


def _stamps(files: Sequence[Path]) -> list[tuple[int, int] | None]:
    """Size and time of change of each file, None for one that is not there."""
    stamps: list[tuple[int, int] | None] = []
    for file in files:
        try:
            facts = file.stat()
        except FileNotFoundError:
            stamps.append(None)
        else:
            stamps.append((facts.st_size, facts.st_mtime_ns))
    return stamps


def problems(database: Path) -> list[str]:
    """What SQLite's full integrity check and the foreign keys complain about; nothing when the database is sound."""
    with opened_copy(database) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign key: {tuple(row)}" for row in connection.execute("PRAGMA foreign_key_check")]
        counted = "SELECT root_id, hide, COUNT(*) FROM gate GROUP BY 1, 2"
        if _has(connection, "gate_count") and _rows(connection, counted) != _rows(connection, "SELECT * FROM gate_count WHERE photos <> 0"):
            found.append("gate_count does not agree with gate")
        for table in ("day_count", "folder_count"):
            kept = f"SELECT root_id, hide, SUM(photos) FROM {table} GROUP BY 1, 2"
            if _has(connection, table) and _rows(connection, counted) != _rows(connection, kept):
                found.append(f"{table} does not agree with gate")
    return found


def library_rows(database: Path) -> dict[str, Row]:
    """Everything the library knows of each photo, by its path relative to the root."""
    with opened_copy(database) as connection:
        photos = {
            row["id"]: {key: row[key] for key in row.keys() if key not in _NOT_COMPARED}  # noqa: SIM118 - a Row iterates over values
            for row in connection.execute("SELECT p.*, f.path AS folder FROM photo p JOIN folder f ON f.id = p.folder_id")
        }
        for number, row in photos.items():
            row["blob"] = _rows(connection, "SELECT * FROM photo_blob WHERE photo_id = ?", number, skip=1)
            row["hide"] = _rows(connection, "SELECT hide FROM gate WHERE photo_id = ?", number)
            row["rating"] = _rows(connection, "SELECT user_id, stars, is_favorite, is_rejected FROM rating WHERE photo_id = ?", number)
            row["tags"] = _rows(
                connection, "SELECT t.name, pt.source FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.photo_id = ?", number
            )
            row["regions"] = _rows(connection, "SELECT * FROM region WHERE photo_id = ?", number, skip=1)
            row["objects"] = _rows(connection, "SELECT position, label, score, x, y, width, height FROM object WHERE photo_id = ?", number)
            row["faces"] = _faces(connection, number)
            row["analysis"] = _rows(
                connection, "SELECT kind, fingerprint, model, state, reason, error FROM analysis WHERE photo_id = ?", number
            )
    return {_text(row["folder"]) + "/" + _text(row["filename"]): row for row in photos.values()}


def outcomes(database: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Of each photo, by its path relative to the root: the kinds of analysis done, and the reasons of those that failed."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for path, row in library_rows(database).items():
        done = [kind for kind, _, _, state, _, _ in row["analysis"] if state == "done"]
        failed = [f"{reason}: {error}" for _, _, _, state, reason, error in row["analysis"] if state == "failed" and error]
        found[path.lstrip("/")] = (done, failed)
    return found


def differences(expected: dict[str, Row], found: dict[str, Row]) -> list[str]:
    """In what two libraries differ, one line each. Numbers of models may differ by TOLERANCE."""
    lines = [f"missing: {path}" for path in sorted(expected.keys() - found.keys())]
    lines += [f"too much: {path}" for path in sorted(found.keys() - expected.keys())]
    pairs: list[tuple[str, Face, Face]] = []
    for path in sorted(expected.keys() & found.keys()):
        before, after = expected[path], found[path]
        for key in before.keys() - {"faces"}:
            if not _alike(before[key], after[key], TOLERANCE if key in _OF_MODELS else 0.0):
                lines.append(f"{path}: {key}: {before[key]!r:.60} != {after[key]!r:.60}")
        matched = match_faces(before["faces"], after["faces"])
        if len(matched) != len(before["faces"]) or len(matched) != len(after["faces"]):
            lines.append(f"{path}: faces: {len(before['faces'])} and {len(after['faces'])}, of which {len(matched)} are the same")
        pairs += [(path, *pair) for pair in matched]
    lines += [line for path, one, other in pairs for line in _face_differences(path, one, other)]
    return lines + _person_differences(pairs)


def match_faces(expected: Sequence[Face], found: Sequence[Face]) -> list[tuple[Face, Face]]:
    """Pairs of faces with the same box."""
    left = list(found)
    pairs = []
    for face in expected:
        same = next((other for other in left if _alike(face.box, other.box, TOLERANCE)), None)
        if same is not None:
            left.remove(same)
            pairs.append((face, same))
    return pairs


def _face_differences(path: str, one: Face, other: Face) -> list[str]:
    lines = []
    if not _alike(one.facts, other.facts, TOLERANCE):
        lines.append(f"{path}: face: {one.facts} != {other.facts}")
    if one.space != other.space or len(one.vector) != len(other.vector) or math.dist(one.vector, other.vector) > TOLERANCE:
        lines.append(f"{path}: vector of a face: {one.space} {one.vector[:3]} != {other.space} {other.vector[:3]}")
    if one.name != other.name:
        lines.append(f"{path}: name of a face: {one.name} != {other.name}")
    return lines


def _person_differences(pairs: Sequence[tuple[str, Face, Face]]) -> list[str]:
    """Persons are sets of faces: each person of one library has to be one person of the other, and nobody has to stay nobody."""
    lines = []
    there, back = defaultdict(set), defaultdict(set)
    for path, one, other in pairs:
        there[one.person].add(other.person)
        back[other.person].add(one.person)
        if (one.person is None) != (other.person is None):
            lines.append(f"{path}: a face is of {'nobody' if one.person is None else 'somebody'}, then of {other.person}")
    lines += [f"person {person} became {len(others)} persons" for person, others in there.items() if len(others) > 1]
    return lines + [f"{len(others)} persons became one, {person}" for person, others in back.items() if len(others) > 1]


def _alike(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two values are the same, numbers within `tolerance` (of their size, where that is more than 1)."""
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(one) == len(other) and all(_alike(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) <= tolerance * max(1.0, abs(one))
    return bool(one == other)


def _faces(connection: sqlite3.Connection, photo: int) -> list[Face]:
    """The faces of a photo, from left to right."""
    rows = connection.execute(
        "SELECT f.x, f.y, f.width, f.height, f.source, f.score, f.flag, f.width_px, f.roll_deg, f.yaw_deg, f.quality, f.eye_sharpness,"
        " f.sharpness, f.eye_left, f.eye_right, f.eyes_closed, f.clusterable, f.assigned_by, f.grouped, e.space, e.vector, f.person_id,"
        " (SELECT name FROM person WHERE id = f.person_id) FROM face f LEFT JOIN face_embedding e ON e.face_id = f.id"
        " WHERE f.photo_id = ? ORDER BY f.x, f.y",
        (photo,),
    )
    return [
        Face(tuple(row[:4]), tuple(row[4:-4]), row[-4], struct.unpack(f"<{len(row[-3] or b'') // 4}f", row[-3] or b""), row[-2], row[-1])
        for row in rows
    ]


def _rows(connection: sqlite3.Connection, sql: str, *parameters: object, skip: int = 0) -> list[tuple[Any, ...]]:
    return sorted((tuple(row)[skip:] for row in connection.execute(sql, parameters)), key=repr)


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return bool(_rows(connection, "SELECT 1 FROM sqlite_master WHERE name = ?", table))


def _text(value: str | bytes) -> str:
    return os.fsdecode(value)
