"""The map: each viewer's own photos, in step with the library, and positions that a hand gave."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facetd.config import Config
from facetd.db import store
from facetd.db.connection import Database
from facetd.db.visibility import Hide
from facetd.errors import InvalidInput, NotFound
from facetd.filters import PhotoFilter
from facetd.library.gallery import Gallery
from facetd.library.map import Map, Shown
from facetd.library.quadtree import Box
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.library.households import Household, make_household

WORLD = Box(-90, -180, 90, 180)
ROME, SYDNEY, FIJI = (41.89, 12.49), (-33.87, 151.21), (-17.7, 179.99)


class Busy:
    """Whether a scan runs, as the test says."""

    def __init__(self) -> None:
        self.now = False

    def __call__(self) -> bool:
        return self.now


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Household]:
    async with Database(tmp_path / "library.db", readers=2) as db:
        made = await make_household(db)
        await set_places(db, {made.alices[0]: ROME, made.alices[1]: ROME, made.bobs[0]: ROME, made.bobs[1]: SYDNEY, made.shared[0]: FIJI})
        yield made


async def set_places(db: Database, places: dict[int, tuple[float, float]]) -> None:
    async with db.writing() as connection:
        for number, place in places.items():
            await connection.execute("UPDATE photo SET gps_latitude = ?, gps_longitude = ? WHERE id = ?", (*place, number))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")


@pytest.fixture
def busy() -> Busy:
    return Busy()


@pytest.fixture
def placed() -> list[int]:
    return []


@pytest.fixture
def globe(home: Household, busy: Busy, placed: list[int]) -> Map:
    config = Config()
    return Map(home.db, config, Gallery(home.db, config, lambda _values: Judgement("default", 5.0, 5.0)), busy, placed.append)


async def clusters(globe: Map, viewer: Viewer, zoom: int = 5, box: Box = WORLD, limit: int = 500, **hides: Any) -> list[dict[str, Any]]:
    found = json.loads((await globe.shown(viewer, PhotoFilter(**hides), Shown(box, zoom, limit))).json)
    assert found["photos"] == []
    return list(found["clusters"])


async def photos(globe: Map, viewer: Viewer, box: Box = WORLD, limit: int = 500, **days: str) -> list[dict[str, Any]]:
    found = json.loads((await globe.shown(viewer, PhotoFilter(), Shown(box, 10, limit, **days))).json)
    assert found["clusters"] == []
    return list(found["photos"])


async def test_each_sees_their_own_and_shared_photos(globe: Map, home: Household) -> None:
    alices, bobs = await clusters(globe, home.alice), await clusters(globe, home.bob)
    assert [(c["count"], c["representative_id"], c["representative_path"]) for c in alices] == [
        (2, home.alices[0], "/Alice/1.jpg"),
        (1, home.shared[0], "/Shared/1.jpg"),
    ]
    assert {c["representative_id"]: c["count"] for c in bobs} == {home.bobs[0]: 1, home.bobs[1]: 1, home.shared[0]: 1}
    assert await clusters(globe, home.nobody) == []
    assert [await globe.count(viewer, PhotoFilter()) for viewer in (home.alice, home.bob, home.nobody)] == [3, 3, 0]


async def test_cells_are_never_larger_than_45_degrees(globe: Map, home: Household) -> None:
    for zoom in (0, 1, 2):
        found = await clusters(globe, home.bob, zoom)
        assert [(c["count"], c["representative_id"]) for c in found] == [(2, home.shared[0]), (1, home.bobs[0])], zoom


async def test_near_there_are_photos_best_first(globe: Map, home: Household) -> None:
    found = await photos(globe, home.bob)
    assert [photo["id"] for photo in found] == [home.shared[0], home.bobs[0], home.bobs[1]]
    assert found[2] == {
        "id": home.bobs[1],
        "path": "/Bob/2.jpg",
        "filename": "2.jpg",
        "lat": SYDNEY[0],
        "lng": SYDNEY[1],
        "aggregate": 7.0,
        "date_taken": None,
        "category": "default",
    }
    assert [photo["id"] for photo in await photos(globe, home.bob, limit=1)] == [home.shared[0]]
    assert [photo["id"] for photo in await photos(globe, home.bob, Box(-20, 179, -10, -179))] == [home.shared[0]]


async def test_the_map_follows_the_library(globe: Map, home: Household) -> None:
    """Photos that come, move, are hidden, judged, or go, one after the other."""
    assert await globe.count(home.alice, PhotoFilter()) == 3
    [new] = await put(home.db, visit(home.roots[0], "new.jpg", gps_latitude=48.85, gps_longitude=2.35))
    assert await globe.count(home.alice, PhotoFilter()) == 4
    await set_places(home.db, {new: SYDNEY})
    assert [photo["id"] for photo in await photos(globe, home.alice, Box(-34, 151, -33, 152))] == [new]
    await store.save_judgements(home.db, {home.alices[1]: (Judgement("street", 9.5, 9.5), "x")})
    assert (await clusters(globe, home.alice))[0]["representative_id"] == home.alices[1]
    await store.set_missing(home.db, [new], missing=True, pair_raw=False)
    assert await globe.count(home.alice, PhotoFilter()) == 3
    assert await globe.count(home.bob, PhotoFilter()) == 3
    async with home.db.writing() as connection:
        await connection.execute("DELETE FROM photo WHERE id = ?", (home.alices[0],))
        await connection.execute("UPDATE gate SET root_id = ? WHERE photo_id = ?", (home.roots[1].id, home.shared[0]))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    assert [photo["id"] for photo in await photos(globe, home.alice)] == [home.alices[1]]
    assert await globe.count(home.bob, PhotoFilter()) == 3


async def test_what_is_hidden_is_left_out_only_when_asked(globe: Map, home: Household) -> None:
    async with home.db.writing() as connection:
        await connection.execute("UPDATE gate SET hide = ? WHERE photo_id = ?", (int(Hide.BURST), home.alices[0]))
        await connection.execute("UPDATE gate SET hide = ? WHERE photo_id = ?", (int(Hide.COMPANION), home.alices[1]))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    assert sorted(c["representative_id"] for c in await clusters(globe, home.alice)) == [home.alices[0], home.shared[0]]
    assert [c["representative_id"] for c in await clusters(globe, home.alice, hide_bursts=True)] == [home.shared[0]]
    assert await globe.count(home.alice, PhotoFilter(hide_bursts=True)) == 1


async def test_days(globe: Map, home: Household) -> None:
    async with home.db.writing() as connection:
        for number, taken in zip(home.alices, ("2020-05-01T23:59:59.5", "2021-01-01T00:00:00"), strict=False):
            await connection.execute("UPDATE photo SET date_taken = ? WHERE id = ?", (taken, number))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

    async def ids(**days: str) -> list[int]:
        return [photo["id"] for photo in await photos(globe, home.alice, **days)]

    assert await ids(date_from="2020-05-01", date_to="2020-05-01") == [home.alices[0]]
    assert await ids(date_from="2020-05-02") == [home.alices[1]]
    assert await ids(date_to="2021-01-01") == [home.alices[0], home.alices[1]]
    assert await ids(date_from="2021-01-02") == []


async def test_during_a_scan_an_answer_may_be_a_moment_old(globe: Map, home: Household, busy: Busy) -> None:
    assert await globe.count(home.alice, PhotoFilter()) == 3
    busy.now = True
    await put(home.db, visit(home.roots[0], "new.jpg", gps_latitude=48.85, gps_longitude=2.35))
    assert await globe.count(home.alice, PhotoFilter()) == 3
    assert not (await globe.shown(home.alice, PhotoFilter(), Shown(WORLD, 5, 10))).exact
    busy.now = False
    assert await globe.count(home.alice, PhotoFilter()) == 4
    assert (await globe.shown(home.alice, PhotoFilter(), Shown(WORLD, 5, 10))).exact


async def test_an_answer_is_made_once_also_during_a_scan(globe: Map, home: Household, busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    await globe.count(home.alice, PhotoFilter())
    busy.now = True
    await put(home.db, visit(home.roots[0], "new.jpg", gps_latitude=48.85, gps_longitude=2.35))
    first = await globe.shown(home.alice, PhotoFilter(), Shown(WORLD, 5, 10))
    monkeypatch.setattr("facetd.library.map._clusters", lambda *_arguments: pytest.fail("it was made again"))
    assert await globe.shown(home.alice, PhotoFilter(), Shown(WORLD, 5, 10)) == first
    monkeypatch.undo()
    assert await globe.shown(home.bob, PhotoFilter(), Shown(WORLD, 5, 10)) != first


async def test_a_position_given_by_hand_survives_the_file(globe: Map, home: Household, busy: Busy, placed: list[int]) -> None:
    photo = home.alices[0]
    busy.now = True
    assert await globe.count(home.alice, PhotoFilter()) == 3
    there = {"id": photo, "path": "/Alice/1.jpg", "gps_latitude": SYDNEY[0], "gps_longitude": SYDNEY[1]}
    assert await globe.set_position(home.alice, photo, *SYDNEY) == there
    assert placed == [photo]
    assert [found["id"] for found in await photos(globe, home.alice, Box(-34, 151, -33, 152))] == [photo]
    await put(home.db, visit(home.roots[0], "1.jpg", gps_latitude=1.0, gps_longitude=2.0, gps_altitude=300.0))
    shown = await globe._gallery.photo(home.alice, photo)
    assert (shown["gps_latitude"], shown["gps_longitude"], shown["gps_altitude"]) == (*SYDNEY, None)
    await globe.set_position(home.alice, photo, 10.0, 20.0)
    await put(home.db, visit(home.roots[0], "1.jpg", gps_latitude=3.0, gps_longitude=4.0, gps_altitude=500.0))
    back = await globe.set_position(home.alice, photo, None, None)
    assert (back["gps_latitude"], back["gps_longitude"]) == (3.0, 4.0)
    assert (await globe._gallery.photo(home.alice, photo))["gps_altitude"] == 500.0
    assert await globe.set_position(home.alice, photo, None, None) == back


async def test_a_photo_without_a_position_gets_one_and_loses_it(globe: Map, home: Household) -> None:
    photo = home.alices[2]
    await globe.set_position(home.alice, photo, *ROME)
    assert await globe.count(home.alice, PhotoFilter()) == 4
    back = await globe.set_position(home.alice, photo, None, None)
    assert (back["gps_latitude"], back["gps_longitude"]) == (None, None)
    assert await globe.count(home.alice, PhotoFilter()) == 3


@pytest.mark.parametrize("place", [(1.0, None), (None, 1.0), (0.0, 0.0)])
async def test_half_a_position_and_none_are_refused(globe: Map, home: Household, place: tuple[float | None, float | None]) -> None:
    with pytest.raises(InvalidInput):
        await globe.set_position(home.alice, home.alices[0], *place)


async def test_nobody_places_a_photo_that_they_do_not_see(globe: Map, home: Household, placed: list[int]) -> None:
    for number in (home.alices[0], 10**6):
        with pytest.raises(NotFound):
            await globe.set_position(home.bob, number, *ROME)
    assert placed == []
