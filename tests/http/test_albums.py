"""Albums over HTTP: the whole life of one, what is refused, and what others see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facetd.db import albumwrites
from facetd.records.viewer import Viewer
from tests.house import config
from tests.http.acting import Acting, acting
from tests.http.serving import problem_of


class Asking(Acting):
    """Every method; see Acting."""

    async def ask(self, viewer: Viewer, method: str, path: str, status: int = 200, **body: Any) -> Any:
        self.viewer = viewer
        response = await self.site.client.request(method, path, json=body)
        if status != 200:
            return await problem_of(response, status)
        assert response.status == 200, await response.text()
        return await response.json()


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Asking]:
    async with acting(tmp_path / "data") as made:
        yield Asking(made.site, made.home)


async def test_the_life_of_an_album(web: Asking) -> None:
    alice, bob, shared, alices = web.home.alice, web.home.bob, web.home.shared, web.home.alices
    made = await web.post(alice, "/api/albums", name="Summer", description="2024")
    number = made["id"]
    assert made == {
        "id": number, "name": "Summer", "description": "2024", "cover_photo_id": None, "cover_photo_path": None, "cover_photo_v": None,
        "first_photo_id": None, "first_photo_path": None, "photo_count": 0, "is_smart": False, "smart_filter_json": None, "error": None,
        "visibility": "private", "is_mine": True, "is_shared": False, "created_at": made["created_at"], "updated_at": made["updated_at"],
    }  # fmt: skip
    address = f"/api/albums/{number}"
    added = await web.post(alice, f"{address}/photos", photo_ids=[alices[0], shared[0], 4711, web.home.bobs[0]])
    assert (added["ok"], added["added"], added["photo_count"], added["not_found"]) == (True, 2, 2, [4711, web.home.bobs[0]])
    again = await web.post(alice, f"{address}/photos", photo_paths=["/Shared/1.jpg", "/Shared/2.jpg"])
    assert (again["added"], again["photo_count"], again["not_found"]) == (1, 3, [])
    found = await web.get(alice, "/api/albums")
    assert (found["total"], found["page"], found["per_page"], found["total_pages"], found["has_more"]) == (1, 1, 48, 1, False)
    assert found["albums"] == [await web.get(alice, address)]
    assert found["albums"][0]["cover_photo_path"] == found["albums"][0]["first_photo_path"] == "/Alice/1.jpg"
    page = await web.get(alice, f"{address}/photos?per_page=2")
    assert [photo["id"] for photo in page["photos"]] == [alices[0], shared[0]]
    assert (page["total"], page["total_pages"], page["has_more"], page["sort_col"], page["sort_direction"]) == (
        3,
        2,
        True,
        "position",
        "ASC",
    )
    rest = await web.get(alice, f"{address}/photos?per_page=2&after={page['next']}")
    assert [photo["id"] for photo in rest["photos"]] == [shared[1]]
    ordered = await web.ask(alice, "PUT", f"{address}/order", photo_ids=[shared[1], shared[0], alices[0]])
    assert (ordered["moved"], ordered["photo_count"]) == (2, 3)
    moved = await web.ask(alice, "PUT", f"{address}/order", photo_paths=["/Alice/1.jpg"], before_path="/Shared/2.jpg")
    assert moved["moved"] == 3
    assert [photo["id"] for photo in (await web.get(alice, f"{address}/photos"))["photos"]] == [alices[0], shared[1], shared[0]]
    changed = await web.ask(alice, "PUT", address, name="Ours", cover_photo_path="/Alice/1.jpg", visibility="household")
    assert (changed["name"], changed["cover_photo_id"], changed["description"]) == ("Ours", alices[0], "2024")
    seen = await web.get(bob, address)
    assert (seen["cover_photo_id"], seen["photo_count"], seen["is_mine"]) == (shared[1], 2, False)
    assert [photo["id"] for photo in (await web.get(bob, f"/api/photos?album_id={number}&sort=position&dir=ASC"))["photos"]] == [
        shared[1], shared[0]
    ]  # fmt: skip
    assert (await web.ask(alice, "PUT", address, cover_photo_id=None))["cover_photo_id"] == alices[0]
    out = await web.ask(alice, "DELETE", f"{address}/photos", photo_ids=[alices[0], alices[1]])
    assert (out["ok"], out["removed"], out["photo_count"]) == (True, 1, 2)
    assert (await web.post(alice, f"/api/undo/{out['undo']}"))["restored"] == 1
    assert (await web.get(alice, address))["photo_count"] == 3
    before = await web.get(alice, address)
    gone = await web.ask(alice, "DELETE", address)
    assert gone["ok"]
    await web.ask(alice, "GET", address, 404)
    await web.post(bob, f"/api/undo/{gone['undo']}", 404)
    assert (await web.post(alice, f"/api/undo/{gone['undo']}"))["restored"] == 3
    again = await web.get(alice, address)
    assert {**again, "updated_at": ""} == {**before, "updated_at": ""}
    assert [photo["id"] for photo in (await web.get(alice, f"{address}/photos"))["photos"]] == [alices[0], shared[1], shared[0]]
    await web.ask(alice, "DELETE", address)
    assert (await web.get(alice, "/api/photos"))["total"] == 6, "the photos stay"


async def test_a_list_that_did_not_change_is_not_sent_again(web: Asking) -> None:
    web.viewer = web.home.alice
    number = (await web.post(web.home.alice, "/api/albums", name="A", photo_ids=list(web.home.shared)))["id"]
    for path in ("/api/albums", f"/api/albums/{number}/photos"):
        etag = (await web.site.get(path)).headers["ETag"]
        assert (await web.site.get(path, If_None_Match=etag)).status == 304
        await web.ask(web.home.alice, "DELETE", f"/api/albums/{number}/photos", photo_ids=[web.home.shared[0]])
        assert (await web.site.get(path, If_None_Match=etag)).status == 200
        await web.post(web.home.alice, f"/api/albums/{number}/photos", photo_ids=[web.home.shared[0]])


async def test_somebody_elses_album_is_like_none(web: Asking) -> None:
    bob = replace(web.home.bob, role="admin")
    number = (await web.post(web.home.alice, "/api/albums", name="A", photo_ids=list(web.home.shared)))["id"]
    body = {"photo_ids": [web.home.shared[0]]}
    for method, path, sent in (
        ("GET", "", {}), ("PUT", "", {"name": "x"}), ("DELETE", "", {}), ("GET", "/photos", {}), ("POST", "/photos", body),
        ("DELETE", "/photos", body), ("PUT", "/order", body), ("GET", "/photos?sort=aggregate&page=9", {}),
    ):  # fmt: skip
        texts = []
        for other in (number, 999):
            web.viewer = bob
            response = await web.site.client.request(method, f"/api/albums/{other}{path}", json=sent)
            assert response.status == 404, (method, path)
            texts.append(await response.text())
        assert texts[0] == texts[1]
    await web.ask(bob, "GET", f"/api/photos?album_id={number}", 404)
    assert (await web.get(bob, "/api/albums"))["total"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "", {"name": ""}, "name"),
        ("POST", "", {"name": "   "}, "name"),
        ("POST", "", {"name": "x" * 201}, "name"),
        ("POST", "", {"name": "x", "colour": 1}, "colour"),
        ("POST", "", {"name": "x", "is_smart": True}, "smart_filter_json"),
        ("POST", "", {"name": "x", "smart_filter_json": "{}"}, "smart_filter_json"),
        ("POST", "", {"name": "x", "visibility": "public"}, "visibility"),
        ("POST", "", {"name": "x", "is_smart": True, "smart_filter_json": "{}", "photo_ids": [1]}, "photo_ids"),
        ("PUT", "/1", {"name": ""}, "name"),
        ("POST", "/1/photos", {}, "photo_ids"),
        ("POST", "/1/photos", {"photo_ids": []}, "photo_ids"),
        ("POST", "/1/photos", {"photo_ids": [1], "photo_paths": ["/a"]}, "photo_ids"),
        ("POST", "/1/photos", {"photo_ids": [0]}, "photo_ids.0"),
        ("DELETE", "/1/photos", {"photo_paths": []}, "photo_paths"),
        ("PUT", "/1/order", {"photo_ids": [1], "before_id": 2, "after_id": 3}, "before_id"),
        ("GET", "?per_page=201", {}, "per_page"),
        ("GET", "?type=round", {}, "type"),
        ("GET", "?sort=colour", {}, "sort"),
        ("GET", "/1/photos?per_page=201", {}, "per_page"),
        ("GET", "/1/photos?sort=colour", {}, "sort"),
        ("GET", "/1/photos?camera=x", {}, "camera"),
        ("GET", "/1/photos?after=x", {}, "after"),
    ],
)
async def test_what_does_not_fit_is_named(web: Asking, method: str, path: str, body: dict[str, Any], field: str) -> None:
    await web.post(web.home.alice, "/api/albums", name="A", photo_ids=list(web.home.shared))
    assert field in await web.ask(web.home.alice, method, f"/api/albums{path}", 400, **body)


async def test_an_album_narrows_whatever_takes_filters(web: Asking) -> None:
    alice, shared = web.home.alice, web.home.shared
    number = (await web.post(alice, "/api/albums", name="A", photo_ids=[shared[2], shared[0], web.home.alices[1]]))["id"]
    smart = (await web.post(alice, "/api/albums", name="S", is_smart=True, smart_filter_json={"max_score": 7.5}))["id"]
    assert (await web.get(alice, f"/api/photos/ids?album_id={number}&sort=position&sort_direction=ASC"))["ids"] == [
        shared[2], shared[0], web.home.alices[1]
    ]  # fmt: skip
    assert {photo["id"] for photo in (await web.get(alice, f"/api/search?q=jpg&album_id={number}"))["photos"]} == {
        shared[0], shared[2], web.home.alices[1]
    }  # fmt: skip
    found = await web.get(alice, f"/api/photos?album_id={smart}&path_prefix=/Shared")
    assert ({photo["id"] for photo in found["photos"]}, found["total"]) == ({shared[1], shared[2]}, 2)
    for path in ("/api/photos", "/api/photos/ids"):
        await web.ask(web.home.bob, "GET", f"{path}?album_id={number}", 404)


async def test_positions_are_asked_of_albums_only(web: Asking) -> None:
    assert "sort" in await web.ask(web.home.alice, "GET", "/api/photos?sort=position", 400)


async def test_albums_can_be_switched_off(tmp_path: Path) -> None:
    async with acting(tmp_path / "data", config(viewer={"features": {"show_albums": False}})) as web:
        await problem_of(await web.site.client.get("/api/albums"), 403)
        await web.post(web.home.alice, "/api/albums", 403, name="x")
        number = await albumwrites.make(web.site.house.db, web.home.alice.user_id, "Old", photos=web.home.shared)
        for path in ("/api/photos", "/api/photos/ids", "/api/export"):
            await problem_of(await web.site.client.get(f"{path}?album_id={number}"), 403)


async def test_what_the_album_does_not_allow_is_a_conflict(web: Asking) -> None:
    """It fits the description: another album would take it."""
    await web.post(web.home.alice, "/api/albums", name="A", photo_ids=list(web.home.shared))
    photo = web.home.shared[0]
    for address, body, field in (
        ("/api/albums/1", {"is_smart": True}, "smart_filter_json"),
        ("/api/albums/1", {"smart_filter_json": {}}, "smart_filter_json"),
        ("/api/albums/1", {"cover_photo_id": web.home.bobs[0]}, "cover_photo_id"),
        ("/api/albums/1/order", {"photo_ids": [photo], "before_id": photo}, "photo_ids"),
    ):
        assert field in await web.ask(web.home.alice, "PUT", address, 409, **body), body
    odd = {"smart_filter_json": {"min_score": "7"}, "is_smart": True}
    assert "smart_filter_json.min_score" in await web.ask(web.home.alice, "PUT", "/api/albums/1", 400, **odd)
