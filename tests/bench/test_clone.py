"""A cloned library is one that the program could have made: whole, counted right, every photo a different one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.clone import check_counters, clone_library
from bench.synthetic import make_library
from facetd.db.connection import Database

ROWS, COPIES = 160, 3


@pytest.fixture
async def cloned(tmp_path: Path) -> Path:
    source = await make_library(tmp_path / "small", ROWS)
    clone_library(source, tmp_path / "large.db", COPIES)
    return tmp_path / "large.db"


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2").fetchall()


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


async def test_a_clone_is_whole_and_holds_every_photo_so_many_times(cloned: Path, tmp_path: Path) -> None:
    assert schema(cloned) == schema(tmp_path / "small" / "library.db")
    async with Database(cloned) as db:
        assert await db.integrity() == []
        assert await db.rows("PRAGMA foreign_key_check") == []
        for table in ("photo", "gate", "photo_blob", "rating", "analysis", "photo_tag"):
            before = count(tmp_path / "small" / "library.db", table)
            after = await db.row(f"SELECT COUNT(*) FROM {table}")
            assert before > 0
            assert after is not None
            assert after[0] == before * (COPIES + 1), table
        different = await db.row("SELECT COUNT(DISTINCT content_hash), COUNT(DISTINCT aggregate) FROM photo")
        assert different is not None
        assert different[0] == ROWS * (COPIES + 1)
        assert different[1] > ROWS * COPIES / 2
        stray = "SELECT 1 FROM analysis a JOIN photo p ON p.id = a.photo_id WHERE a.fingerprint <> '0123456789ab:' || p.content_hash"
        assert await db.rows(stray) == []
        stray = (
            "SELECT f.path FROM folder f JOIN folder up ON up.id = f.parent_id"
            " WHERE f.path <> up.path || CASE up.path WHEN '' THEN '' ELSE '/' END || replace(substr(f.path, length(up.path) + 1), '/', '')"
        )
        assert await db.rows(stray) == [], "each folder lies directly in its parent"


def test_counters_that_are_wrong_are_noticed(cloned: Path) -> None:
    with closing(sqlite3.connect(cloned, isolation_level=None)) as connection:
        check_counters(connection)
        connection.execute("UPDATE gate_count SET photos = photos + 1 WHERE hide = 0")
        with pytest.raises(RuntimeError, match="the counters say"):
            check_counters(connection)
        connection.execute("UPDATE gate_count SET photos = photos - 1 WHERE hide = 0")
        connection.execute("DELETE FROM day_count WHERE day = (SELECT MAX(day) FROM day_count)")
        with pytest.raises(RuntimeError, match="the counters of day_count say"):
            check_counters(connection)
