"""Who sees which roots."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.accounts.viewers import seen_roots, single_viewer
from facetd.db.roots import add_root, remove_root
from facetd.records.files import Root
from tests.house import opened


async def test_the_viewer_sees_the_roots_that_are_there_now(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as house:
        assert (await single_viewer(house.db)).root_ids == frozenset()
        first, second = await add_root(house.db, "/one"), await add_root(house.db, "/two")
        viewer = await single_viewer(house.db)
        assert (viewer.user_id, viewer.role, viewer.root_ids) == (0, "superadmin", {first.id, second.id})
        await remove_root(house.db, first.id)
        assert (await single_viewer(house.db)).root_ids == {second.id}


@pytest.mark.parametrize(
    ("directories", "seen"),
    [
        (["/p/a_b"], {1}), (["/p/axb"], {2}), (["/p"], {1, 2, 3, 4}), (["/"], {1, 2, 3, 4, 5}), (["/p/a%b"], {3}), (["/p/.*"], {4}),
        ([], set()),        (["/p/a"], set()), (["/p/a_b/inner"], set()), (["/p/"], {1, 2, 3, 4}), (["/q", "/p/axb"], {2, 5}),
    ],
)  # fmt: skip
def test_roots_at_or_below_the_directories_by_whole_names(directories: list[str], seen: set[int]) -> None:
    paths = {1: "/p/a_b", 2: "/p/axb", 3: "/p/a%b/x", 4: "/p/.*", 5: "/q"}
    assert seen_roots([Root(number, path, path, True) for number, path in paths.items()], directories) == seen
