"""`facetd db` as a person types it, alone and beside a daemon."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facetd.cli.tree import facetd
from facetd.db import roots
from tests.daemons import QUICK, configure, running
from tests.db.conftest import put, visit
from tests.house import InlineWorkers, names, opened


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of three photos, whose folder is not there."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    folder = tmp_path / "data"
    configure(folder, QUICK)

    async def fill() -> None:
        async with opened(folder) as house:
            root = await roots.add_root(house.db, str(tmp_path / "Pictures"))
            await put(house.db, *(visit(root, f"sunset {n}.jpg", camera_model="X-T5", keywords=("sea",)) for n in range(3)))

    asyncio.run(fill())
    return folder


def call(*arguments: object, code: int = 0) -> Result:
    found = CliRunner().invoke(facetd, [os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == code, (found.exit_code, found.stdout, found.stderr)
    return found


def spoil(data: Path, *statements: str) -> None:
    """What a bug, or a hand in the database, might do."""
    with closing(sqlite3.connect(data / "library.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_counters_are_counted_anew(data: Path) -> None:
    assert call("db", "refresh-stats", "--data", data).stdout == "Done: all counters were right.\n"
    spoil(data, "UPDATE facet_count SET photos = 9 WHERE facet = 'camera'", "DELETE FROM day_count", "UPDATE gate_count SET photos = 1")
    told = call("db", "check", "--data", data, code=1).stderr
    assert "counters of each camera" in told
    assert json.loads(call("db", "check", "--data", data, "--json", code=1).stdout)["problems"]
    assert json.loads(call("db", "refresh-stats", "--data", data, "--json").stdout) == {
        "wrong": {"gate_count": 1, "album_count": 0, "facet_count": 1, "day_count": 1, "folder_count": 0}
    }
    assert json.loads(call("db", "check", "--data", data, "--json").stdout) == {"problems": [], "repaired": []}
    spoil(data, "UPDATE gate_count SET photos = 1")
    assert call("db", "refresh-stats", "--data", data).stdout == "gate_count: 1 were wrong.\n"


def test_the_index_of_words_is_written_anew(data: Path) -> None:
    spoil(data, "DELETE FROM photo_words WHERE photo_id = 1")
    told = call("db", "rebuild-fts", "--data", data).stdout
    assert told.startswith("Done: the words of 3 photos and ")
    assert json.loads(call("db", "rebuild-fts", "--data", data, "--json").stdout)["photos"] == 3
    assert "sound" in call("db", "check", "--data", data).stdout

    async def found() -> list[str]:
        async with opened(data) as house:
            return await names(house, search="sunset")

    assert len(asyncio.run(found())) == 3


def test_tags_need_no_migration_and_optimizing_tells_sizes(data: Path) -> None:
    assert "nothing to migrate" in call("db", "migrate-tags", "--data", data).stdout
    assert json.loads(call("db", "migrate-tags", "--json").stdout)["migrated"] == 0
    assert "MiB before" in call("db", "optimize", "--data", data).stdout
    assert json.loads(call("db", "optimize", "--data", data, "--json").stdout).keys() == {"bytes_before", "bytes"}


async def test_beside_a_daemon(data: Path, tmp_path: Path) -> None:
    async def ask(*words: object, code: int = 0) -> Result:
        return await asyncio.to_thread(lambda: call("db", *words, "--data", data, code=code))

    async with running(data) as daemon:
        assert daemon.house is not None
        assert json.loads((await ask("stats", "--json")).stdout)["photos"] == 3
        assert json.loads((await ask("optimize", "--json")).stdout)["bytes"] > 0
        assert json.loads((await ask("rebuild-fts", "--json")).stdout)["photos"] == 3
        async with daemon.house.db.writing() as connection:
            await connection.execute("UPDATE gate_count SET photos = 1")
        assert "counter of root" in (await ask("check", code=1)).stderr
        assert json.loads((await ask("refresh-stats", "--json")).stdout)["wrong"]["gate_count"] == 1
        assert "sound" in (await ask("check")).stdout
        assert len(await names(daemon.house, search="sunset")) == 3
        await ask("backup", tmp_path / "copy.db")
        assert "Stop the daemon first" in (await ask("restore", tmp_path / "copy.db", code=1)).stderr
