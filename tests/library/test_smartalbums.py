"""Smart albums: filters that are checked, looked up for each viewer, counted in the background, and broken ones that harm nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.config import Config
from facetd.db import albumwrites
from facetd.db.connection import Database
from facetd.errors import Conflict, InvalidInput, NotFound
from facetd.fields import sortable
from facetd.filters import PhotoFilter
from facetd.library import smartcounts
from facetd.library.albums import Albums
from facetd.library.gallery import Gallery
from facetd.library.smartfilter import parse_smart_filter
from facetd.library.undoing import Undoing
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer
from tests.library.households import Household, make_household


class Home:
    """A household with albums."""

    def __init__(self, home: Household) -> None:
        self.db, self.alice, self.bob = home.db, home.alice, home.bob
        self.alices, self.bobs, self.shared = home.alices, home.bobs, home.shared
        self.gallery = Gallery(home.db, Config(), lambda _: Judgement("default", None, None))
        self.albums = Albums(home.db, Config(), self.gallery, Undoing(home.db))

    async def make(self, chosen: dict[str, Any], viewer: Viewer | None = None, **more: Any) -> int:
        made = await self.albums.make(viewer or self.alice, "Smart", smart_filter=json.dumps(chosen), visibility="household", **more)
        return made.row.id

    async def ids(self, viewer: Viewer, album: int, **asked: Any) -> list[int]:
        page = await self.albums.photos(viewer, album, **{"per_page": 100, **asked})
        ids = [photo["id"] for photo in page.photos.photos]
        shown = await self.albums.album(viewer, album)
        assert shown.photo_count == page.photos.total == len(ids)
        assert (shown.first.id if shown.first else None) == (ids[0] if ids else None) or asked
        return ids

    async def rate(self, viewer: Viewer, photo: int, stars: int) -> None:
        async with self.db.writing() as connection:
            await connection.execute(
                "INSERT INTO rating (user_id, photo_id, stars, is_favorite, updated_at) VALUES (?, ?, ?, 1, '')",
                (viewer.user_id, photo, stars),
            )
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    monkeypatch.setattr("facetd.library.gallery.COUNT_STALE_S", 0.0)
    async with Database(tmp_path / "library.db", readers=2) as db:
        made = Home(await make_household(db))
        yield made
        await made.albums.stop()


async def test_each_viewer_sees_what_the_filter_finds_for_them(home: Home) -> None:
    album = await home.make({"min_score": "6.5"})
    assert await home.ids(home.alice, album) == [home.shared[0], home.alices[0], home.shared[1], home.alices[1]]
    assert await home.ids(home.bob, album) == [home.shared[0], home.bobs[0], home.shared[1], home.bobs[1]]
    assert await home.ids(home.alice, album, sort="filename", descending=False, per_page=100) == [
        home.alices[0], home.shared[0], home.alices[1], home.shared[1]
    ]  # fmt: skip


async def test_the_ratings_in_a_filter_are_those_of_who_looks(home: Home) -> None:
    album = await home.make({"min_rating": 4})
    favorites = await home.make({"favorites_only": True})
    await home.rate(home.alice, home.alices[1], 5)
    await home.rate(home.alice, home.shared[1], 3)
    await home.rate(home.bob, home.shared[2], 4)
    assert await home.ids(home.alice, album) == [home.alices[1]]
    assert await home.ids(home.bob, album) == [home.shared[2]]
    assert await home.ids(home.alice, favorites) == [home.shared[1], home.alices[1]]


async def test_a_filter_has_its_order(home: Home) -> None:
    album = await home.make({"min_score": 7, "sort": "filename", "sort_direction": "ASC"})
    assert await home.ids(home.alice, album) == [home.alices[0], home.shared[0], home.alices[1], home.shared[1]]
    page = await home.albums.photos(home.alice, album, per_page=1)
    assert (page.sort, page.descending) == ("filename", False)
    for entry in sortable():
        assert len(await home.ids(home.alice, album, sort=entry.key)) == 4, entry.key
    with pytest.raises(InvalidInput):
        await home.albums.photos(home.alice, album, sort="colour", per_page=1)


async def test_a_filter_narrows_the_gallery_and_the_other_way_round(home: Home) -> None:
    smart = await home.make({"min_score": 7, "hide_bursts": True})
    async with home.db.writing() as connection:
        await connection.execute("UPDATE gate SET hide = 2 WHERE photo_id = ?", (home.shared[0],))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

    async def found(viewer: Viewer, **chosen: Any) -> list[int]:
        page = await home.gallery.page(viewer, PhotoFilter(**chosen), sort="filename", descending=False, per_page=100)
        assert page.total == len(page.photos)
        return [photo["id"] for photo in page.photos]

    assert await found(home.alice, album_id=smart) == [home.alices[0], home.alices[1], home.shared[1]]
    assert await found(home.alice, album_id=smart, max_score=7.5) == [home.alices[1], home.shared[1]], "both have a range of the score"
    assert await found(home.bob, album_id=smart, min_score=7.5) == [home.bobs[0]]
    manual = (await home.albums.make(home.alice, "Manual", ids=[home.shared[2], home.alices[0]])).row.id
    inside = await home.make({"album_id": manual, "max_score": 7})
    assert await found(home.alice, album_id=inside) == [home.shared[2]]
    assert await home.ids(home.alice, inside) == [home.shared[2]]
    assert await home.ids(home.bob, inside) == [], "an album that is not shown to bob narrows to nothing"
    with pytest.raises(NotFound):
        await found(home.bob, album_id=manual)
    with pytest.raises(Conflict) as error:
        await home.make({"album_id": smart})
    assert error.value.errors[0].field == "smart_filter_json.album_id"


GONE = ('{"path_prefix": "/Nowhere"}', '{"path_prefix": "/Bob"}', '{"album_id": 99}')  # fits, and names what is not there


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "smart_filter_json"), ("[]", "smart_filter_json"), ("{", "smart_filter_json"), ("null", "smart_filter_json"),
        ('{"colour": 1}', "smart_filter_json.colour"), ('{"min_score": "many"}', "smart_filter_json.min_score"),
        ('{"min_rating": 9}', "smart_filter_json.min_rating"), ('{"sort": "colour"}', "smart_filter_json.sort"),
        ('{"sort": {}}', "smart_filter_json.sort"), ('{"sort_direction": []}', ""),
        ('{"sort_direction": "down"}', "smart_filter_json.sort_direction"),
        ('{"person_id": "x"}', "smart_filter_json.person_id"), ('{"gps_lat": 1, "gps_lng": 1}', "smart_filter_json.gps_radius_km"),
        ('{"path_prefix": "/Nowhere"}', "smart_filter_json"), ('{"path_prefix": "/Bob"}', "smart_filter_json"),
        ('{"type": "nonsense"}', "smart_filter_json.type"), ('{"quality": "superb"}', "smart_filter_json.quality"),
        ('{"page": 2}', "smart_filter_json.page"), ('{"min_score": NaN}', "smart_filter_json.min_score"),
        ('{"album_id": 99}', "smart_filter_json"), ('{"x": ' + "[" * 15_000 + "}", "smart_filter_json"),
        ('{"iso": ' + "9" * 5000 + "}", "smart_filter_json"), ('{"tag": "' + "x" * 20_001 + '"}', "smart_filter_json"),
    ],
)  # fmt: skip
async def test_filters_that_do_not_fit_are_refused_by_name(home: Home, text: str, field: str) -> None:
    if not field:
        await home.albums.make(home.alice, "x", smart_filter=text)
        return
    with pytest.raises((InvalidInput, Conflict)) as error:
        await home.albums.make(home.alice, "x", smart_filter=text)
    assert isinstance(error.value, Conflict) == (text in GONE)
    assert [each.field for each in error.value.errors] == [field]
    assert error.value.errors[0].message


def test_values_are_taken_as_json_or_as_in_an_address() -> None:
    plain = parse_smart_filter('{"min_score": 7, "person_id": [4, 3], "is_monochrome": true, "hide_bursts": "1", "iso": null, "tag": ""}')
    assert plain.chosen == PhotoFilter(min_score=7, person="3,4", is_monochrome=True, hide_bursts=True)
    assert parse_smart_filter('{"person": 4, "require_tags": ["sea", "sky"], "min_iso": 100}').chosen == PhotoFilter(
        person="4", require_tags="sea,sky", min_iso=100
    )


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_whatever_a_value_is_it_is_taken_or_refused(value: object) -> None:
    for key in ("min_score", "person_id", "tag", "hide_bursts", "sort", "sort_direction", "date_from", "gps_lat", "album_id", "nonsense"):
        try:
            parse_smart_filter(json.dumps({key: value}))
        except InvalidInput as error:
            assert error.errors


async def test_a_filter_that_is_not_known_any_more_shows_an_error_on_its_album_only(home: Home) -> None:
    good = await home.make({"min_score": 7})
    bad = await albumwrites.make(home.db, home.alice.user_id, "Bad", smart_filter='{"min_zing": 7}', visibility="household")
    worse = await albumwrites.make(home.db, home.alice.user_id, "Worse", smart_filter="{", visibility="household")
    lost = await albumwrites.make(
        home.db, home.alice.user_id, "Lost", smart_filter='{"path_prefix": "/Alice/Secret"}', visibility="household"
    )
    loop = await albumwrites.make(home.db, home.alice.user_id, "Loop", smart_filter='{"album_id": 5}', visibility="household")
    assert loop == 5
    for album, said in ((bad, "min_zing"), (worse, "JSON"), (lost, "/Alice/Secret"), (loop, "cannot be looked up")):
        shown = await home.albums.album(home.alice, album)
        assert shown.error is not None
        assert said in shown.error
        page = await home.albums.photos(home.alice, album, per_page=10)
        assert (page.photos.photos, page.photos.total, page.error) == ([], 0, shown.error)
        others = await home.albums.album(home.bob, album)
        assert (others.error, others.photo_count) == ("the filter of this album cannot be looked up", 0)
        with pytest.raises(NotFound, match=r"cannot be looked up"):
            await home.gallery.page(home.bob, PhotoFilter(album_id=album), sort="aggregate", descending=True, per_page=10)
    shown_ones, total = await home.albums.albums(home.alice)
    assert total == 5
    assert {each.row.id for each in shown_ones if each.error is None} <= {good, bad, worse, lost, loop}
    assert len(await home.ids(home.alice, good)) == 4


async def test_counts_follow_the_library_and_nobody_waits_for_them_twice(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    album = await home.make({"favorites_only": True})
    asked = 0
    go_on = asyncio.Event()
    real = home.gallery.page

    async def slow(*arguments: Any, **options: Any) -> Any:
        nonlocal asked
        asked += 1
        await go_on.wait()
        return await real(*arguments, **options)

    monkeypatch.setattr(home.gallery, "page", slow)
    await home.rate(home.alice, home.shared[0], 5)
    stale = (await home.albums.albums(home.alice))[0][0]
    assert (stale.photo_count, stale.exact) == (0, False), "the number of before"
    unknown = (await home.albums.albums(home.bob))[0][0]
    assert (unknown.photo_count, unknown.exact) == (None, False), "never counted for bob"
    go_on.set()
    assert (await home.albums.album(home.alice, album)).photo_count == 1
    assert (await home.albums.album(home.bob, album)).photo_count == 0
    before = asked
    assert (await home.albums.albums(home.alice))[0][0].exact
    assert asked == before, "known of this revision"


async def test_a_count_that_fails_is_tried_again(home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    await home.make({"min_score": 7})
    fresh = Albums(home.db, Config(), home.gallery, Undoing(home.db))

    async def fail(*_arguments: Any, **_options: Any) -> Any:
        raise RuntimeError("no")

    real = home.gallery.page
    monkeypatch.setattr(home.gallery, "page", fail)
    monkeypatch.setattr(smartcounts, "PATIENCE_S", 5.0)
    assert (await fresh.albums(home.alice))[0][0].photo_count is None
    assert "could not be counted" in caplog.text
    monkeypatch.setattr(home.gallery, "page", real)
    assert (await fresh.albums(home.alice, sort="photo_count"))[0][0].photo_count == 4
    await fresh.stop()


async def test_a_smart_album_becomes_manual_and_back(home: Home) -> None:
    album = (await home.albums.make(home.alice, "A", ids=[home.shared[2]], visibility="household")).row.id
    await home.albums.change(home.alice, album, {"smart_filter": '{"min_score": 7}'})
    assert len(await home.ids(home.alice, album)) == 4
    await home.albums.change(home.alice, album, {"cover_photo_id": home.alices[1]})
    assert (await home.albums.album(home.alice, album)).cover.id == home.alices[1]  # type: ignore[union-attr]
    assert (await home.albums.album(home.bob, album)).cover.id == home.shared[0]  # type: ignore[union-attr]
    await home.albums.change(home.alice, album, {"smart_filter": None})
    assert await home.ids(home.alice, album) == [home.shared[2]]
