"""Looking into a library that is being written."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from bench import dump
from bench.dump import opened_copy


def test_a_copy_of_a_database_that_is_written_meanwhile_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(tmp_path / "library.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (text TEXT UNIQUE)")
    copy, writes = shutil.copy, iter(range(2))

    def add(first: int) -> None:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO t VALUES (?)", [(f"{number} {'x' * 500}",) for number in range(first, first + 200)])
        connection.execute("COMMIT")

    def copy_and_write(source: Path, target: Path) -> None:
        copy(source, target)
        for turn in writes:
            add(1000 * turn + 1000)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            add(1000 * turn + 1500)
            break

    add(0)
    monkeypatch.setattr(dump.shutil, "copy", copy_and_write)
    with opened_copy(tmp_path / "library.db") as copied:
        assert [row[0] for row in copied.execute("PRAGMA integrity_check")] == ["ok"]
        assert copied.execute("SELECT COUNT(*) FROM t").fetchone()[0] == 1000
    connection.close()
