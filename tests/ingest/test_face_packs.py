"""A pack that finds and tells faces apart in another way is installed, and taken away again: what users decided stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from facetd.db import faces as db_faces
from facetd.db import people as db_people
from facetd.db.sightings import match_faces
from facetd.house import House
from facetd.ingest.people import Distances, usual_distances
from facetd.records.sightings import Box
from tests.house import config, opened, scan
from tests.infer.constant import constant_starter
from tests.infer.facepack import FIVE, SAME, SUGGEST, draw_face, install
from tests.infer.installed import SETTINGS, eyes

PLACE = (192, 192, 384, 404)  # what the starter's detector boxes, more or less


def draw(path: Path, person: int, seed: int, place: tuple[int, int, int, int] = PLACE) -> None:
    frame = np.full((640, 800, 3), 90, np.uint8)
    frame[500:, :] = np.random.default_rng(seed).integers(60, 120, (140, 800, 1), np.uint8)  # no two photos are the same
    draw_face(frame, place, person)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), frame[:, :, ::-1])


async def persons(house: House) -> dict[str, str | None]:
    """The name of whoever is in each photo, `-` for somebody without one."""
    rows = await house.db.rows(
        "SELECT p.filename, f.person_id, n.name FROM photo p JOIN face f ON f.photo_id = p.id LEFT JOIN person n ON n.id = f.person_id"
    )
    return {row[0]: None if row[1] is None else row[2] or f"- {row[1]}" for row in rows}


async def faces_of(house: House) -> dict[str, int]:
    return {row[0]: row[1] for row in await house.db.rows("SELECT p.filename, f.id FROM photo p JOIN face f ON f.photo_id = p.id")}


async def spaces(house: House) -> set[str]:
    return {row[0] for row in await house.db.rows("SELECT DISTINCT space FROM face_embedding")}


async def test_decisions_survive_a_change_of_the_models(tmp_path: Path) -> None:
    data, pictures, models = tmp_path / "data", tmp_path / "pictures", tmp_path / "starter"
    long_side = 800
    box = tuple(value / long_side for value in (PLACE[0] - 12, PLACE[1] - 20, PLACE[2] + 10, PLACE[3] + 4))
    constant_starter(models, FIVE, [(box, 0.9)], references=False)
    for number, person in enumerate((0, 0, 0, 1, 1, 0)):
        draw(pictures / f"{number}.png", person, number)
    settings = config(inference=SETTINGS)
    async with opened(data, settings, eyes=eyes(data, models, "objects", "faces")) as house:
        await scan(house, pictures)
        await house.ingest.people.run(lambda _phase: None)
        assert len(set((await persons(house)).values())) == 1  # all look alike to these networks
        before = await faces_of(house)
        (anna,) = {row[0] for row in await house.db.rows("SELECT id FROM person")}
        await db_people.rename(house.db, anna, "Anna")
        ben, _moved = await db_people.split(house.db, anna, [before["3.png"], before["4.png"]], "Ben")
        await db_people.set_avatar(house.db, anna, before["2.png"])
        await db_faces.take_out(house.db, [before["5.png"]])
        assert await spaces(house) == {"face_recognition-1.7.15/f32"}

    install(data / "models" / "packs", references=False)
    for number, person in enumerate((1, 2, 2, 0), 6):
        draw(pictures / f"{number}.png", person, number, (300, 100, 400, 210))
    async with opened(data, settings, eyes=eyes(data, models, "objects", "faces")) as house:
        await scan(house, pictures)
        await house.ingest.people.run(lambda _phase: None)
        assert await spaces(house) == {"tiny-buffalo/f32"}
        after = await faces_of(house)
        assert {name: after[name] for name in before} == before, "faces found again are the same faces"
        found = await persons(house)
        assert [found[f"{number}.png"] for number in range(7)] == ["Anna", "Anna", "Anna", "Ben", "Ben", None, "Ben"]
        assert found["7.png"] == found["8.png"]
        assert str(found["7.png"]).startswith("- ")
        assert found["9.png"] == "Anna"
        (avatar,) = await house.db.rows("SELECT avatar_face_id FROM person WHERE id = ?", (anna,))
        assert avatar[0] == before["2.png"]
        boxes = {row[0]: tuple(row[1:]) for row in await house.db.rows("SELECT id, x, y, width, height FROM face")}
        assert boxes[before["0.png"]] == pytest.approx((192 / 800, 192 / 640, 192 / 800, 212 / 640), abs=0.003)
        (refusal,) = await house.db.rows("SELECT face_id, person_id FROM face_refusal WHERE person_id = ?", (anna,))
        assert tuple(refusal) == (before["5.png"], anna)

    shutil.rmtree(data / "models" / "packs" / "tiny-buffalo")
    async with opened(data, settings, eyes=eyes(data, models, "objects", "faces")) as house:
        await scan(house, pictures)
        assert "face_recognition-1.7.15/f32" in await spaces(house)
        found = await persons(house)
        assert [found[f"{number}.png"] for number in range(6)] == ["Anna", "Anna", "Anna", "Ben", "Ben", None]
        assert ben != anna


def test_a_packs_distances_are_the_ones_in_use(tmp_path: Path) -> None:
    assert usual_distances(tmp_path / "packs").space == "face_recognition-1.7.15"
    install(tmp_path / "packs", references=False)
    found = usual_distances(tmp_path / "packs")
    assert found == Distances(SAME, SUGGEST, "tiny-buffalo", SAME / 0.36)
    shutil.rmtree(tmp_path / "packs" / "tiny-buffalo")
    assert usual_distances(tmp_path / "packs").unit == 1


def test_boxes_of_another_detector_are_matched() -> None:
    whole_head, face_only, neighbour = Box(0.1, 0.1, 0.2, 0.3), Box(0.15, 0.2, 0.1, 0.15), Box(0.5, 0.1, 0.2, 0.3)
    assert match_faces({1: whole_head, 2: neighbour}, [face_only]) == [1]
    assert match_faces({2: neighbour}, [face_only]) == [None]
    # a far smaller box in a large one is somebody else, and what overlaps more is preferred
    assert match_faces({1: whole_head}, [Box(0.2, 0.3, 0.05, 0.06)]) == [None]
    assert match_faces({1: whole_head}, [face_only, Box(0.11, 0.11, 0.19, 0.28)]) == [None, 1]
