"""Roots partition the disk; photos keep their ids when a root is nested in another."""

from __future__ import annotations

import pytest

from facetd.db import roots, store
from facetd.db.connection import Database
from facetd.db.folders import find_folder
from facetd.db.photos import id_of_path
from facetd.errors import InvalidInput, NotFound
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit


async def paths(db: Database) -> dict[int, tuple[str, str, str]]:
    rows = await db.rows(
        "SELECT p.id, root.name, f.path, p.filename FROM photo p JOIN gate g ON g.photo_id = p.id"
        " JOIN folder f ON f.id = p.folder_id JOIN root ON root.id = f.root_id AND root.id = g.root_id"
    )
    return {row[0]: tuple(row)[1:] for row in rows}


async def test_names_are_unique_ignoring_case(db: Database) -> None:
    made = [await roots.add_root(db, path) for path in ("/a/Photos", "/b/photos", "/c/PHOTOS")]
    assert [root.name for root in made] == ["Photos", "photos (2)", "PHOTOS (3)"]
    assert (await roots.add_root(db, "/a/Photos")).id == made[0].id


async def test_a_nested_root_takes_its_photos_and_gives_them_back(db: Database) -> None:
    outer = await roots.add_root(db, "/p")
    ids = await put(db, visit(outer, "a.jpg"), visit(outer, "b.jpg", folder="trip/rome"), visit(outer, "c.jpg", folder="trip2"))
    before = await paths(db)
    inner = await roots.add_root(db, "/p/trip")
    assert (await paths(db))[ids[1]] == ("trip", "rome", "b.jpg")
    assert (await paths(db))[ids[2]] == before[ids[2]], "a folder that merely begins alike stays"
    assert await roots.photo_count(db, inner.id) == 1
    await roots.remove_root(db, inner.id)
    assert await paths(db) == before


async def test_roots_are_counted_as_the_gallery_shows_them(db: Database, root: Root) -> None:
    other = await roots.add_root(db, "/other")
    assert await roots.counted_roots(db) == [(other, 0), (root, 0)]
    first, _, _ = await put(db, visit(root, "a.jpg"), visit(root, "b.jpg"), visit(other, "c.jpg"))
    assert [count for _, count in await roots.counted_roots(db)] == [1, 2]
    await store.set_missing(db, [first], missing=True, pair_raw=True)
    await roots.set_presence(db, other.id, online=False)
    found = await roots.counted_roots(db)
    assert [(each.id, each.online, count) for each, count in found] == [(other.id, False, 1), (root.id, True, 1)]
    assert [count for _, count in found] == [await roots.listed_count(db, each.id) for each, _ in found]


async def test_removing_a_root_forgets_its_photos(db: Database, root: Root) -> None:
    await put(db, visit(root, "a.jpg"))
    await roots.remove_root(db, root.id)
    assert await db.rows("SELECT * FROM photo") == []
    with pytest.raises(NotFound):
        await roots.remove_root(db, root.id)


@pytest.mark.parametrize("name", ["", "  ", "a/b", "OTHER"])
async def test_names_that_cannot_be(db: Database, root: Root, name: str) -> None:
    await roots.add_root(db, "/x/Other")
    with pytest.raises(InvalidInput):
        await roots.rename_root(db, root.id, name)


def test_the_deepest_root_owns_a_path() -> None:
    outer, inner, sibling = Root(1, "p", "/p", True), Root(2, "q", "/p/q", True), Root(3, "qq", "/p/qq", True)
    assert roots.owner([outer, inner, sibling], "/p/q/x.jpg") == inner
    assert roots.owner([outer, inner, sibling], "/p/qqq") == outer
    assert roots.owner([outer], "/pp") is None
    assert roots.owner([Root(4, "all", "/", True)], "/anything").id == 4


async def test_paths_are_found_exactly_and_only_in_the_viewers_roots(db: Database, root: Root, viewer: Viewer) -> None:
    wanted, _ = await put(db, visit(root, "x.jpg", folder="a_b"), visit(root, "x.jpg", folder="axb"))
    assert await id_of_path(db, viewer, "/photos/a_b/x.jpg") == wanted
    assert await id_of_path(db, viewer, "/PHOTOS/a_b/x.jpg") == wanted, "a root's name ignores case"
    assert await id_of_path(db, viewer, "/photos/a%b/x.jpg") is None
    assert await id_of_path(db, viewer, "/photos/../photos/a_b/x.jpg") is None
    stranger = Viewer(9, "user", frozenset())
    assert await id_of_path(db, stranger, "/photos/a_b/x.jpg") is None
    assert await find_folder(db, stranger, "photos", "a_b") is None
