"""What a library holds, photo by photo and without ids and times, so that two libraries can be compared; and whether it is sound."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_NOT_COMPARED = frozenset(("id", "folder_id", "added_at", "updated_at"))


@contextmanager
def opened_copy(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of the database with its log, so that looking changes nothing for the program."""
    with tempfile.TemporaryDirectory(prefix="facetd-dump-") as scratch:
        for suffix in ("", "-wal"):
            if os.path.exists(f"{database}{suffix}"):
                shutil.copy(f"{database}{suffix}", Path(scratch) / f"library.db{suffix}")
        connection = sqlite3.connect(Path(scratch) / "library.db")
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


def problems(database: Path) -> list[str]:
    """What SQLite's full integrity check and the foreign keys complain about; nothing when the database is sound."""
    with opened_copy(database) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"foreign key: {tuple(row)}" for row in connection.execute("PRAGMA foreign_key_check")]
        counted = "SELECT root_id, hide, COUNT(*) FROM gate GROUP BY 1, 2"
        if _has(connection, "gate_count") and _rows(connection, counted) != _rows(connection, "SELECT * FROM gate_count WHERE photos <> 0"):
            found.append("gate_count does not agree with gate")
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
    """In what two libraries differ, one line each."""
    lines = [f"missing: {path}" for path in sorted(expected.keys() - found.keys())]
    lines += [f"too much: {path}" for path in sorted(found.keys() - expected.keys())]
    for path in sorted(expected.keys() & found.keys()):
        before, after = expected[path], found[path]
        lines += [f"{path}: {key}: {before[key]!r:.60} != {after[key]!r:.60}" for key in before if before[key] != after[key]]
    return lines


def _rows(connection: sqlite3.Connection, sql: str, *parameters: object, skip: int = 0) -> list[tuple[Any, ...]]:
    return sorted((tuple(row)[skip:] for row in connection.execute(sql, parameters)), key=repr)


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return bool(_rows(connection, "SELECT 1 FROM sqlite_master WHERE name = ?", table))


def _text(value: str | bytes) -> str:
    return os.fsdecode(value)
