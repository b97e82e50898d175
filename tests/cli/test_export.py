"""`facetd export` as a person types it, also while somebody else has the library open."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facetd.cli.tree import facetd
from facetd.db import roots
from facetd.db.accounts import account_ids
from facetd.ingest.lock import DataLock
from tests.daemons import QUICK, configure
from tests.db.conftest import put, visit
from tests.house import opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three photos; the second is the best."""
    folder = tmp_path / "data"
    configure(folder, QUICK)

    async def fill() -> None:
        async with opened(folder) as house:
            root = await roots.add_root(house.db, str(tmp_path / "Pictures"))
            photos = [(1, 5.0, "2024-01-01T10:00:00"), (2, 9.0, "2023-01-01T10:00:00"), (3, 7.0, None)]
            await put(house.db, *(visit(root, f"{n}.jpg", aggregate=score, date_taken=taken) for n, score, taken in photos))

    asyncio.run(fill())
    return folder


def call(*arguments: object, code: int = 0) -> Result:
    found = CliRunner().invoke(facetd, [os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == code, (found.exit_code, found.stdout, found.stderr)
    return found


def test_photos_are_written_as_asked(data: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(call("export", "--data", data).stdout.splitlines()))
    assert [row["path"] for row in rows] == ["/Pictures/1.jpg", "/Pictures/2.jpg", "/Pictures/3.jpg"]  # newest first, none last
    best = call("export", "--data", data, "--format", "json", "--sort", "aggregate", "--filter", "min_score=6", "--filter", "max_score=9")
    assert [photo["id"] for photo in json.loads(best.stdout)["photos"]] == [2, 3]
    output = tmp_path / "photos.csv"
    assert call("export", "--data", data, "--output", output, "--ascending").stdout == ""
    assert [row["filename"] for row in csv.DictReader(output.read_text(encoding="utf-8").splitlines())] == ["2.jpg", "1.jpg", "3.jpg"]


def test_whoever_has_the_library_open_is_not_in_the_way(data: Path) -> None:
    lock = DataLock(data)
    lock.acquire("/nowhere.sock")
    try:
        before = sorted(path.name for path in data.iterdir())
        assert len(call("export", "--data", data).stdout.splitlines()) == 4
        assert [name for name in sorted(path.name for path in data.iterdir()) if not name.startswith("library.db-")] == [
            name for name in before if not name.startswith("library.db-")
        ]
    finally:
        lock.release()


def test_what_does_not_fit_is_said(data: Path, tmp_path: Path) -> None:
    assert 'did you mean "camera"' in call("export", "--data", data, "--filter", "camra=X", code=2).stderr
    assert "KEY=VALUE" in call("export", "--data", data, "--filter", "camera", code=2).stderr
    assert "there is no library" in call("export", "--data", tmp_path / "nowhere", code=1).stderr
    assert "there is no folder /Nowhere" in call("export", "--data", data, "--filter", "path_prefix=/Nowhere", code=1).stderr
    output = tmp_path / "kept.csv"
    output.write_text("as it was")
    call("export", "--data", data, "--output", output, "--filter", "path_prefix=/Nowhere", code=1)
    assert output.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.glob("kept*")) == ["kept.csv"]


def test_a_user_gets_what_they_see(data: Path, tmp_path: Path) -> None:
    people = {
        name: {"password_hash": f"{'ab' * 16}:{'cd' * 32}", "role": "user", "directories": [str(tmp_path / place)]}
        for name, place in (("bob", "Bob"), ("alice", "Pictures"))
    }
    settings = json.loads((data / "scoring_config.json").read_text())
    (data / "scoring_config.json").write_text(json.dumps({**settings, "users": people}))
    assert "Start the daemon once" in call("export", "--data", data, "--user", "bob", code=1).stderr

    async def fill() -> None:
        async with opened(data) as house:
            ids = await account_ids(house.db, people)
            await put(house.db, visit(await roots.add_root(house.db, str(tmp_path / "Bob")), "secret.jpg"))
            async with house.db.writing() as connection:
                await connection.execute("INSERT INTO rating VALUES (?, 1, 5, 0, 0, '')", (ids["alice"],))

    asyncio.run(fill())
    mine = json.loads(call("export", "--data", data, "--format", "json", "--user", "alice").stdout)
    assert {photo["path"]: photo["star_rating"] for photo in mine["photos"]} == {f"/Pictures/{n}.jpg": 5 * (n == 1) for n in (1, 2, 3)}
    assert [
        photo["path"] for photo in json.loads(call("export", "--data", data, "--format", "json", "--user", "bob").stdout)["photos"]
    ] == ["/Bob/secret.jpg"]
    assert json.loads(call("export", "--data", data, "--format", "json").stdout)["count"] == 4
    assert "there is no user called 'carol'" in call("export", "--data", data, "--user", "carol", code=1).stderr
