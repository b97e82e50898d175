"""Capsules over HTTP: the list, its pages and states, the photos, who may have other ones made."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.capsules import Shelf
from tests.house import config, opened
from tests.http.serving import Site, problem_of, served


@asynccontextmanager
async def filled(folder: Path, **sections: Any) -> AsyncIterator[Site]:
    """A served library of two summers and a person."""
    settings = config(capsules={"max_photo_overlap": 1.0}, **sections)
    async with opened(folder, settings) as house, served(house) as site:
        shelf = Shelf(house.db)
        root = await shelf.root("Photos")
        photos = await shelf.photos(root, 30) + await shelf.photos(root, 30, start="2023-07-01T10:00:00")
        await shelf.person("Dora & <Bob>", photos[:15])
        yield site


async def made(site: Site, path: str = "/api/capsules?per_page=200") -> Any:
    """The list once it is made."""
    await site.json(path)
    await site.house.ingest.capsules.settled()
    return await site.json(path)


async def test_capsules_are_made_in_the_background_and_open(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        first = await site.json("/api/capsules")
        assert (first["state"], first["refreshing"], first["capsules"], first["computed_at"]) == ("computing", True, [], None)
        found = await made(site)
        assert (found["state"], found["refreshing"], found["has_more"]) == ("ready", False, False)
        assert found["total"] == len(found["capsules"]) == len({each["id"] for each in found["capsules"]}) > 5
        for capsule in found["capsules"]:
            assert re.fullmatch(r"[A-Za-z0-9:._~@-]+", capsule["id"]), "as it is in an address"
            opened_one = await site.json(f"/api/capsules/{capsule['id']}/photos")
            assert opened_one["capsule"] == capsule
            assert len(opened_one["photos"]) == capsule["photo_count"]
            cover = next(photo for photo in opened_one["photos"] if photo["id"] == capsule["cover_photo_id"])
            assert cover["path"] == capsule["cover_photo_path"]
            assert capsule["title_key"].startswith("capsules.")
        person = next(each for each in found["capsules"] if each["type"] == "faces_of")
        assert person["title"] == "Moments with Dora & <Bob>"
        assert person["title_params"] == {"person": "Dora & <Bob>"}
        assert (person["transition"], person["icon"], person["subtitle"]) == ("zoom", "face", "15 photos")


async def test_pages_have_all_capsules_once(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        whole = await made(site)
        pages = [await site.json(f"/api/capsules?per_page=4&page={page}") for page in range(1, -(-whole["total"] // 4) + 1)]
        assert [each for page in pages for each in page["capsules"]] == whole["capsules"]
        assert [page["has_more"] for page in pages] == [True] * (len(pages) - 1) + [False]
        assert (await site.json("/api/capsules?per_page=4&page=999"))["capsules"] == []


async def test_days_narrow_the_list_and_its_capsules_open(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        await made(site)
        found = await made(site, "/api/capsules?per_page=200&date_from=2023-01-01&date_to=2023-12-31")
        ids = [each["id"] for each in found["capsules"]]
        assert "seasonal:2023-summer@2023-01-01..2023-12-31" in ids
        for name in ids:
            photos = (await site.json(f"/api/capsules/{name}/photos"))["photos"]
            assert {photo["date_taken"][:4] for photo in photos} == {"2023"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("per_page=201", "per_page"), ("per_page=0", "per_page"), ("page=0", "page"), ("refresh=perhaps", "refresh"), ("seed=1", "seed"),
        ("date_from=yesterday", "date_from"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_named(tmp_path: Path, query: str, field: str) -> None:
    async with filled(tmp_path) as site:
        assert list(await site.problem(f"/api/capsules?{query}")) == [field]


async def test_no_day_has_no_capsules(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        found = await site.json("/api/capsules?date_from=2024-02-01&date_to=2024-01-01")
        assert (found["capsules"], found["total"], found["state"], found["refreshing"]) == ([], 0, "ready", False)


async def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        await made(site)
        for name in ("faces_of:999", "nothing", "%00", "golden:all@2024-01-01..2023-01-01", "@..", "%F0%9F%98%80"):
            response = await site.get(f"/api/capsules/{name}/photos")
            await problem_of(response, 404)


async def test_a_switched_off_part_answers_403(tmp_path: Path) -> None:
    async with filled(tmp_path, viewer={"features": {"show_capsules": False}}) as site:
        for path in ("/api/capsules", "/api/capsules/golden:all/photos"):
            await problem_of(await site.get(path), 403)


async def test_only_who_may_edit_has_other_ones_made(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        before = await made(site)
        again = await site.json("/api/capsules?per_page=200&refresh=true")
        assert again["capsules"] == before["capsules"]
        assert again["refreshing"]
        await site.house.ingest.capsules.settled()
        after = await site.json("/api/capsules?per_page=200")
        assert after["computed_at"] > before["computed_at"]
        await problem_of(await site.get("/api/capsules?refresh=1", Origin="https://elsewhere.example"), 403)
        assert (await site.json("/api/capsules?per_page=200"))["computed_at"] == after["computed_at"]


async def test_who_may_only_look_has_nothing_made_or_saved(tmp_path: Path) -> None:
    async with filled(tmp_path, viewer={"edition_password": "open sesame"}) as site:
        found = await made(site)
        assert found["capsules"]
        await problem_of(await site.get("/api/capsules?refresh=1"), 403)
        await problem_of(await site.client.post("/api/capsules/golden:all/save-album"), 403)
        assert not (await site.json("/api/capsules"))["refreshing"]


async def test_a_capsule_is_saved_as_an_album(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        person = next(each for each in (await made(site))["capsules"] if each["type"] == "faces_of")
        photos = [photo["id"] for photo in (await site.json(f"/api/capsules/{person['id']}/photos"))["photos"]]
        response = await site.client.post(f"/api/capsules/{person['id']}/save-album")
        assert response.status == 200, await response.text()
        saved = await response.json()
        assert saved["name"] == "Moments with Dora & <Bob>"
        album = await site.json(f"/api/albums/{saved['album_id']}")
        assert (album["name"], album["photo_count"], album["visibility"]) == (saved["name"], 15, "private")
        shown = await site.json(f"/api/albums/{saved['album_id']}/photos")
        assert [photo["id"] for photo in shown["photos"]] == photos, "in the capsule's order"
        await problem_of(await site.client.post("/api/capsules/faces_of:99/save-album"), 404)
    async with filled(tmp_path / "other", viewer={"features": {"show_albums": False}}) as site:
        await made(site)
        await problem_of(await site.client.post("/api/capsules/golden:all/save-album"), 403)


async def test_lists_are_kept_until_something_changes(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        await made(site)
        path = "/api/capsules?per_page=200"
        first = await site.get(path)
        same = await site.get(path, If_None_Match=first.headers["ETag"])
        assert same.status == 304
        one = f"/api/capsules/{(await first.json())['capsules'][0]['id']}/photos"
        assert (await site.get(one, If_None_Match=(await site.get(one)).headers["ETag"])).status == 304
        async with site.house.db.writing() as connection:
            await connection.execute("UPDATE person SET name = 'Dora'")
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
        assert (await site.get(path, If_None_Match=first.headers["ETag"])).status == 200


async def test_its_user_is_told_when_a_list_was_made(tmp_path: Path) -> None:
    async with filled(tmp_path) as site:
        with site.house.ingest.events.listening() as queue:
            await made(site)
            told = []
            while not queue.empty():
                told.append(queue.get_nowait())
        mine = [event for event in told if event is not None and event.name == "capsules"]
        assert [(event.user_id, event.data) for event in mine] == [(0, {"dates": ["", ""]})]
