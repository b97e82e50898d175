"""Backup, restore, consistency, numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.db import care
from facetd.db.connection import Database
from facetd.errors import DatabaseUnusable
from facetd.records.files import Root
from tests.db.conftest import put, visit


async def test_a_backup_of_an_open_database_can_be_restored(db: Database, root: Root, tmp_path: Path) -> None:
    await put(db, visit(root, "a.jpg"))
    care.backup(db.path, tmp_path / "copy.db")
    await put(db, visit(root, "b.jpg"))
    target = tmp_path / "other" / "library.db"
    target.parent.mkdir()
    assert care.restore(tmp_path / "copy.db", target) is None
    kept = care.restore(tmp_path / "copy.db", target)
    assert kept is not None
    assert kept.exists()
    async with Database(target) as restored:
        assert [row[0] for row in await restored.rows("SELECT filename FROM photo")] == ["a.jpg"]
        assert await care.consistency(restored) == []


async def test_what_is_no_library_is_not_restored(db: Database, tmp_path: Path) -> None:
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"no database" * 500)
    before = db.path.read_bytes()
    with pytest.raises(DatabaseUnusable, match=r"bad\.db"):
        care.restore(bad, db.path)
    assert db.path.read_bytes() == before
    with pytest.raises(DatabaseUnusable, match="no library yet"):
        care.backup(tmp_path / "nothing.db", tmp_path / "x.db")


async def test_wrong_counters_are_found(db: Database, root: Root) -> None:
    await put(db, visit(root, "a.jpg"))
    assert await care.consistency(db) == []
    async with db.writing() as connection:
        await connection.execute("UPDATE gate_count SET photos = 7")
        await connection.execute("DELETE FROM gate_count WHERE photos = 0")
    assert await care.consistency(db) == [f"the counter of root {root.id}, hide 0 is wrong"]


async def test_numbers_and_tidying(db: Database, root: Root) -> None:
    await put(db, visit(root, "a.jpg", keywords=("x",)), visit(root, "a.dng", fmt="raw"))
    await care.optimize(db)
    found = await care.stats(db)
    assert {key: found[key] for key in ("photos", "companions", "unreadable", "tags", "roots")} == {
        "photos": 2,
        "companions": 1,
        "unreadable": 0,
        "tags": 1,
        "roots": 1,
    }
    assert found["bytes"] > 10_000
