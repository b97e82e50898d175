"""A large library from a smaller one: every photo is copied in SQL, with its own place, content and slightly other scores.

Making a million photos the way a scan does takes twenty minutes; this takes two. The copies lie in folders `copy 1`, `copy 2`, ...
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from facetd.fields import FIELDS, Kind

CACHE_KIB = 1024 * 1024
DRIFT = 0.0007  # how much smaller a metric is in each copy than in the one before, so that values differ
MEASURED = {entry.column for entry in FIELDS if entry.table == "photo" and entry.kind in (Kind.SCORE, Kind.RATIO, Kind.REAL)}


def clone_library(source: Path, target: Path, copies: int) -> None:
    """Write to `target` the database `source` with `copies` more copies of each photo. Raises RuntimeError when the counters are wrong.

    Everything happens in one transaction on a scratch file, which takes the name `target` when it is right.
    """
    scratch = target.with_name(f"{target.name}.part")
    scratch.unlink(missing_ok=True)
    shutil.copyfile(source, scratch)
    connection = sqlite3.connect(scratch, isolation_level=None)
    try:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        # Filling an index from sorted values is many times faster than adding to it in random order.
        indexes = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        _copy_rows(connection, copies)
        for _, sql in indexes:
            connection.execute(sql)
        check_counters(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    os.replace(scratch, target)


def check_counters(connection: sqlite3.Connection) -> None:
    """Compare the counters that triggers keep with a real count. Raises RuntimeError."""
    kept = connection.execute("SELECT root_id, hide, photos FROM gate_count WHERE photos <> 0 ORDER BY 1, 2").fetchall()
    counted = connection.execute("SELECT root_id, hide, COUNT(*) FROM gate GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
    photos = connection.execute("SELECT COUNT(*) FROM photo").fetchone()[0]
    if kept != counted or photos != sum(row[2] for row in counted):
        raise RuntimeError(f"the counters say {kept}, a count of {photos} photos says {counted}")
    for table in ("day_count", "folder_count"):
        kept = connection.execute(f"SELECT root_id, hide, SUM(photos) FROM {table} GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
        if kept != counted:
            raise RuntimeError(f"the counters of {table} say {kept}, a count says {counted}")


def _copy_rows(connection: sqlite3.Connection, copies: int) -> None:
    """Insert the copies, table by table: folders, photos, and whatever belongs to a photo."""
    largest = "SELECT MAX(COALESCE((SELECT MAX(id) FROM photo), 0), COALESCE((SELECT MAX(id) FROM folder), 0))"
    step = int(connection.execute(largest).fetchone()[0]) + copies + 1
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    columns = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}
    belonging = [table for table in tables if "photo_id" in columns[table] and table not in ("look", "spot_change")]  # triggers fill those
    photos, folders = (int(connection.execute(f"SELECT MAX(id) FROM {table}").fetchone()[0]) for table in ("photo", "folder"))
    for number in range(1, copies + 1):
        shift = number * step
        _copy(connection, "folder", columns["folder"], _folder(number, shift), f"id <= {folders}")
        _copy(connection, "photo", columns["photo"], _photo(number, shift), f"id <= {photos}")
        for table in belonging:
            changed = {"photo_id": f"photo_id + {shift}", "fingerprint": _marked("fingerprint", number, "instr(fingerprint, ':')")}
            _copy(connection, table, columns[table], {**changed, "id": f"id + {shift}"}, f"photo_id <= {photos}")
    connection.execute("DELETE FROM words_due WHERE kind = 'photo'")  # the words of the copies are there


def _copy(connection: sqlite3.Connection, table: str, columns: list[str], changed: dict[str, str], where: str) -> None:
    """Insert the rows again with some columns changed; `changed` may name columns that this table does not have."""
    values = ", ".join(changed.get(column, column) for column in columns)
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {where} ORDER BY 1")


def _folder(number: int, shift: int) -> dict[str, str]:
    """The root's own folder becomes `copy N` in it; all others move below that."""
    return {
        "id": f"id + {shift}",
        "path": f"CASE path WHEN '' THEN 'copy {number}' ELSE 'copy {number}/' || path END",
        "parent_id": f"CASE path WHEN '' THEN id ELSE parent_id + {shift} END",
    }


def _photo(number: int, shift: int) -> dict[str, str]:
    measured = {column: f"{column} * {1 - number * DRIFT}" for column in MEASURED}
    return {**measured, "id": f"id + {shift}", "folder_id": f"folder_id + {shift}", "content_hash": _marked("content_hash", number, "0")}


def _marked(column: str, number: int, start: str) -> str:
    """The hash that begins after `start` characters, of other content: its first two digits become the number of the copy."""
    return f"substr({column}, 1, {start}) || '{number:02x}' || substr({column}, {start} + 3)"
