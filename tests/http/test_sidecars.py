"""Sidecars over HTTP: each sees what they may."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import opened, scan
from tests.household import call, fill, household, tokens
from tests.http.serving import Site, served
from tests.photos import sidecar

SECTIONS = {"a_b": {"mode": "beside"}, "axb": {"mode": "beside"}, "Shared": {"mode": "beside", "user": "bob"}}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Site]:
    fill(tmp_path / "photos")
    async with opened(tmp_path / "data", household(tmp_path / "photos", sidecars=SECTIONS)) as house:
        for name in ("a_b", "axb", "Shared"):
            await scan(house, tmp_path / "photos" / name)
        async with served(house) as site:
            yield site


async def asked(site: Site, method: str, path: str, token: str | None, body: object = None, status: int = 200) -> Any:
    response = await call(site, method, path, token, body)
    text = await response.text()
    assert response.status == status, text
    return json.loads(text)


async def test_each_writes_their_own_ratings(home: Site, tmp_path: Path) -> None:
    users = await tokens(home)
    rated = {
        "alice": {"/a_b/alice1.jpg": 5, "/Shared/shared1.jpg": 4},
        "bob": {"/axb/bob1.jpg": 3, "/Shared/shared1.jpg": 2},
    }
    for name, photos in rated.items():
        for path, stars in photos.items():
            await asked(home, "POST", "/api/photo/set_rating", users[name], {"photo_path": path, "rating": stars})
    await asked(home, "POST", "/api/sidecars/write", users["bob"], {}, 403)
    done = await asked(home, "POST", "/api/sidecars/write", users["alice"], {"dry_run": True})
    assert (done["written"], done["planned"]) == (0, 2)  # bob's own folder is none of hers
    assert (await asked(home, "POST", "/api/sidecars/write", users["alice"], {}))["written"] == 2
    photos = tmp_path / "photos"
    assert b"<xmp:Rating>5<" in (photos / "a_b" / "alice1.jpg.xmp").read_bytes()
    assert b"<xmp:Rating>2<" in (photos / "Shared" / "shared1.jpg.xmp").read_bytes()
    assert os.listdir(photos / "axb") == ["bob1.jpg"]
    assert (await home.house.ingest.sidecars.write()).written == 1
    assert b"<xmp:Rating>3<" in (photos / "axb" / "bob1.jpg.xmp").read_bytes()
    await asked(home, "POST", "/api/sidecars/write", users["alice"], {"root": "axb"}, 404)
    await asked(home, "POST", "/api/sidecars/write", users["alice"], {"root": "nothing"}, 404)
    found = await asked(home, "GET", "/api/sidecars/status", users["alice"])
    assert {(root["root"], root["user"], root["waiting"]) for root in found["roots"]} == {("a_b", "alice", 0), ("Shared", "bob", 0)}
    assert found["problems"] == []
    await asked(home, "GET", "/api/sidecars/status", users["bob"], status=403)


async def test_conflicts_and_failures_of_others_are_not_shown(home: Site, tmp_path: Path) -> None:
    users = await tokens(home)
    for path, name in (("a_b/alice1.jpg", "alice"), ("axb/bob1.jpg", "bob"), ("Shared/shared1.jpg", "bob")):
        await asked(home, "POST", "/api/photo/set_rating", users[name], {"photo_path": f"/{path}", "rating": 5})
        await home.house.ingest.sidecars.write()
        await asked(home, "POST", "/api/photo/set_rating", users[name], {"photo_path": f"/{path}", "rating": 4})
        os.utime(sidecar(tmp_path / "photos" / f"{path}.xmp", rating=1), (1700000000, 1700000000))
    await asked(home, "PUT", "/api/caption", users["alice"], {"path": "/Shared/shared1.jpg", "caption": "Ours"})
    await asked(home, "PUT", "/api/caption", users["alice"], {"path": "/Shared/shared2.jpg", "caption": "Ours"})
    (tmp_path / "photos" / "Shared" / "shared2.jpg.xmp").write_text("<broken")
    await home.house.ingest.sidecars.write()
    seen = {}
    for name, token in users.items():
        found = await asked(home, "GET", "/api/sidecars/conflicts", token)
        assert found["total"] == len(found["conflicts"])
        seen[name] = {(each["photo_path"], each["field"], each["kept"]) for each in found["conflicts"]}
        failed = await asked(home, "GET", "/api/sidecars/failures", token)
        assert [each["photo_path"] for each in failed["failures"]] == ["/Shared/shared2.jpg"]
    assert seen["alice"] == {("/a_b/alice1.jpg", "rating", "library")}
    assert seen["bob"] == {("/axb/bob1.jpg", "rating", "library"), ("/Shared/shared1.jpg", "rating", "library")}
    assert (await asked(home, "GET", "/api/sidecars/conflicts?per_page=1&page=2", users["bob"]))["conflicts"][0]["field"] == "rating"
    for path in ("/api/sidecars/conflicts", "/api/sidecars/failures", "/api/sidecars/status"):
        await asked(home, "GET", path, None, status=401)
    await asked(home, "GET", "/api/sidecars/conflicts?per_page=501", users["bob"], status=400)


async def test_labels(home: Site, tmp_path: Path) -> None:
    users = await tokens(home)
    photo = {"photo_path": "/Shared/shared1.jpg"}
    await asked(home, "PUT", "/api/photo/label", users["bob"], {**photo, "label": "Red"}, 403)
    await asked(home, "PUT", "/api/photo/label", users["alice"], {"photo_path": "/axb/bob1.jpg", "label": "Red"}, 404)
    await asked(home, "PUT", "/api/photo/label", users["alice"], {**photo, "label": "x" * 61}, 400)
    reply = await asked(home, "PUT", "/api/photo/label", users["alice"], {**photo, "label": " Red\n"})
    assert reply["label"] == "Red"
    await home.house.ingest.sidecars.write()
    beside = tmp_path / "photos" / "Shared" / "shared1.jpg.xmp"
    assert b"<xmp:Label>Red<" in beside.read_bytes()
    assert (await asked(home, "GET", f"/api/photo?id={reply['id']}", users["bob"]))["label"] == "Red"
    await asked(home, "PUT", "/api/photo/label", users["alice"], {"photo_id": reply["id"], "label": ""})
    await home.house.ingest.sidecars.write()
    assert b"Label" not in beside.read_bytes()
    assert (await asked(home, "GET", f"/api/photo?id={reply['id']}", users["bob"]))["label"] is None


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"mode": "beside"}, "several people"),
        ({"mode": "beside", "user": "carol"}, "there is no user carol"),
    ],
)
async def test_whose_ratings_must_be_clear(tmp_path: Path, section: dict[str, str], why: str) -> None:
    fill(tmp_path / "photos")
    async with opened(tmp_path / "data", household(tmp_path / "photos", sidecars={"Shared": section})) as house:
        await scan(house, tmp_path / "photos" / "Shared")
        found = await house.ingest.sidecars.status()
        assert why in found["problems"][0]
        async with house.db.writing() as connection:
            for user in range(3):
                await connection.execute(f"INSERT INTO rating (user_id, photo_id, stars, updated_at) SELECT {user}, id, 5, '' FROM photo")
        assert (await house.ingest.sidecars.write()).written == 0


async def test_ratings_of_somebody_who_does_not_see_the_folder(tmp_path: Path) -> None:
    fill(tmp_path / "photos")
    settings = household(tmp_path / "photos", sidecars={"a_b": {"mode": "beside", "user": "bob"}})
    async with opened(tmp_path / "data", settings) as house:
        await scan(house, tmp_path / "photos" / "a_b")
        assert "bob does not see this folder" in (await house.ingest.sidecars.status())["problems"][0]
