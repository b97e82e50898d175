"""Albums: whose they are, what others see of them, their order, and what is taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.config import Config
from facetd.db import store
from facetd.db.connection import Database
from facetd.errors import Conflict, Forbidden, InvalidInput, NotFound
from facetd.library.albums import Albums
from facetd.library.albumviews import Album
from facetd.library.gallery import Gallery
from facetd.library.undoing import Undoing
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer
from tests.library.households import Household, make_household


class Home:
    """A household with albums."""

    def __init__(self, home: Household) -> None:
        self.home = home
        self.alice, self.bob = home.alice, home.bob
        self.undoing = Undoing(home.db)
        self.gallery = Gallery(home.db, Config(), lambda _: Judgement("default", None, None))
        self.albums = Albums(home.db, Config(), self.gallery, self.undoing)

    async def ids(self, viewer: Viewer, album: int, **asked: object) -> list[int]:
        page = await self.albums.photos(viewer, album, **{"per_page": 100, **asked})  # type: ignore[arg-type]
        assert page.photos.total >= len(page.photos.photos)
        return [photo["id"] for photo in page.photos.photos]

    async def listed(self, viewer: Viewer, **asked: object) -> list[Album]:
        return (await self.albums.albums(viewer, **asked))[0]  # type: ignore[arg-type]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with Database(tmp_path / "library.db", readers=2) as db:
        yield Home(await make_household(db))


async def test_an_album_is_its_owners_until_it_is_shown(home: Home) -> None:
    album = (await home.albums.make(home.alice, " Summer  2024 ", ids=home.home.shared)).row.id
    assert [each.row.name for each in await home.listed(home.alice)] == ["Summer 2024"]
    assert await home.listed(home.bob) == []
    for refused in (
        home.albums.album(home.bob, album), home.albums.photos(home.bob, album, per_page=1), home.albums.delete(home.bob, album),
        home.albums.change(home.bob, album, {"name": "x"}), home.albums.add(home.bob, album, [1], None),
        home.albums.take_out(home.bob, album, [1], None), home.albums.reorder(home.bob, album, [1], None),
    ):  # fmt: skip
        with pytest.raises(NotFound, match="no such album"):
            await refused
    await home.albums.change(home.alice, album, {"visibility": "household"})
    seen = await home.albums.album(home.bob, album)
    assert (seen.is_mine, seen.photo_count) == (False, 3)
    with pytest.raises(Forbidden):
        await home.albums.change(home.bob, album, {"name": "x"})
    with pytest.raises(Forbidden):
        await home.albums.add(home.bob, album, home.home.bobs, None)
    await home.albums.change(home.alice, album, {"visibility": "private"})
    with pytest.raises(NotFound):
        await home.albums.album(home.bob, album)


async def test_others_see_of_an_album_what_they_see_of_the_library(home: Home) -> None:
    alices, shared = home.home.alices, home.home.shared
    album = (await home.albums.make(home.alice, "Ours", visibility="household", ids=[*alices, *shared])).row.id
    await home.albums.change(home.alice, album, {"cover_photo_id": alices[1]})
    mine, seen = await home.albums.album(home.alice, album), await home.albums.album(home.bob, album)
    assert (mine.photo_count, mine.cover and mine.cover.id, mine.first and mine.first.id) == (6, alices[1], alices[0])
    assert mine.cover is not None
    assert mine.cover.path == "/Alice/2.jpg"
    assert (seen.photo_count, seen.cover and seen.cover.id, seen.first and seen.first.id) == (3, shared[0], shared[0])
    assert await home.ids(home.bob, album) == list(shared)
    assert (await home.albums.photos(home.bob, album, per_page=1)).photos.total == 3
    nobody = await home.albums.album(home.home.nobody, album)
    assert (nobody.photo_count, nobody.cover, nobody.first) == (0, None, None)


async def test_adding_taking_out_and_taking_that_back(home: Home) -> None:
    alices, bobs, shared = home.home.alices, home.home.bobs, home.home.shared
    album = (await home.albums.make(home.alice, "Mine")).row.id
    done = await home.albums.add(home.alice, album, [shared[1], alices[0], bobs[0], 99999, shared[1]], None)
    assert (done.changed, done.photo_count, done.not_found) == (2, 2, (bobs[0], 99999))
    again = await home.albums.add(home.alice, album, None, ["/Shared/1.jpg", "/Shared/2.jpg", "/Bob/1.jpg"])
    assert (again.changed, again.photo_count, again.not_found) == (1, 3, ("/Bob/1.jpg",))
    assert await home.ids(home.alice, album) == [shared[1], alices[0], shared[0]]
    nothing = await home.albums.add(home.alice, album, shared[:1], None)
    assert (nothing.changed, nothing.undo) == (0, None)
    await home.albums.change(home.alice, album, {"cover_photo_id": alices[0]})
    out = await home.albums.take_out(home.alice, album, [alices[0], alices[1]], None)
    assert (out.changed, out.photo_count, out.not_found) == (1, 2, ())
    cover = (await home.albums.album(home.alice, album)).cover
    assert cover is not None
    assert cover.id == shared[1], "what is not in the album is not its cover"
    assert out.undo is not None
    back = await home.undoing.undo(home.alice, out.undo)
    assert await home.ids(home.alice, album) == [shared[1], alices[0], shared[0]], "at its place"
    assert (await home.albums.album(home.alice, album)).row.cover_photo_id == alices[0], "and the cover again"
    assert back.token is not None
    await home.undoing.undo(home.alice, back.token)
    assert await home.ids(home.alice, album) == [shared[1], shared[0]]
    assert again.undo is not None
    await home.undoing.undo(home.alice, again.undo)
    assert await home.ids(home.alice, album) == [shared[1]]
    with pytest.raises(InvalidInput):
        await home.albums.add(home.alice, album, [], None)


async def test_a_cover_that_was_chosen_since_stays(home: Home) -> None:
    shared = home.home.shared
    album = (await home.albums.make(home.alice, "Mine", ids=shared)).row.id
    await home.albums.change(home.alice, album, {"cover_photo_id": shared[1]})
    out = await home.albums.take_out(home.alice, album, [shared[1]], None)
    await home.albums.change(home.alice, album, {"cover_photo_id": shared[0]})
    assert out.undo is not None
    back = await home.undoing.undo(home.alice, out.undo)
    assert (await home.albums.album(home.alice, album)).row.cover_photo_id == shared[0]
    assert back.token is not None
    await home.undoing.undo(home.alice, back.token)
    assert (await home.albums.album(home.alice, album)).row.cover_photo_id == shared[0]


async def test_what_is_taken_back_is_what_is_there_still(home: Home) -> None:
    alices, shared = home.home.alices, home.home.shared
    album = (await home.albums.make(home.alice, "Mine", ids=alices)).row.id
    await home.albums.change(home.alice, album, {"cover_photo_id": alices[0], "description": "Text"})
    done = await home.albums.add(home.alice, album, shared, None)
    token = await home.albums.delete(home.alice, album)
    assert done.undo is not None
    assert (await home.undoing.undo(home.alice, done.undo)).restored.ids == (), "there is no album"
    await store.set_missing(home.home.db, [alices[0]], missing=True, pair_raw=True)
    await store.delete_missing(home.home.db, "9999")
    with pytest.raises(NotFound):
        await home.undoing.undo(home.bob, token)
    back = (await home.undoing.undo(home.alice, token)).restored
    assert (set(back.ids), back.not_found) == ({*alices[1:], *shared}, (alices[0],))
    again = await home.albums.album(home.alice, album)
    assert (again.row.description, again.row.cover_photo_id, again.photo_count) == ("Text", None, 5)
    with pytest.raises(NotFound):
        await home.undoing.undo(home.alice, token)


async def test_an_order_and_its_way_back(home: Home) -> None:
    alices, bobs, shared = home.home.alices, home.home.bobs, home.home.shared
    album = (await home.albums.make(home.alice, "Mine", ids=[*alices, *shared])).row.id
    whole = [shared[2], alices[2], shared[0], alices[0], shared[1], alices[1]]
    done = await home.albums.reorder(home.alice, album, [*whole, bobs[0]], None)
    assert (done.changed, done.not_found) == (5, (bobs[0],)), "one stays where it is"
    assert await home.ids(home.alice, album) == whole
    assert await home.ids(home.alice, album, descending=True) == whole[::-1]
    assert await home.ids(home.alice, album, sort="aggregate", per_page=2) == [shared[0], alices[0]]
    assert (await home.albums.reorder(home.alice, album, whole, None)).undo is None
    next_to = await home.albums.reorder(home.alice, album, None, ["/Alice/1.jpg", "/Shared/3.jpg"], before=alices[1])
    assert await home.ids(home.alice, album) == [alices[2], shared[0], shared[1], alices[0], shared[2], alices[1]]
    await home.albums.reorder(home.alice, album, [alices[1]], None, after=alices[2])
    assert await home.ids(home.alice, album) == [alices[2], alices[1], shared[0], shared[1], alices[0], shared[2]]
    with pytest.raises(Conflict, match="next to itself"):
        await home.albums.reorder(home.alice, album, [alices[1]], None, after=alices[1])
    await home.albums.take_out(home.alice, album, [shared[1]], None)
    outside = await home.albums.reorder(home.alice, album, [shared[1]], None)
    assert (outside.changed, outside.not_found) == (0, (shared[1],))
    with pytest.raises(NotFound):
        await home.albums.reorder(home.alice, album, [alices[1]], None, after=shared[1])
    assert next_to.undo is not None
    await home.undoing.undo(home.alice, next_to.undo)
    assert await home.ids(home.alice, album) == [photo for photo in whole if photo != shared[1]]


async def test_what_is_gone_for_a_while_keeps_its_place_in_any_order(home: Home) -> None:
    alices, shared = home.home.alices, home.home.shared
    album = (await home.albums.make(home.alice, "Mine", ids=[alices[0], shared[0], alices[1], shared[1]])).row.id
    await store.set_missing(home.home.db, [shared[0]], missing=True, pair_raw=True)
    assert await home.ids(home.alice, album) == [alices[0], alices[1], shared[1]]
    await home.albums.reorder(home.alice, album, [shared[1], alices[1], alices[0]], None)
    await store.set_missing(home.home.db, [shared[0]], missing=False, pair_raw=True)
    assert await home.ids(home.alice, album) == [shared[1], shared[0], alices[1], alices[0]]


async def test_ten_thousand_photos_are_ordered_at_once(home: Home) -> None:
    db, root = home.home.db, home.home.roots[2].id
    async with db.writing() as connection:
        await connection.execute("INSERT INTO folder (id, root_id, path) VALUES (900, ?, 'many')", (root,))
        await connection.executemany(
            "INSERT INTO photo (id, folder_id, filename, size, mtime_ns, content_hash, added_at, updated_at)"
            " VALUES (?, 900, ?, 1, 1, '', '', '')",
            [(number, f"{number}.jpg") for number in range(10_001, 20_001)],
        )
        await connection.executemany("INSERT INTO gate VALUES (?, ?, 0)", [(number, root) for number in range(10_001, 20_001)])
    photos = list(range(10_001, 20_001))
    album = (await home.albums.make(home.alice, "Many", ids=photos)).row.id
    done = await home.albums.reorder(home.alice, album, photos[::-1], None)
    assert done.changed == 10_000
    assert await home.ids(home.alice, album, per_page=3) == [20_000, 19_999, 19_998]
    assert await home.ids(home.alice, album, per_page=3, page=3334) == [10_001]
    assert (await home.albums.take_out(home.alice, album, photos, None)).photo_count == 0


async def test_lists_are_searched_sorted_and_paged(home: Home) -> None:
    shared = home.home.shared
    for name, photos in (("beta", shared[:1]), ("Alpha", shared[:3]), ("gamma", shared[:2])):
        await home.albums.make(home.alice, name, ids=photos, description="By the SEA" if name == "gamma" else "")
    await home.albums.make(home.bob, "bob's", visibility="household")
    assert [each.row.name for each in await home.listed(home.alice, sort="name")] == ["Alpha", "beta", "bob's", "gamma"]
    assert [each.row.name for each in await home.listed(home.alice, sort="photo_count")] == ["Alpha", "gamma", "beta", "bob's"]
    assert [each.row.name for each in await home.listed(home.alice, search="s\u00e9a")] == ["gamma"]
    found, total = await home.albums.albums(home.alice, sort="name", per_page=2, page=2)
    assert ([each.row.name for each in found], total) == (["bob's", "gamma"], 4)
    assert await home.listed(home.alice, kind="smart") == []


async def test_deleted_photos_and_roots_leave_albums_and_covers(home: Home) -> None:
    alices, shared = home.home.alices, home.home.shared
    album = (await home.albums.make(home.alice, "Mine", ids=[*alices, *shared])).row.id
    await home.albums.change(home.alice, album, {"cover_photo_id": alices[1]})
    await store.set_missing(home.home.db, [alices[1]], missing=True, pair_raw=True)
    cover = (await home.albums.album(home.alice, album)).cover
    assert cover is not None
    assert cover.id == alices[0], "a file that is gone is no cover"
    await store.delete_missing(home.home.db, "9999")
    async with home.home.db.writing() as connection:
        await connection.execute("DELETE FROM root WHERE id = ?", (home.home.roots[2].id,))
    left = await home.albums.album(home.alice, album)
    assert (left.photo_count, left.row.cover_photo_id) == (2, None)
    assert await home.ids(home.alice, album) == [alices[0], alices[2]]


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b", "\x1b[31m", "a\ud800", "a\u202eb"])
async def test_names_that_are_none(home: Home, name: str) -> None:
    with pytest.raises(InvalidInput) as error:
        await home.albums.make(home.alice, name)
    assert error.value.errors[0].field == "name"
    with pytest.raises(InvalidInput) as error:
        await home.albums.make(home.alice, "A", description="a\0b")
    assert error.value.errors[0].field == "description"


async def test_texts_are_kept_as_they_were_meant(home: Home) -> None:
    made = await home.albums.make(home.alice, "\tÉté  \u200d👨\u200d👩\u200d👧\n", description=" one \r\n\n two\t3  ")
    assert (made.row.name, made.row.description) == ("Été \u200d👨\u200d👩\u200d👧", "one\n\n two\t3")


async def test_a_cover_is_in_the_album_and_seen(home: Home) -> None:
    album = (await home.albums.make(home.alice, "Mine", ids=home.home.alices)).row.id
    for photo in (home.home.shared[0], home.home.bobs[0], 99999):
        with pytest.raises(Conflict) as error:
            await home.albums.change(home.alice, album, {"cover_photo_id": photo})
        assert error.value.errors[0].field == "cover_photo_id"


async def test_a_smart_album_has_no_photos_of_its_own(home: Home) -> None:
    album = (await home.albums.make(home.alice, "Smart", smart_filter='{"min_score": 7}')).row.id
    for refused in (
        home.albums.add(home.alice, album, [1], None), home.albums.take_out(home.alice, album, [1], None),
        home.albums.reorder(home.alice, album, [1], None),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            await refused
