"""Files that go from one folder to another in a household: what comes along, and what stays whose it is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from facetd.house import House
from facetd.ingest.scan import ScanOptions
from tests.house import scan
from tests.household import at_home, call, tokens
from tests.http.serving import Site

LONG_AGO = "2026-01-01T00:00:00Z"


@dataclass
class Home:
    """The household, in which alice wrote a caption for her photo, rated it and has it in an album."""

    house: House
    site: Site
    token: dict[str, str]
    photos: Path
    photo: int
    album: int

    async def asked(self, who: str, path: str) -> Any:
        response = await call(self.site, "GET", path, self.token[who])
        return await response.json() if response.status == 200 else response.status

    async def seen(self, who: str, path: str) -> tuple[int, str | None, int] | int:
        """Id, caption and stars of the photo at `path`, or the status."""
        found = await self.asked(who, f"/api/photo?path={path}")
        return found if isinstance(found, int) else (found["id"], found["caption"], found["star_rating"])


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with at_home(tmp_path) as (house, site):
        token = await tokens(site)
        rows = await house.db.rows("SELECT id FROM photo WHERE filename = 'alice1.jpg'")
        found = Home(house, site, token, tmp_path / "photos", int(rows[0][0]), 0)
        await call(site, "PUT", "/api/caption", token["alice"], {"id": found.photo, "caption": "secret"})
        await call(site, "POST", "/api/photos/batch_rating", token["alice"], {"photo_ids": [found.photo], "rating": 5})
        found.album = (await (await call(site, "POST", "/api/albums", token["alice"], {"name": "mine"})).json())["id"]
        await call(site, "POST", f"/api/albums/{found.album}/photos", token["alice"], {"photo_ids": [found.photo]})
        yield found


async def move(home: Home, old: str, new: str, *, at_once: bool) -> None:
    """By renaming, or as between disks: copied, seen, and only then deleted."""
    first, second = home.photos / old, home.photos / new
    if at_once:
        os.rename(first, second)
    else:
        second.write_bytes(first.read_bytes())
        first.unlink()
    await scan(home.house)


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_one_shares_and_takes_back_stays_the_photo_it_is(home: Home, at_once: bool) -> None:
    await move(home, "a_b/alice1.jpg", "Shared/x.jpg", at_once=at_once)
    assert await home.seen("alice", "/Shared/x.jpg") == (home.photo, "secret", 5)
    assert await home.seen("bob", "/Shared/x.jpg") == (home.photo, "secret", 0), "stars are alice's"
    assert (await home.asked("bob", "/api/albums"))["albums"] == []
    await move(home, "Shared/x.jpg", "a_b/y.jpg", at_once=at_once)
    assert await home.seen("alice", "/a_b/y.jpg") == (home.photo, "secret", 5)
    assert await home.asked("bob", f"/api/photo?id={home.photo}") == 404
    assert (await home.asked("alice", f"/api/albums/{home.album}"))["photo_count"] == 1


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_same_file_in_anothers_folder_is_their_photo(home: Home, at_once: bool) -> None:
    content = (home.photos / "a_b" / "alice1.jpg").read_bytes()
    await move(home, "a_b/alice1.jpg", "axb/mailed.jpg", at_once=at_once)
    found = await home.seen("bob", "/axb/mailed.jpg")
    assert isinstance(found, tuple)
    assert found[0] != home.photo
    assert found[1:] == (None, 0)
    camera = (await home.asked("bob", f"/api/photo?id={found[0]}"))["camera_model"]
    assert camera == "Alice's camera", "it was read, not taken for known"
    assert await home.asked("alice", f"/api/photo?id={found[0]}") == 404
    (home.photos / "a_b" / "alice1.jpg").write_bytes(content)
    await scan(home.house)
    assert await home.seen("alice", "/a_b/alice1.jpg") == (home.photo, "secret", 5)
    assert (await home.asked("alice", f"/api/albums/{home.album}"))["photo_count"] == 1
    assert await home.seen("bob", "/axb/mailed.jpg") == found


async def test_a_copy_that_is_shared_long_after_the_photo_was_deleted_tells_nothing_of_it(home: Home) -> None:
    content = (home.photos / "a_b" / "alice1.jpg").read_bytes()
    (home.photos / "a_b" / "alice1.jpg").unlink()
    await scan(home.house)
    async with home.house.db.writing() as connection:
        await connection.execute("UPDATE photo SET missing_since = ? WHERE id = ?", (LONG_AGO, home.photo))
    (home.photos / "Shared" / "mailed.jpg").write_bytes(content)
    await home.house.ingest.start_scan(await home.house.ingest.parts_for([str(home.photos / "Shared")]), ScanOptions())
    found = await home.seen("bob", "/Shared/mailed.jpg")
    assert isinstance(found, tuple)
    assert found[1:] == (None, 0)
