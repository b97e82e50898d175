"""Whole lists by their ids: the same photos in the same order as page after page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from facetd.db.conditions import conditions
from facetd.db.connection import Connection
from facetd.db.listing import Listing, Order
from facetd.filters import PhotoFilter
from facetd.library import gallery
from tests.http.acting import Acting, acting
from tests.http.serving import Site


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Acting]:
    async with acting(tmp_path / "data") as found:
        yield found


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"sort": "filename", "sort_direction": "ASC"}, {"sort": "star_rating"}, {"sort": "star_rating", "dir": "ASC"},
        {"sort": "date_taken"}, {"search": "rome"}, {"camera": "EOS 6D"}, {"path_prefix": "/Pictures/Rome"}, {"show_companions": "1"},
        {"favorites_only": "1"}, {"search": "nothing-of-the-kind"},
    ],
)  # fmt: skip
async def test_a_list_by_its_ids(library: Site, asked: dict[str, str]) -> None:
    await library.client.post("/api/photos/batch_favorite", json={"photo_ids": [2, 3]})
    pages = (await library.json(f"/api/photos?{urlencode(asked)}"))["photos"]
    assert await library.json(f"/api/photos/ids?{urlencode(asked)}") == {"ids": [photo["id"] for photo in pages], "total": len(pages)}


async def test_many_words_in_their_order(library: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "LEADING", 1)
    pages = (await library.json("/api/photos?search=pictures&sort=filename"))["photos"]
    assert len(pages) > 2
    assert (await library.json("/api/photos/ids?search=pictures&sort=filename"))["ids"] == [photo["id"] for photo in pages]


async def test_everybody_has_their_own(home: Acting) -> None:
    house = home.home
    assert await home.get(house.bob, "/api/photos/ids?sort=filename&sort_direction=ASC") == {
        "ids": [number for pair in zip(house.bobs, house.shared, strict=True) for number in pair],
        "total": 6,
    }
    assert sorted((await home.get(house.alice, "/api/photos/ids"))["ids"]) == sorted(house.alices + house.shared)
    assert await home.get(house.nobody, "/api/photos/ids") == {"ids": [], "total": 0}
    home.viewer = house.bob
    assert (await home.site.get("/api/photos/ids?path_prefix=/Alice")).status == 404


async def test_a_list_that_is_too_long_says_how_long(home: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "MOST_IDS", 2)
    found = await home.get(home.home.bob, "/api/photos/ids")
    assert (len(found["ids"]), found["total"]) == (2, 6)


async def test_ids_have_a_version_and_take_no_pages(library: Site) -> None:
    first = await library.get("/api/photos/ids?camera=X-T5&hide_rejected=1")
    same = await library.get("/api/photos/ids?camera=X-T5&hide_rejected=1", If_None_Match=first.headers["ETag"])
    assert same.status == 304
    (photo,) = (await first.json())["ids"]
    await library.client.post("/api/photo/set_rating", json={"photo_id": photo, "rating": 2})
    assert (await library.get("/api/photos/ids?camera=X-T5&hide_rejected=1", If_None_Match=first.headers["ETag"])).status == 304, (
        "the ids are the same"
    )
    await library.client.post("/api/photo/toggle_rejected", json={"photo_id": photo})
    assert (await library.get("/api/photos/ids?camera=X-T5&hide_rejected=1", If_None_Match=first.headers["ETag"])).status == 200
    for name in ("page", "per_page", "after"):
        assert name in await library.problem(f"/api/photos/ids?{name}=1")


async def test_the_index_of_the_order_is_read(home: Acting) -> None:
    db, house = home.site.house.db, home.home
    chosen = PhotoFilter()
    listing = Listing(house.alice, chosen, conditions(chosen, house.alice), Order("tech_sharpness"))
    statements: list[str] = []

    def read(connection: Connection) -> list[str]:
        connection.set_trace_callback(statements.append)
        listing.ids(connection, limit=10)
        connection.set_trace_callback(None)
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statements[-1]}")]

    steps = await db.read(read)
    assert "SCAN p USING COVERING INDEX photo_tech_sharpness" in steps
    assert not any("TEMP B-TREE" in step for step in steps)
