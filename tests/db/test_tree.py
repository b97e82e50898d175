"""The folder tree: counts and covers of what a viewer may see, whatever the folders are called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from facetd.db import roots, store
from facetd.db.connection import Database
from facetd.db.folders import find_folder
from facetd.db.tree import Branch, branches, root_branches
from facetd.db.visibility import Hide
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit

LISTED = Hide.MISSING | Hide.UNREADABLE | Hide.COMPANION
ODD = os.fsdecode(b"caf\xe9")
FOLDERS = (
    "",
    "a_b",
    "axb",
    "a%b",
    "a_b/deep/er",
    "B",
    "É",
    "é/z",
    ODD,
    f"{ODD}/{ODD}",
    f"{ODD}/plain",
    "only hidden ones",
    "only gone",
    "only broken",
)


@dataclass(frozen=True, slots=True)
class House:
    """The same folders in three roots."""

    db: Database
    alice: Viewer
    bob: Viewer
    shared: Root


@pytest.fixture
async def house(db: Database) -> House:
    made = [await roots.add_root(db, f"/photos/{name}") for name in ("a_b", "axb", "shared")]
    a, b, s = (root.id for root in made)
    for root in made:
        await put(db, *(visit(root, f"{n}.jpg", folder=folder, aggregate=n + len(folder)) for folder in FOLDERS for n in range(root.id)))
    async with db.writing() as connection:
        for name, bit in (("only hidden ones", Hide.BLINK), ("only gone", Hide.MISSING), ("only broken", Hide.UNREADABLE)):
            await connection.execute(
                "UPDATE gate SET hide = ? WHERE photo_id IN"
                " (SELECT p.id FROM photo p JOIN folder f ON f.id = p.folder_id WHERE f.path = ?)",
                (int(bit), name),
            )
    await roots.set_presence(db, s, online=False)
    return House(db, Viewer(1, "user", frozenset({a, s})), Viewer(2, "user", frozenset({b, s})), made[2])


async def below(house: House, viewer: Viewer, path: str, hide: Hide = LISTED, *, kept: bool = False) -> tuple[dict[str, Branch], bool]:
    """The branches of a folder by name, and whether it has photos itself."""
    root, _, inside = path.strip("/").partition("/")
    folder = await find_folder(house.db, viewer, root, inside)
    assert folder is not None
    found, direct = await branches(house.db, viewer, folder, hide, kept=kept)
    return {branch.name: branch for branch in found}, direct


async def test_counts_are_of_all_that_is_below(house: House) -> None:
    for viewer, mine, factor in ((house.alice, "a_b", 1), (house.bob, "axb", 2)):
        top = {branch.name: branch for branch in await root_branches(house.db, viewer, LISTED)}
        assert {name: branch.photo_count for name, branch in top.items()} == {mine: 12 * factor, "shared": 36}
        found, direct = await below(house, viewer, f"/{mine}")
        counts = {"a_b": 2, "axb": 1, "a%b": 1, "B": 1, "É": 1, "é": 1, "caf%E9": 3, "only hidden ones": 1}
        assert {name: branch.photo_count for name, branch in found.items()} == {name: count * factor for name, count in counts.items()}
        assert direct
        assert found["caf%E9"].path == f"/{mine}/caf%E9/"
        hiding, _ = await below(house, viewer, f"/{mine}", LISTED | Hide.BLINK)
        assert found.keys() - hiding.keys() == {"only hidden ones"}
        deep, direct = await below(house, viewer, f"/{mine}/a_b")
        assert ({name: branch.photo_count for name, branch in deep.items()}, direct) == ({"deep": factor}, True)
        deeper, direct = await below(house, viewer, f"/{mine}/a_b/deep/")
        assert (list(deeper), direct) == (["er"], False)
        odd, direct = await below(house, viewer, f"/{mine}/caf%E9")
        assert ({branch.path for branch in odd.values()}, direct) == ({f"/{mine}/caf%E9/caf%E9/", f"/{mine}/caf%E9/plain/"}, True)
        assert await below(house, viewer, f"/{mine}/only gone") == ({}, False)
        assert await find_folder(house.db, viewer, "axb" if mine == "a_b" else "a_b", "a_b") is None


async def test_the_order_ignores_case(house: House) -> None:
    found, _ = await below(house, house.alice, "/shared")
    assert list(found) == ["a%b", "a_b", "axb", "B", "caf%E9", "only hidden ones", "É", "é"]


async def test_a_cover_is_the_best_photo_that_may_be_seen(house: House) -> None:
    def covers(found: dict[str, Branch]) -> Iterator[tuple[str, str | None]]:
        return ((name, branch.cover and branch.cover.path) for name, branch in found.items())

    found, _ = await below(house, house.bob, "/shared")
    assert dict(covers(found))["a_b"] == "/shared/a_b/deep/er/2.jpg"
    assert dict(covers(found))["caf%E9"] == "/shared/caf%E9/plain/2.jpg"
    best = found["a_b"].cover
    assert best is not None
    await store.set_missing(house.db, [best.id], missing=True, pair_raw=True)
    found, _ = await below(house, house.bob, "/shared")
    assert dict(covers(found))["a_b"] == "/shared/a_b/deep/er/1.jpg"
    assert found["a_b"].photo_count == 5
    top = {branch.name: branch.cover and branch.cover.path for branch in await root_branches(house.db, house.bob, LISTED)}
    assert top == {"axb": "/axb/only hidden ones/1.jpg", "shared": "/shared/only hidden ones/2.jpg"}
    hiding = {branch.name: branch.cover and branch.cover.path for branch in await root_branches(house.db, house.bob, LISTED | Hide.BLINK)}
    assert hiding["axb"] == "/axb/a_b/deep/er/1.jpg"


async def test_what_a_viewer_rejected_is_left_out_for_them(house: House) -> None:
    rows = await house.db.rows(
        "SELECT p.id, f.path FROM photo p JOIN folder f ON f.id = p.folder_id WHERE f.root_id = ?", (house.shared.id,)
    )
    wanted = [row[0] for row in rows if row[1] in ("", "a_b", "axb")]  # all of two folders and of the root itself
    best, _ = await below(house, house.alice, "/shared")
    wanted += [branch.cover.id for name, branch in best.items() if branch.cover and name in ("a_b", "É", "caf%E9")]
    async with house.db.writing() as connection:
        await connection.executemany("INSERT INTO rating VALUES (?, ?, 0, 0, 1, '')", [(house.alice.user_id, number) for number in wanted])
    before, direct = await below(house, house.alice, "/shared")
    assert (before, direct) == (best, True), "asked without"
    assert await below(house, house.bob, "/shared", kept=True) == (best, True), "somebody else's"
    found, direct = await below(house, house.alice, "/shared", kept=True)
    assert {name: (branch.photo_count, branch.cover and branch.cover.path) for name, branch in found.items()} == {
        "a%b": (3, "/shared/a%b/2.jpg"), "a_b": (2, "/shared/a_b/deep/er/1.jpg"), "B": (3, "/shared/B/2.jpg"),
        "caf%E9": (8, "/shared/caf%E9/plain/1.jpg"), "only hidden ones": (3, "/shared/only hidden ones/2.jpg"),
        "É": (2, "/shared/É/1.jpg"), "é": (3, "/shared/é/z/2.jpg"),
    }  # fmt: skip
    assert not direct
    top = {branch.name: branch.photo_count for branch in await root_branches(house.db, house.alice, LISTED, kept=True)}
    assert top == {"a_b": 12, "shared": 36 - len(wanted)}
    async with house.db.writing() as connection:
        await connection.execute("INSERT OR IGNORE INTO rating SELECT ?, id, 0, 0, 1, '' FROM photo", (house.bob.user_id,))
    assert await below(house, house.bob, "/shared", kept=True) == ({}, False)
    assert [(branch.photo_count, branch.cover) for branch in await root_branches(house.db, house.bob, LISTED, kept=True)] == [(0, None)] * 2


async def test_a_root_without_photos_is_there_for_who_sees_it(db: Database, root: Root, viewer: Viewer) -> None:
    assert await root_branches(db, viewer, LISTED) == [Branch(root.name, f"/{root.name}/", 0, None)]
    assert await root_branches(db, Viewer(5, "admin", frozenset()), LISTED) == []
