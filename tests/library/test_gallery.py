"""The gallery: pages, types, folders, one photo with its reasons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.accounts.viewers import single_viewer
from facetd.db import roots
from facetd.errors import InvalidInput, NotFound
from facetd.filters import PhotoFilter
from facetd.house import House
from facetd.library.browse import Browse
from facetd.library.gallery import Gallery, PhotoPage
from facetd.records.viewer import Viewer
from tests.house import listed, opened, scan
from tests.photos import make_photo, scene


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Three folders with five photos and one broken file."""
    photos = tmp_path / "Photos"
    make_photo(photos / "a_b" / "1.jpg", 1, model="One", lens="Prime 50", iso=100, taken="2023:05:01 23:59:59", f_number=1.8)
    make_photo(photos / "a_b" / "deep" / "2.jpg", 2, model="One", lens="Prime 85", taken="2023:05:02 00:00:00")
    make_photo(photos / "axb" / "3.jpg", 3, model="Two", taken=None, focal_length=35.4)
    make_photo(photos / "4.jpg", 4, model="Two", gps=(-17.7, 179.9), taken="2024:01:01 10:00:00")
    scene(5).convert("L").save(photos / "grey.png")
    (photos / "axb" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 broken")
    async with opened(tmp_path / "data") as made:
        await scan(made, photos)
        yield made


@pytest.fixture
async def viewer(house: House) -> Viewer:
    return await single_viewer(house.db)


@pytest.fixture
def gallery(house: House) -> Gallery:
    return Gallery(house.db, house.config, house.ingest.judge)


async def found(house: House, **conditions: object) -> set[str]:
    return {photo["filename"] for photo in await listed(house, **conditions)}


async def test_a_folder_is_itself_and_what_is_below_it_nothing_else(house: House) -> None:
    assert await found(house, path_prefix="/Photos/a_b") == {"1.jpg", "2.jpg"}
    assert await found(house, path_prefix="/Photos/a_b/deep/") == {"2.jpg"}
    assert len(await found(house, path_prefix="/Photos")) == 5
    for nowhere in ("/Photos/a%b", "/Photos/a", "/Elsewhere", "/Photos/../Photos"):
        with pytest.raises(NotFound):
            await listed(house, path_prefix=nowhere)


async def test_days_are_local_and_whole(house: House) -> None:
    assert await found(house, date_from="2023-05-01", date_to="2023-05-01") == {"1.jpg"}
    assert await found(house, date_from="2023-05-02") == {"2.jpg", "4.jpg"}
    assert await found(house, date_to="2023-12-31") == {"1.jpg", "2.jpg"}


async def test_a_circle_crosses_the_antimeridian(house: House) -> None:
    assert await found(house, gps_lat=-17.7, gps_lng=-179.9, gps_radius_km=30) == {"4.jpg"}
    assert await found(house, gps_lat=-17.7, gps_lng=-179.9, gps_radius_km=10) == set()


async def test_equipment_and_flags(house: House) -> None:
    assert await found(house, camera="One") == {"1.jpg", "2.jpg"}
    assert await found(house, lens="Prime") == {"1.jpg", "2.jpg"}
    assert await found(house, lens="Prime 8\ufffdwhatever") == {"2.jpg"}
    assert "grey.png" in await found(house, is_monochrome=True)
    assert "grey.png" not in await found(house, is_monochrome=False)
    assert await found(house, search="1.JPG") == {"1.jpg"}
    assert await found(house, search="%") == set()


async def test_types_that_do_not_exist_are_named(gallery: Gallery, viewer: Viewer) -> None:
    with pytest.raises(InvalidInput) as error:
        await gallery.page(viewer, PhotoFilter(type="nonsense"), sort="aggregate", descending=True, per_page=10)
    assert error.value.errors[0].field == "type"
    assert "expected one of top_picks" in error.value.errors[0].message
    with pytest.raises(InvalidInput, match="no sort key"):
        await gallery.page(viewer, PhotoFilter(), sort="id; DROP TABLE photo", descending=True, per_page=10)


async def test_types_are_counted_as_they_are_listed(house: House, gallery: Gallery, viewer: Viewer) -> None:
    counts = await gallery.type_counts(viewer, PhotoFilter())
    assert counts[0] == {"id": "", "label": "All Photos", "count": 5}
    assert counts[1]["id"] == "top_picks"
    for entry in counts:
        assert len(await listed(house, type=entry["id"])) == entry["count"]


async def test_a_filtered_total_follows_the_library(house: House, gallery: Gallery, viewer: Viewer, tmp_path: Path) -> None:
    chosen = PhotoFilter(camera="One")
    assert (await gallery.page(viewer, chosen, sort="aggregate", descending=True, per_page=1)).total == 2
    make_photo(tmp_path / "Photos" / "9.jpg", 9, model="One")
    await scan(house)
    fresh = Gallery(house.db, house.config, house.ingest.judge)
    assert (await fresh.page(viewer, chosen, sort="aggregate", descending=True, per_page=1)).total == 3


async def test_a_page_that_was_made_is_given_again_until_the_library_changes_and_to_those_who_may_see_it_only(
    house: House, gallery: Gallery, viewer: Viewer, tmp_path: Path
) -> None:
    async def page(who: Viewer, per_page: int = 3, **chosen: object) -> PhotoPage:
        return await gallery.page(who, PhotoFilter(**chosen), sort="filename", descending=False, per_page=per_page)

    first = await page(viewer)
    assert await page(viewer) is first
    assert (await page(viewer, camera="")) is first, "no condition, however it is said"
    assert (await page(viewer, per_page=2)).photos == first.photos[:2]
    assert (await page(viewer, camera="One")).photos != first.photos
    stranger = Viewer(viewer.user_id, viewer.role, frozenset())
    assert ((await page(stranger)).photos, (await page(stranger)).total) == ([], 0)
    other = Viewer(7, viewer.role, viewer.root_ids)
    assert await page(other) is not first, "stars are each viewer's own"
    make_photo(tmp_path / "Photos" / "0.jpg", 9, model="One")
    await scan(house)
    assert (await page(viewer)).photos[0]["filename"] == "0.jpg"


async def test_a_page_beyond_the_end_is_empty(gallery: Gallery, viewer: Viewer) -> None:
    page = await gallery.page(viewer, PhotoFilter(), sort="aggregate", descending=True, per_page=2, page=4)
    assert (page.photos, page.total, page.next) == ([], 5, None)
    last = await gallery.page(viewer, PhotoFilter(), sort="aggregate", descending=True, per_page=2, page=3)
    assert (len(last.photos), last.next) == (1, None)


async def test_the_reasons_of_a_score_add_up_to_it(house: House, gallery: Gallery, viewer: Viewer) -> None:
    for listed_photo in await listed(house):
        photo = await gallery.photo(viewer, listed_photo["id"])
        reasons = photo["breakdown"]
        total = sum(part["contribution"] for part in reasons["components"]) + sum(part["points"] for part in reasons["adjustments"])
        assert total == pytest.approx(photo["aggregate"], abs=0.01)
        assert sum(part["weight"] for part in reasons["components"]) == pytest.approx(1, abs=0.001)
        assert reasons["category"] == photo["category"]


async def test_a_photos_page_has_its_histogram(house: House, gallery: Gallery, viewer: Viewer) -> None:
    photo = await gallery.photo(viewer, (await listed(house))[0]["id"])
    assert photo["histogram"]["bins"] == 64
    assert [max(photo["histogram"][channel]) for channel in "lrgb"] == [65535] * 4


async def test_a_photo_is_named_by_id_or_path(house: House, gallery: Gallery, viewer: Viewer) -> None:
    number = next(photo["id"] for photo in await listed(house) if photo["filename"] == "2.jpg")
    assert await gallery.find(viewer, photo_id=None, path="/Photos/a_b/deep/2.jpg") == number
    assert await gallery.find(viewer, photo_id=number, path=None) == number
    with pytest.raises(InvalidInput, match="name one photo"):
        await gallery.find(viewer, photo_id=number, path="/Photos/4.jpg")
    with pytest.raises(NotFound):
        await gallery.find(viewer, photo_id=None, path="/Photos/a_b/deep")
    with pytest.raises(NotFound):
        await gallery.photo(viewer, 10**9)


async def test_folders_have_counts_and_covers(house: House, viewer: Viewer) -> None:
    browse = Browse(house.db, house.config)
    (root,), direct = await browse.folders(viewer, "", PhotoFilter())
    assert (root.path, root.photo_count, direct) == ("/Photos/", 5, False)
    children, direct = await browse.folders(viewer, "/Photos", PhotoFilter())
    assert [(branch.path, branch.photo_count) for branch in children] == [("/Photos/a_b/", 2), ("/Photos/axb/", 1)]
    assert direct
    best = max((photo for photo in await listed(house, path_prefix="/Photos/a_b")), key=lambda photo: photo["aggregate"])
    assert children[0].cover is not None
    assert children[0].cover.id == best["id"]
    with pytest.raises(NotFound):
        await browse.folders(viewer, "/Photos/nothing", PhotoFilter())


async def test_a_root_without_photos_is_an_empty_folder_for_who_sees_it(house: House, viewer: Viewer) -> None:
    browse = Browse(house.db, house.config)
    empty = await roots.add_root(house.db, "/photos/New")
    both = Viewer(0, "superadmin", viewer.root_ids | {empty.id})
    assert [branch.photo_count for branch in (await browse.folders(both, "", PhotoFilter()))[0]] == [0, 5]
    assert await browse.folders(both, "/new/", PhotoFilter()) == ([], False)
    for nothing in (both, "/New/x"), (viewer, "/New"):
        with pytest.raises(NotFound):
            await browse.folders(*nothing, PhotoFilter())


async def test_options_are_counted_once_for_each_revision(house: House, viewer: Viewer, tmp_path: Path) -> None:
    browse = Browse(house.db, house.config)
    assert await browse.cameras(viewer) == ([("One", 2), ("Two", 2)], False)
    assert await browse.cameras(viewer) == ([("One", 2), ("Two", 2)], True)
    make_photo(tmp_path / "Photos" / "9.jpg", 9, model="Two")
    await scan(house)
    assert (await browse.cameras(viewer))[0] == [("Two", 3), ("One", 2)]
    assert (await browse.apertures(viewer))[0] == [(1.8, 1), (5.6, 4)]
    assert (await browse.focal_lengths(viewer))[0] == [(35, 1), (50, 4)]
    nobody = Viewer(7, "user", frozenset())
    assert (await browse.cameras(nobody))[0] == []
    assert (await browse.folders(nobody, "", PhotoFilter()))[0] == []


async def test_failures_are_listed_with_their_reason(house: House, viewer: Viewer) -> None:
    total, failures = await Browse(house.db, house.config).failures(viewer, page=1, per_page=10)
    assert total == 1
    assert failures[0]["path"] == "/Photos/axb/broken.jpg"
    assert failures[0]["message"].endswith(".")
