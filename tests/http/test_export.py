"""Export over HTTP: a file of one's own photos, sent while it is made."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.db.connection import Database
from facetd.errors import DatabaseUnusable
from tests.http.acting import Acting, acting
from tests.http.serving import Site


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Acting]:
    async with acting(tmp_path / "data") as found:
        yield found


async def test_a_table(library: Site) -> None:
    response = await library.get("/api/export?camera=EOS%206D")
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="photos.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(await response.text(), newline=""))
    assert (row["path"], row["camera_model"], row["iso"]) == ("/Pictures/Rome/a.jpg", "EOS 6D", "400")


async def test_a_document(library: Site) -> None:
    response = await library.get("/api/export?format=json&sort=filename&sort_direction=ASC")
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    found = json.loads(await response.text())
    listed = (await library.json("/api/photos?sort=filename&sort_direction=ASC"))["photos"]
    assert [photo["id"] for photo in found["photos"]] == [photo["id"] for photo in listed]
    assert found["count"] == len(listed) > 4
    odd = next(photo for photo in found["photos"] if photo["filename"].startswith("%FF"))
    assert odd["path"] == "/Pictures/%FF%FE.jpg"


async def test_nobody_exports_what_others_have(home: Acting) -> None:
    house = home.home
    for viewer, foreign in ((house.bob, "/Alice"), (house.alice, "/Bob")):
        home.viewer = viewer
        text = await (await home.site.get("/api/export?format=json")).text()
        assert foreign not in text
        assert json.loads(text)["count"] == 6
        assert (await home.site.get(f"/api/export?path_prefix={foreign}")).status == 404


@pytest.mark.parametrize("wrong", ["format=xml", "page=1", "per_page=5", "after=x", "sort=nothing", "camra=1"])
async def test_what_does_not_fit_is_named(library: Site, wrong: str) -> None:
    assert wrong.partition("=")[0] in await library.problem(f"/api/export?{wrong}")


async def test_the_library_can_be_read_beside_its_writer(home: Acting, tmp_path: Path) -> None:
    reader = Database(home.site.house.db.path, readers=1)
    await reader.open_to_read()
    async with home.site.house.db.writing() as connection:
        await connection.execute("UPDATE photo SET title = 'new' WHERE id = 1")
    assert (await reader.rows("SELECT title FROM photo WHERE id = 1"))[0][0] == "new"
    with pytest.raises(DatabaseUnusable):
        async with reader.writing():
            pytest.fail("nothing can be written")
    await reader.close(clean=False)
    nothing = Database(tmp_path / "nowhere" / "library.db")
    with pytest.raises(DatabaseUnusable, match="there is no library"):
        await nothing.open_to_read()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(("pragma", "hint"), [("user_version = 1", "that brings it up to date"), ("user_version = 99", "Update facetd")])
async def test_a_library_of_another_version_is_not_read(tmp_path: Path, pragma: str, hint: str) -> None:
    async with Database(tmp_path / "library.db") as db:
        await db.outside_transaction(f"PRAGMA {pragma}")
    with pytest.raises(DatabaseUnusable) as refused:
        await Database(tmp_path / "library.db").open_to_read()
    assert hint in str(refused.value)
    (tmp_path / "other.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseUnusable):
        await Database(tmp_path / "other.db").open_to_read()
