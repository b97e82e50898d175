"""Lists of photos as files: everybody's own, whole, in order, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facetd.config import Config
from facetd.db.connection import Database
from facetd.errors import InvalidInput, NotFound
from facetd.fields import FIELDS
from facetd.filters import PhotoFilter
from facetd.library import export as export_module
from facetd.library.export import COLUMNS, Export, Format
from facetd.library.gallery import Gallery
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.db.test_words import person
from tests.library.households import Household, make_household


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Household]:
    async with Database(tmp_path / "library.db", readers=1) as db:
        yield await make_household(db)


async def text(
    home: Household, viewer: Viewer, how: Format = "csv", *, sort: str = "aggregate", descending: bool = True, **conditions: Any
) -> str:
    gallery = Gallery(home.db, Config(), lambda _values: None)  # type: ignore[arg-type,return-value]
    export = Export(home.db, gallery)
    pieces = await export.pieces(viewer, PhotoFilter(**conditions), how, sort=sort, descending=descending)
    return b"".join([piece async for piece in pieces]).decode()


async def table(home: Household, viewer: Viewer, **asked: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(await text(home, viewer, **asked), newline="")))


async def test_everything_of_the_registry_is_a_column(home: Household) -> None:
    (first, *others) = await table(home, home.bob)
    assert set(first) == set(COLUMNS) > {field.key for field in FIELDS} | {"id", "path", "tags", "persons", "is_favorite", "is_rejected"}
    assert len(COLUMNS) == len(set(COLUMNS))
    assert (first["id"], first["path"], first["aggregate"], first["lens_model"]) == (str(home.shared[0]), "/Shared/1.jpg", "8.0", "")
    assert len(others) == 5


@pytest.mark.parametrize("piece", [1, 2, 250])
@pytest.mark.parametrize("how", ["csv", "json"])
async def test_everybody_gets_what_they_see_in_order(home: Household, monkeypatch: pytest.MonkeyPatch, piece: int, how: Format) -> None:
    monkeypatch.setattr(export_module, "PIECE", piece)
    async with home.db.writing() as connection:
        await connection.execute("INSERT INTO rating VALUES (?, ?, 4, 1, 0, '')", (home.bob.user_id, home.shared[1]))
        await connection.execute("INSERT INTO rating VALUES (?, ?, 1, 0, 1, '')", (home.alice.user_id, home.shared[1]))

    async def rows(viewer: Viewer, **asked: Any) -> list[dict[str, Any]]:
        if how == "csv":
            return await table(home, viewer, **asked)
        found = json.loads(await text(home, viewer, "json", **asked))
        assert found["count"] == len(found["photos"])
        photos: list[dict[str, Any]] = found["photos"]
        return photos

    for viewer, mine in ((home.bob, home.bobs), (home.alice, home.alices)):
        expected = sorted((*mine, *home.shared))
        assert [int(row["id"]) for row in await rows(viewer, sort="filename", descending=False)] == [
            number for pair in zip(*(sorted(each) for each in (mine, home.shared)), strict=True) for number in pair
        ]
        assert sorted(int(row["id"]) for row in await rows(viewer)) == expected
    (rated,) = await rows(home.bob, favorites_only=True)
    assert (int(rated["id"]), int(rated["star_rating"]), int(rated["is_favorite"])) == (home.shared[1], 4, 1)
    by_stars = await rows(home.bob, sort="star_rating")
    assert [int(row["star_rating"]) for row in by_stars] == [4, 0, 0, 0, 0, 0]
    assert await rows(home.nobody) == []
    assert await rows(home.bob, favorites_only=True, min_rating=5) == []


async def test_texts_are_no_formulas(home: Household) -> None:
    names = ["=cmd()", "+1", "-2", "@sum", "\tx", "\rx", " =x", "\ufeff=x", "＝x", "plain", "it's", 'say "a, b"\nc']
    keywords = ("=HYPERLINK(1)", "beach")
    ids = await put(
        home.db,
        *(visit(home.roots[1], f"{n}.jpg", folder="odd", title=name, keywords=keywords) for n, name in enumerate(names)),
        visit(home.roots[1], "south.jpg", folder="odd", gps_latitude=-17.5, gps_longitude=179.9),
    )
    await person(home.db, "=Anna", ids[0])
    await person(home.db, None, ids[0])
    rows = {int(row["id"]): row for row in await table(home, home.bob, path_prefix="/Bob/odd")}
    assert [rows[number]["title"] for number in ids[:-1]] == [f"'{name}" for name in names[:9]] + names[9:]
    assert rows[ids[0]]["tags"] == "'=HYPERLINK(1); beach"
    assert rows[ids[0]]["persons"].startswith("'=Anna; Person ")
    assert rows[ids[-1]]["gps_latitude"] == "-17.5"
    assert rows[ids[-1]]["tags"] == ""
    plain = json.loads(await text(home, home.bob, "json", path_prefix="/Bob/odd", sort="filename", descending=False))["photos"]
    first = next(photo for photo in plain if photo["id"] == ids[0])
    assert (first["title"], first["tags"], first["persons"][0]["name"]) == ("=cmd()", list(keywords), "=Anna")
    assert first["iso"] is None


async def test_what_is_not_there_is_said_before_anything_is_written(home: Household) -> None:
    for wrong in ({"path_prefix": "/Alice"}, {"path_prefix": "/Nowhere"}):
        with pytest.raises(NotFound):
            await text(home, home.bob, **wrong)
    with pytest.raises(InvalidInput):
        await text(home, home.bob, sort="nothing")


async def test_photos_that_vanish_meanwhile_are_left_out(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_module, "PIECE", 2)
    gallery = Gallery(home.db, Config(), lambda _values: None)  # type: ignore[arg-type,return-value]
    pieces = await Export(home.db, gallery).pieces(home.bob, PhotoFilter(), "json", sort="filename", descending=False)
    written = [await anext(pieces), await anext(pieces)]
    async with home.db.writing() as connection:
        await connection.execute("DELETE FROM photo WHERE id = ?", (home.bobs[2],))
    written += [piece async for piece in pieces]
    found = json.loads(b"".join(written))
    assert found["count"] == 5
    assert home.bobs[2] not in {photo["id"] for photo in found["photos"]}
