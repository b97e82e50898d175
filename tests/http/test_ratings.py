"""Rating over HTTP: one photo and many, by id and path, and taking it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.house import config
from tests.http.acting import Acting, acting


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Acting]:
    async with acting(tmp_path / "data") as found:
        yield found


async def test_many_at_once(home: Acting) -> None:
    alice, bob, shared = home.home.alice, home.home.bob, home.home.shared
    reply = await home.post(bob, "/api/photos/batch_rating", photo_ids=[*shared, home.home.alices[0], 999], rating=3)
    assert (reply["success"], reply["count"], reply["not_found"]) == (True, 3, [home.home.alices[0], 999])
    assert (await home.post(bob, "/api/photos/batch_rating", photo_ids=[*shared], rating=3))["count"] == 0
    paths = ["/Shared/1.jpg", "/Alice/1.jpg", "/Shared/1.jpg"]
    liked = await home.post(bob, "/api/photos/batch_favorite", photo_paths=paths)
    assert (liked["count"], liked["not_found"]) == (1, ["/Alice/1.jpg"])
    assert (await home.post(bob, "/api/photos/batch_reject", photo_ids=[shared[1]]))["count"] == 1
    rated = {p["id"]: (p["star_rating"], p["is_favorite"], p["is_rejected"]) for p in (await home.get(bob, "/api/photos"))["photos"]}
    assert [rated[number] for number in shared] == [(3, 1, 0), (0, 0, 1), (3, 0, 0)]
    assert {p["star_rating"] for p in (await home.get(alice, "/api/photos"))["photos"]} == {0}
    assert (await home.get(bob, "/api/photos?favorites_only=1"))["total"] == 1
    assert (await home.get(alice, "/api/photos?favorites_only=1"))["total"] == 0


async def test_one_photo(home: Acting) -> None:
    bob, (number, *_) = home.home.bob, home.home.bobs
    reply = await home.post(bob, "/api/photo/set_rating", photo_path="/Bob/1.jpg", rating=4)
    assert {**reply, "undo": None} == {"success": True, "id": number, "rating": 4, "undo": None}
    assert (await home.post(bob, "/api/photo/set_rating", photo_id=number, rating=4))["undo"] is None
    reply = await home.post(bob, "/api/photo/toggle_favorite", photo_id=number)
    assert (reply["is_favorite"], reply["is_rejected"]) == (True, False)
    reply = await home.post(bob, "/api/photo/toggle_rejected", photo_id=number)
    assert (reply["is_rejected"], reply["star_rating"], reply["is_favorite"]) == (True, 0, False)
    reply = await home.post(bob, "/api/photo/toggle_rejected", photo_id=number)
    assert (reply["is_rejected"], reply["star_rating"], reply["is_favorite"]) == (False, None, None)
    assert (await home.get(bob, f"/api/photo?id={number}"))["star_rating"] == 0


async def test_what_is_taken_back(home: Acting) -> None:
    alice, bob, shared = home.home.alice, home.home.bob, home.home.shared
    token = (await home.post(bob, "/api/photos/batch_rating", photo_ids=[*shared], rating=5))["undo"]
    await home.post(bob, "/api/photo/set_rating", photo_id=shared[0], rating=1)
    theirs = await home.site.client.post(f"/api/undo/{token}x")
    home.viewer = alice
    foreign = await home.site.client.post(f"/api/undo/{token}")
    assert (foreign.status, await foreign.json()) == (404, await theirs.json())
    reply = await home.post(bob, f"/api/undo/{token}")
    assert (reply["kind"], reply["restored"], reply["kept"], reply["not_found"]) == ("ratings", 2, [shared[0]], [])
    await home.post(bob, f"/api/undo/{token}", status=404)
    stars = {p["id"]: p["star_rating"] for p in (await home.get(bob, "/api/photos"))["photos"]}
    assert [stars[number] for number in shared] == [1, 0, 0]
    assert (await home.post(bob, f"/api/undo/{reply['undo']}"))["restored"] == 2


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/photos/batch_rating", {"photo_ids": [1]}, "rating"),
        ("/api/photos/batch_rating", {"photo_ids": [1], "rating": 6}, "rating"),
        ("/api/photos/batch_rating", {"photo_ids": [1], "rating": "3"}, "rating"),
        ("/api/photos/batch_favorite", {}, "photo_ids"),
        ("/api/photos/batch_favorite", {"photo_ids": []}, "photo_ids"),
        ("/api/photos/batch_favorite", {"photo_ids": [1], "photo_paths": ["/Bob/1.jpg"]}, "photo_ids"),
        ("/api/photos/batch_reject", {"photo_ids": list(range(1, 10_002))}, "photo_ids"),
        ("/api/photos/batch_reject", {"photos": [1]}, "photos"),
        ("/api/photo/set_rating", {"photo_id": 1, "rating": -1}, "rating"),
        ("/api/photo/toggle_favorite", {}, "photo_id"),
        ("/api/photo/toggle_rejected", {"photo_id": 1, "photo_path": "/Bob/1.jpg"}, "photo_id"),
    ],
)
async def test_what_does_not_fit_is_named(home: Acting, path: str, body: dict[str, object], field: str) -> None:
    assert field in await home.post(home.home.bob, path, status=400, **body)


async def test_photos_of_others_are_not_there(home: Acting) -> None:
    bob, alices = home.home.bob, home.home.alices
    for path, more in (("set_rating", {"rating": 3}), ("toggle_favorite", {}), ("toggle_rejected", {})):
        home.viewer = bob
        foreign = await home.site.client.post(f"/api/photo/{path}", json={"photo_id": alices[0], **more})
        nowhere = await home.site.client.post(f"/api/photo/{path}", json={"photo_id": 999_999, **more})
        assert (foreign.status, await foreign.json()) == (404, await nowhere.json())
    assert (await home.site.house.db.rows("SELECT COUNT(*) FROM rating"))[0][0] == 0


async def test_rating_can_be_switched_off(tmp_path: Path) -> None:
    settings = config(viewer={"features": {"show_rating_controls": False}})
    async with acting(tmp_path / "data", settings) as home:
        for path in ("/api/photos/batch_favorite", "/api/photos/batch_reject"):
            await home.post(home.home.bob, path, status=403, photo_ids=[1])
        await home.post(home.home.bob, "/api/photos/batch_rating", status=403, photo_ids=[1], rating=1)
        for path, more in (("set_rating", {"rating": 3}), ("toggle_favorite", {}), ("toggle_rejected", {})):
            await home.post(home.home.bob, f"/api/photo/{path}", status=403, photo_id=1, **more)
