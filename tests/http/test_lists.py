"""Lists over HTTP: their versions follow the library, and walking them by key or page gives the same."""

from __future__ import annotations

from pathlib import Path

from tests.house import scan
from tests.http.serving import Site
from tests.photos import make_photo


async def test_a_list_has_a_new_version_when_the_library_or_the_question_changes(own: Site, tmp_path: Path) -> None:
    make_photo(tmp_path / "Pictures" / "a.jpg", 1)
    await scan(own.house, tmp_path / "Pictures")
    first = (await own.get("/api/photos")).headers["ETag"]
    assert (await own.get("/api/photos?sort=iso")).headers["ETag"] != first
    assert (await own.get("/api/photos", If_None_Match=first)).status == 304
    make_photo(tmp_path / "Pictures" / "b.jpg", 2)
    await scan(own.house)
    changed = await own.get("/api/photos", If_None_Match=first)
    assert changed.status == 200
    assert changed.headers["ETag"] != first
    await scan(own.house)
    again = await own.get("/api/photos", If_None_Match=changed.headers["ETag"])
    assert again.status == 304, "a scan that found nothing new changes nothing"
    (tmp_path / "Pictures").rename(tmp_path / "unplugged")
    await scan(own.house)
    offline = await own.get("/api/photos", If_None_Match=changed.headers["ETag"])
    assert offline.status == 200
    assert (await offline.json())["photos"][0]["offline"] is True


async def test_a_total_of_a_moment_ago_has_no_version(own: Site, tmp_path: Path) -> None:
    make_photo(tmp_path / "Pictures" / "a.jpg", 1)
    await scan(own.house, tmp_path / "Pictures")
    asked = "/api/photos?min_iso=100&sort=filename"
    first = await own.get(asked)
    assert (await first.json())["total"] == 1
    assert "ETag" in first.headers
    make_photo(tmp_path / "Pictures" / "b.jpg", 2)
    await scan(own.house)
    second = await own.get(asked)
    assert len((await second.json())["photos"]) == 2
    assert "ETag" not in second.headers
    assert second.headers["Cache-Control"] == "no-store"


async def test_an_empty_list_has_one_page_and_one_beyond_the_end_knows_how_many_there_are(library: Site) -> None:
    nothing = {
        "photos": [],
        "page": 1,
        "total": 0,
        "per_page": 64,
        "total_pages": 1,
        "has_more": False,
        "next": None,
        "sort_col": "aggregate",
    }
    assert await library.json("/api/photos?tag=nowhere") == nothing
    beyond = {"page": 9, "total": 7, "per_page": 7, "total_pages": 1}
    assert await library.json("/api/photos?page=9&per_page=7") == nothing | beyond


async def test_walking_by_page_and_by_key_over_http(library: Site) -> None:
    for sort in ("filename", "aggregate", "date_taken", "star_rating", "iso"):
        for direction in ("ASC", "DESC"):
            asked = f"/api/photos?sort={sort}&sort_direction={direction}"
            whole = await library.json(f"{asked}&per_page=500")
            assert (whole["page"], whole["total"], whole["has_more"], whole["next"], whole["total_pages"]) == (1, 7, False, None, 1)
            assert whole["sort_col"] == sort
            expected = [photo["id"] for photo in whole["photos"]]
            by_page, by_key = [], []
            page = await library.json(f"{asked}&per_page=3")
            assert (page["total_pages"], page["has_more"]) == (3, True)
            for number in (1, 2, 3, 4):
                by_page += [photo["id"] for photo in (await library.json(f"{asked}&per_page=3&page={number}"))["photos"]]
            while True:
                by_key += [photo["id"] for photo in page["photos"]]
                if page["next"] is None:
                    break
                page = await library.json(f"{asked}&per_page=3&after={page['next']}")
            assert by_page == by_key == expected


async def test_a_photo_tells_everything_and_no_path_of_the_server(library: Site, stocked: Path) -> None:
    photo = await library.json("/api/photo?path=/Pictures/c.jpg")
    assert (photo["star_rating"], photo["title"], photo["keywords"]) == (4, "<script>alert(1)</script>", ["a<b>", "beach"])
    assert (photo["date_taken"], photo["date_formatted"]) == (None, None)
    assert (photo["image_width"], photo["image_height"]) == (213, 320)
    parts = photo["breakdown"]["components"]
    assert abs(sum(part["weight"] for part in parts) - 1) < 0.01
    for path in (
        "/api/photos",
        "/api/photo?path=/Pictures/c.jpg",
        "/api/folders",
        "/api/failures",
        "/api/scan/status",
        "/api/scan/directories",
    ):
        assert str(stocked) not in await (await library.get(path)).text()


async def test_folders_and_failures(library: Site) -> None:
    top = await library.json("/api/folders")
    assert [(each["name"], each["path"], each["photo_count"]) for each in top["folders"]] == [("Pictures", "/Pictures/", 7)]
    photo = await library.json(f"/api/photo?id={top['folders'][0]['cover_photo_id']}")
    assert (photo["path"], photo["v"]) == (top["folders"][0]["cover_photo_path"], top["folders"][0]["cover_photo_v"])
    etag = (await library.get("/api/folders")).headers["ETag"]
    assert (await library.get("/api/folders", If_None_Match=etag)).status == 304
    inner = await library.json("/api/folders?prefix=/Pictures/")
    assert [(each["name"], each["photo_count"]) for each in inner["folders"]] == [("Rome", 2), ("Rome (2)", 1)]
    assert inner["has_direct_photos"] is True
    (root,) = (await library.json("/api/scan/status"))["roots"]
    assert root["photo_count"] == (await library.json("/api/photos"))["total"] == 7, "the file that is broken is told apart"
    for prefix in ("/Pictures/Rom", "/nothing", "/Pictures/../Pictures", "/Pictures/%25"):
        await library.problem(f"/api/folders?prefix={prefix}", 404)
    failures = await library.json("/api/failures?per_page=1")
    assert (failures["total"], failures["failures"][0]["attempts"]) == (1, 1)
    assert failures["failures"][0]["message"]
    assert (await library.json("/api/failures?page=2&per_page=1"))["failures"] == []
