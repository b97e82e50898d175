"""Sharing albums by link: what a token opens, for how long, what of it is shown, and that it opens nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facetd.accounts.guesses import Guesses
from facetd.config import Config
from facetd.db import shares as db_shares
from facetd.db import store
from facetd.db.connection import Database
from facetd.errors import Conflict, FacetdError, Forbidden, InvalidInput, NotFound, TooManyRequests
from facetd.filters import PhotoFilter
from facetd.library import shares as library_shares
from facetd.library.albums import Albums
from facetd.library.gallery import Gallery
from facetd.library.shares import Shared, Shares
from facetd.library.undoing import Undoing
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.library.households import Household, make_household

HERE = "192.0.2.1"


class Home:
    """A household whose albums are shared; `users` are those who are in the configuration."""

    def __init__(self, home: Household) -> None:
        self.db, self.home = home.db, home
        self.alice, self.bob, self.alices, self.bobs, self.shared = home.alice, home.bob, home.alices, home.bobs, home.shared
        self.users: dict[int, Viewer] = {viewer.user_id: viewer for viewer in (home.alice, home.bob)}
        self.gallery = Gallery(home.db, Config(), lambda _: Judgement("default", None, None))
        self.albums = Albums(home.db, Config(), self.gallery, Undoing(home.db))
        self.shares = Shares(home.db, Config(), self.albums, self.gallery, self._owner, Guesses())

    async def _owner(self, user_id: int) -> Viewer | None:
        user = self.users.get(user_id)
        return None if user is None else replace(user, role="reader")

    async def make(self, ids: list[int] | None = None, smart: dict[str, Any] | None = None) -> tuple[int, str]:
        """An album of alice's and a token for it."""
        made = await self.albums.make(self.alice, "Ours", ids=ids, smart_filter=None if smart is None else json.dumps(smart))
        return made.row.id, (await self.shares.share(self.alice, made.row.id))[1]

    async def page(self, shared: Shared, sort: str = "position", **chosen: Any) -> list[dict[str, Any]]:
        found = await self.shares.page(shared, PhotoFilter(**chosen), sort=sort, descending=None, per_page=100)
        assert found.photos.total == len(found.photos.photos)
        return found.photos.photos

    async def ids(self, shared: Shared, sort: str = "position", **chosen: Any) -> list[int]:
        return [photo["id"] for photo in await self.page(shared, sort, **chosen)]

    async def closed(self, album: int, token: str) -> None:
        with pytest.raises(NotFound, match=r"^there is no such album$"):
            await self.shares.open(album, token, HERE)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with Database(tmp_path / "library.db", readers=2) as db:
        made = Home(await make_household(db))
        yield made
        await made.albums.stop()


async def test_a_token_opens_its_album_through_the_eyes_of_the_owner(home: Home) -> None:
    album, token = await home.make([home.shared[1], home.alices[0]])
    assert len(token) >= 32
    shared = await home.shares.open(album, token, HERE)
    assert (shared.eyes.user_id, shared.eyes.role, shared.eyes.root_ids) == (1, "reader", home.alice.root_ids)
    assert await home.ids(shared) == [home.shared[1], home.alices[0]]
    assert await home.ids(shared, "aggregate") == [home.alices[0], home.shared[1]]
    assert (await home.shares.album(shared)).photo_count == 2
    await home.albums.change(home.alice, album, {"visibility": "household"})
    assert await home.shares.open(album, token, HERE)
    home.users[1] = replace(home.alice, root_ids=home.bob.root_ids & home.alice.root_ids)
    shared = await home.shares.open(album, token, HERE)
    assert await home.ids(shared) == [home.shared[1]], "what the owner may not see any more is not shown by a link"
    with pytest.raises(NotFound):
        await home.shares.find(shared, photo_id=home.alices[0], path=None)


async def test_only_hashes_of_tokens_are_kept(home: Home) -> None:
    _, token = await home.make([home.shared[0]])
    rows = await home.db.rows("SELECT * FROM album_share")
    assert token not in str([tuple(row) for row in rows])
    assert rows[0]["token_hash"] == db_shares.hashed(token)


async def test_whatever_does_not_open_answers_the_same(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    album, token = await home.make([home.shared[0]])
    other, others = await home.make([home.shared[1]])
    for number, given in (
        (album, others),
        (other, token),
        (album, ""),
        (album, token[:-1]),
        (99, token),
        (0, token),
        (album, "\udcff" + token),
    ):
        await home.closed(number, given)
    assert await home.shares.open(album, token, HERE)
    ran_out, _ = await home.make([home.shared[0]])
    link, short = await home.shares.share(home.alice, ran_out, 1)
    assert link.expires_at is not None
    assert await home.shares.open(ran_out, short, HERE)
    monkeypatch.setattr(db_shares, "now", lambda: link.expires_at)
    await home.closed(ran_out, short)
    monkeypatch.undo()
    del home.users[1]
    await home.closed(album, token)


async def test_links_are_ended_one_or_all(home: Home) -> None:
    album, first = await home.make([home.shared[0]])
    link, second = await home.shares.share(home.alice, album, 30)
    assert [each.id for each in await home.shares.links(home.alice, album)] == [link.id, link.id - 1]
    assert (await home.albums.album(home.alice, album)).row.is_shared
    assert await home.shares.end(home.alice, album, link.id) == 1
    await home.closed(album, second)
    assert await home.shares.open(album, first, HERE)
    with pytest.raises(NotFound, match="no such link"):
        await home.shares.end(home.alice, album, link.id)
    assert await home.shares.end(home.alice, album) == 1
    assert await home.shares.end(home.alice, album) == 0
    await home.closed(album, first)
    assert not (await home.albums.album(home.alice, album)).row.is_shared
    _, third = await home.shares.share(home.alice, album)
    await home.albums.delete(home.alice, album)
    await home.closed(album, third)
    assert not await home.db.rows("SELECT 1 FROM album_share")


async def test_only_the_owner_shares(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    album, _ = await home.make([home.shared[0]])
    for refused in (home.shares.share, home.shares.links, home.shares.end):
        with pytest.raises(NotFound):
            await refused(home.bob, album)
    await home.albums.change(home.alice, album, {"visibility": "household"})
    for refused in (home.shares.share, home.shares.links, home.shares.end):
        with pytest.raises(Forbidden):
            await refused(home.bob, album)
    monkeypatch.setattr(library_shares, "MOST_LINKS", 2)
    await home.shares.share(home.alice, album)
    with pytest.raises(Conflict):
        await home.shares.share(home.alice, album)


async def test_photos_of_the_album_and_no_others(home: Home) -> None:
    album, token = await home.make([home.shared[0], home.alices[0]])
    shared = await home.shares.open(album, token, HERE)
    for photo in await home.page(shared):
        assert photo["path"] == f"/shared/{album}/{photo['id']}/{photo['filename']}"
        assert await home.shares.find(shared, photo_id=None, path=photo["path"]) == photo["id"]
        assert await home.shares.find(shared, photo_id=photo["id"], path=None) == photo["id"]
    outside = home.shared[1]
    for number, path in (
        (outside, None), (home.bobs[0], None), (999, None), (None, f"/shared/{album}/{outside}/2.jpg"), (None, "/Shared/1.jpg"),
        (None, f"/shared/{album + 1}/{home.shared[0]}/1.jpg"), (None, f"/shared/{album}/x/1.jpg"), (None, ""),
    ):  # fmt: skip
        with pytest.raises(NotFound, match=r"^there is no such photo$"):
            await home.shares.find(shared, photo_id=number, path=path)
    for number, path in ((None, None), (1, "/x")):
        with pytest.raises(InvalidInput):
            await home.shares.find(shared, photo_id=number, path=path)
    await home.albums.take_out(home.alice, album, [home.alices[0]], None)
    with pytest.raises(NotFound):
        await home.shares.find(shared, photo_id=home.alices[0], path=None)
    await store.set_missing(home.db, [home.shared[0]], missing=True, pair_raw=True)
    with pytest.raises(NotFound):
        await home.shares.find(shared, photo_id=home.shared[0], path=None)


async def test_a_smart_album_is_shared_with_the_ratings_of_its_owner(home: Home) -> None:
    album, token = await home.make(smart={"min_rating": 4, "sort": "filename", "sort_direction": "ASC"})
    async with home.db.writing() as connection:
        await connection.executemany(
            "INSERT INTO rating (user_id, photo_id, stars, updated_at) VALUES (?, ?, ?, '')",
            [(1, home.alices[1], 5), (1, home.shared[0], 4), (2, home.shared[1], 5), (1, home.bobs[0], 5)],
        )
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    shared = await home.shares.open(album, token, HERE)
    assert await home.ids(shared) == [home.shared[0], home.alices[1]]
    assert await home.shares.find(shared, photo_id=home.alices[1], path=None) == home.alices[1]
    for other in (home.shared[1], home.bobs[0], home.alices[0]):
        with pytest.raises(NotFound):
            await home.shares.find(shared, photo_id=other, path=None)
    await home.albums.change(home.alice, album, {"smart_filter": '{"max_score": 6.5}'})
    shared = await home.shares.open(album, token, HERE)
    assert await home.ids(shared) == [home.shared[2], home.alices[2]]
    async with home.db.writing() as connection:
        await connection.execute("UPDATE album SET smart_filter = '{\"gone\": 1}' WHERE id = ?", (album,))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    shared = await home.shares.open(album, token, HERE)
    assert await home.ids(shared) == []
    with pytest.raises(NotFound):
        await home.shares.find(shared, photo_id=home.alices[2], path=None)


async def test_what_is_nobodys_business_is_not_told(home: Home) -> None:
    root = home.home.roots[0]
    told = {
        "gps_latitude": 41.9, "gps_longitude": 12.5, "gps_altitude": 20.0, "title": "At Anna's", "keywords": ("Anna", "beach"), "rating": 5,
        "description": "Anna", "camera_model": "EOS",
    }  # fmt: skip
    photo = (await put(home.db, visit(root, "secret.jpg", folder="Divorce/Papers", **told)))[0]
    async with home.db.writing() as connection:
        await connection.execute("INSERT INTO person (id, name, created_at, updated_at) VALUES (5, 'Anna', '', '')")
        await connection.execute(
            "INSERT INTO face (photo_id, x, y, width, height, score, quality, clusterable, person_id) VALUES (?, 0, 0, 1, 1, 1, 1, 1, 5)",
            (photo,),
        )
        await connection.execute(
            "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (?, 'Anna again', 'manual', '')", (photo,)
        )
        await connection.execute("INSERT INTO photo_tag SELECT ?, id, 'object' FROM tag WHERE name = 'beach'", (photo,))
        await connection.execute("INSERT INTO rating VALUES (1, ?, 5, 1, 0, '') ON CONFLICT DO UPDATE SET stars = 5", (photo,))
    mine = (await home.gallery.page(home.alice, PhotoFilter(search="secret"), sort="aggregate", descending=True, per_page=1)).photos[0]
    assert "Anna" in json.dumps(mine)
    assert mine["gps_latitude"] == 41.9
    album, token = await home.make([photo])
    shared = await home.shares.open(album, token, HERE)
    found = (await home.page(shared))[0]
    text = json.dumps({**found, "v": ""})
    for word in ("Anna", "Alice", "Divorce", "41.9", "12.5", "Papers"):
        assert word not in text, word
    assert found.keys() == mine.keys()
    assert (found["tags"], found["tags_list"], found["star_rating"], found["is_favorite"]) == ("beach", ["beach"], 0, 0)
    assert (await home.page(shared))[0] == found
    other, another = await home.make([photo])
    elsewhere = (await home.page(await home.shares.open(other, another, HERE)))[0]
    assert elsewhere["path"] == f"/shared/{other}/{photo}/secret.jpg", "a page that was kept is of its album"
    offered = await home.shares.offered(shared)
    assert offered == {"cameras": [("EOS", 1)], "lenses": [], "patterns": [], "categories": [("default", 1)], "tags": [("beach", 1)]}
    assert await home.ids(shared, tag="beach") == [photo]
    assert await home.ids(shared, tag="Anna") == [], "words of people cannot be tried either"
    assert await home.ids(shared, camera="EOS") == [photo]
    assert await home.ids(shared, camera="X") == []
    with pytest.raises(InvalidInput):
        await home.ids(shared, "star_rating")
    async with home.db.writing() as connection:
        await connection.execute("DELETE FROM photo_tag WHERE photo_id = ? AND source = 'object'", (photo,))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    assert (await home.page(shared))[0]["tags_list"] == [], "nor is a page kept longer than the library stays as it is"


async def test_guessing_is_slowed_down_for_a_network_and_not_for_who_has_the_link(home: Home) -> None:
    album, token = await home.make([home.shared[0]])
    assert await home.shares.open(album, token, HERE)
    errors: list[FacetdError] = []
    for number in range(40):
        try:
            await home.shares.open(album, f"guess {number}", HERE)
        except FacetdError as error:
            errors.append(error)
    assert [type(error) for error in errors] == [NotFound] * 20 + [TooManyRequests] * 20
    assert await home.shares.open(album, token, HERE)
    assert await home.shares.open(album, token, "192.0.2.9")
