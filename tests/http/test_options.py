"""What the filters offer over HTTP: each viewer's own counts, and an honest word about where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.db import faces as db_faces
from facetd.db import people as db_people
from tests.db.conftest import put, visit
from tests.house import config
from tests.http.acting import acting
from tests.people import add_face

KEYS = ("cameras", "lenses", "tags", "patterns", "categories", "apertures", "focal_lengths")


async def test_each_has_choices_of_their_own(tmp_path: Path) -> None:
    async with acting(tmp_path / "data") as served:
        home = served.home
        facts = {"lens_model": "50mm", "f_stop": 1.84, "focal_length": 49.6, "keywords": ("sea",)}
        for root, camera in zip(home.roots, ("Alice's", "Bob's", "everybody's"), strict=True):
            await put(home.db, visit(root, "4.jpg", camera_model=camera, **facts))
        found = {
            viewer.name: {key: (await served.get(viewer, f"/api/filter_options/{key}"))[key] for key in KEYS}
            for viewer in (home.alice, home.bob, home.nobody)
        }
        common = {"lenses": [["50mm", 2]], "tags": [["sea", 2]], "patterns": [], "categories": [["default", 8]]}
        rounded = {"apertures": [[1.8, 2]], "focal_lengths": [[50, 2]]}
        assert found["alice"] == {"cameras": [["Alice's", 1], ["everybody's", 1]], **common, **rounded}
        assert found["bob"] == {"cameras": [["Bob's", 1], ["everybody's", 1]], **common, **rounded}
        assert found["nobody"] == {key: [] for key in KEYS}


async def test_no_more_choices_than_are_configured_and_the_most_frequent(tmp_path: Path) -> None:
    settings = config(viewer={"dropdowns": {"max_cameras": 2, "max_lenses": 1, "max_tags": 3}})
    async with acting(tmp_path / "data", settings) as served:
        home = served.home
        for number in range(1, 6):
            facts = {"camera_model": f"c{number}", "lens_model": f"l{number}", "keywords": (f"t{number}",), "f_stop": float(number)}
            await put(home.db, *(visit(home.roots[1], f"{number} {copy}.jpg", **facts) for copy in range(number)))
        found = {key: (await served.get(home.bob, f"/api/filter_options/{key}"))[key] for key in ("cameras", "lenses", "tags", "apertures")}
        assert found == {
            "cameras": [["c5", 5], ["c4", 4]], "lenses": [["l5", 5]], "tags": [["t5", 5], ["t4", 4], ["t3", 3]],
            "apertures": [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]],
        }  # fmt: skip


@pytest.mark.parametrize("key", [*KEYS, "persons"])
async def test_cached_says_whether_the_counts_were_known(tmp_path: Path, key: str) -> None:
    async with acting(tmp_path / "data") as served:
        home, address = served.home, f"/api/filter_options/{key}"

        async def cached() -> list[bool]:
            return [(await served.get(viewer, address))["cached"] for viewer in (home.alice, home.bob)]

        assert await cached() == [False, False]
        assert await cached() == [True, True]
        await put(home.db, visit(home.roots[1], "5.jpg"))
        assert await cached() == [key == "persons"] * 2, "a photo that comes is nobody's yet"


async def test_type_counts_are_of_what_one_sees(tmp_path: Path) -> None:
    async with acting(tmp_path / "data") as served:
        home = served.home
        for viewer, count in ((home.alice, 6), (home.nobody, 0)):
            types = {kind["id"]: kind["count"] for kind in (await served.get(viewer, "/api/type_counts"))["types"]}
            assert types[""] == count
            assert types["top_picks"] == (4 if count else 0)


async def test_persons_with_enough_photos_that_one_sees(tmp_path: Path) -> None:
    async with acting(tmp_path / "data") as served:
        home = served.home
        anna = await db_people.make(home.db, "Anna")
        secret = await db_people.make(home.db, "Bob's friend")
        more = await put(home.db, *(visit(home.roots[2], f"more {n}.jpg") for n in range(9)))
        for photo in (*more, home.alices[0]):
            await db_faces.assign(home.db, [await add_face(home.db, photo, None), await add_face(home.db, photo, None, place=1)], anna)
        await db_faces.assign(home.db, [await add_face(home.db, home.bobs[0], None)], secret)
        address = "/api/filter_options/persons"
        assert (await served.get(home.alice, address))["persons"] == [[anna, "Anna", 10]]
        assert (await served.get(home.bob, address))["persons"] == []
        asked = f"{address}?ids={anna},{secret}"
        assert (await served.get(home.bob, asked))["persons"] == [[anna, "Anna", 9], [secret, "Bob's friend", 1]]
        assert (await served.get(home.alice, asked))["persons"] == [[anna, "Anna", 10]]
