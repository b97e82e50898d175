"""`facetd people` as a person types it, alone and beside a daemon."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facetd.cli.tree import facetd
from facetd.db import people as db_people
from facetd.db import roots
from facetd.ingest.lock import DataLock
from tests.daemons import QUICK, configure, eventually, running
from tests.db.conftest import put, visit
from tests.house import InlineWorkers, opened
from tests.people import Cast, add_faces, group


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with Anna (3 faces), somebody unnamed (2 faces) who is a little like her, and a stranger."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    folder = tmp_path / "data"
    configure(folder, QUICK)
    (tmp_path / "Pictures").mkdir()

    async def fill() -> None:
        async with opened(folder) as house:
            root = await roots.add_root(house.db, str(tmp_path / "Pictures"))
            photos = await put(house.db, *(visit(root, f"{n}.jpg") for n in range(6)))
            await add_faces(house.db, Cast(), photos, "aaabbc")
            await group(house.db)
            await db_people.rename(house.db, 1, "Anna")
            async with house.db.writing() as connection:
                await connection.execute("INSERT OR REPLACE INTO person_likeness VALUES (1, 2, 0.4)")

    asyncio.run(fill())
    return folder


def call(*arguments: object, code: int = 0) -> Result:
    found = CliRunner().invoke(facetd, [os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == code, (found.exit_code, found.stdout, found.stderr)
    return found


def test_people_are_listed_suggested_and_grouped(data: Path) -> None:
    lines = call("people", "list", "--data", data).stdout.splitlines()
    assert [line.strip() for line in lines] == ["1  Anna (3 faces in 3 photos)", "2  Person 2 (2 faces in 2 photos)"]
    assert "Anna" not in call("people", "list", "--data", data, "--search", "person").stdout
    found = json.loads(call("people", "list", "--data", data, "--by-name", "--hidden", "--json").stdout)
    assert found[0] == {"id": 1, "name": "Anna", "faces": 3, "photos": 3, "hidden": False}
    assert call("people", "suggest", "--data", data).stdout == "0.60  Anna (3 faces in 3 photos) and Person 2 (2 faces in 2 photos)\n"
    assert json.loads(call("people", "suggest", "--data", data, "--threshold", "0.7", "--json").stdout) == []
    assert "--threshold" in call("people", "suggest", "--data", data, "--threshold", "7", code=2).stderr
    assert json.loads(call("people", "cluster", "--data", data, "--json").stdout) == {"named": 0, "joined": 0, "founded": 0, "merged": 0}
    again = call("people", "cluster", "--again", "--data", data).stdout
    assert "1 new persons" in again
    assert "2 faces given to a person" in again
    assert json.loads(call("people", "list", "--data", data, "--json").stdout)[0]["name"] == "Anna"


def test_a_library_in_use_is_left_alone(data: Path) -> None:
    lock = DataLock(data)
    lock.acquire(None)
    try:
        assert "in use" in call("people", "list", "--data", data, code=1).stderr
    finally:
        lock.release()


async def test_beside_a_daemon(data: Path) -> None:
    alone = {"list": await asyncio.to_thread(call, "people", "list", "--data", data, "--hidden")}
    alone["suggest"] = await asyncio.to_thread(call, "people", "suggest", "--data", data)
    async with running(data) as daemon:
        await eventually(lambda: daemon.house and not daemon.house.ingest.scanning)
        assert daemon.house is not None
        async with daemon.house.db.writing() as connection:  # the photos are not there really, so the scan missed them
            await connection.execute("UPDATE gate SET hide = 0")
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
        listed = await asyncio.to_thread(call, "people", "list", "--data", data, "--hidden")
        assert listed.stdout == alone["list"].stdout
        suggested = await asyncio.to_thread(call, "people", "suggest", "--data", data, "--threshold", "0.5")
        assert suggested.stdout == alone["suggest"].stdout
        counts = json.loads((await asyncio.to_thread(call, "people", "cluster", "--again", "--data", data, "--json")).stdout)
        assert (counts["founded"], counts["joined"]) == (1, 2)
