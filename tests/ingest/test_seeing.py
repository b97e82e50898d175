"""What the models see becomes part of the library, and stays in step with files, models and vocabulary."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from facetd.accounts.viewers import single_viewer
from facetd.db.options import tags
from facetd.errors import Unavailable
from facetd.house import House
from facetd.ingest.frames import Frames
from facetd.ingest.tasks import VisitResult, VisitTask
from facetd.library.gallery import Gallery
from facetd.records.sightings import Failure, PhotoVector, Sighting
from tests.eyes import SPACE, FakeEyes, face, thing
from tests.house import InlineWorkers, config, listed, names, opened, scan
from tests.photos import make_photo

DOG = Sighting(objects=(thing("dog"), thing("car", 0.35)), faces=())
PORTRAIT = Sighting(objects=(thing("person"),), faces=(face(side=0.4),))


async def tags_of(house: House) -> dict[str, str]:
    rows = await house.db.rows("SELECT t.name, pt.source FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id")
    return {row[0]: row[1] for row in rows}


async def test_a_photo_gets_tags_a_category_and_faces(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg", size=(2400, 1600))
    eyes = FakeEyes(DOG)
    async with opened(tmp_path / "data", eyes=eyes) as house:
        progress = await scan(house, tmp_path / "photos")
        (photo,) = await listed(house)
        tags = await tags_of(house)
        gallery = Gallery(house.db, house.config, house.ingest.judge)
        whole = await gallery.photo(await single_viewer(house.db), photo["id"])
    assert [(thing["label"], thing["shown"]) for thing in whole["objects"]] == [("dog", True), ("car", False)]
    assert (progress.done, progress.failed) == (1, 0)
    assert eyes.shapes == [(1067, 1600, 3)]
    assert {name for name, source in tags.items() if source == "object"} == {"dog", "pet", "animal"}
    assert {name for name, source in tags.items() if source == "object_hint"} == {"car", "vehicle"}
    assert photo["category"] == "wildlife"
    assert photo["face_count"] == 0
    assert photo["face_quality"] is None


async def test_search_finds_what_is_not_certain_enough_to_be_shown(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg", size=(400, 300))
    make_photo(tmp_path / "photos" / "puppet.jpg", 2)
    eyes = FakeEyes(lambda pixels, _kinds: DOG if pixels.shape[1] == 400 else Sighting(objects=(), faces=()))
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, tmp_path / "photos")
        assert await names(house, search="dog") == ["a.jpg"]
        assert await names(house, search="Puppies") == []
        assert await names(house, search="Puppy") == await names(house, search="puppys") == ["a.jpg"]
        assert await names(house, search="automobile") == ["a.jpg"]
        assert await names(house, tag="car") == []
        assert await names(house, tag="dog") == ["a.jpg"]
        (photo,) = await listed(house, tag="dog")
        options = await tags(house.db, await single_viewer(house.db), limit=20)
    assert sorted(photo["tags_list"]) == ["animal", "dog", "pet"]
    assert sorted(options) == [("animal", 1), ("dog", 1), ("pet", 1)]


async def test_a_face_makes_a_portrait(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(PORTRAIT)) as house:
        await scan(house, tmp_path / "photos")
        (photo,) = await listed(house)
        (vector,) = await house.db.rows("SELECT space, length(vector) FROM face_embedding")
    assert photo["category"] == "portrait"
    assert (photo["face_count"], photo["face_ratio"], photo["face_quality"]) == (1, pytest.approx(0.16), 8.0)
    assert tuple(vector) == (SPACE, 8)


async def test_closed_eyes_are_a_hint_that_hides_on_request(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    eyes = FakeEyes(Sighting(objects=(), faces=(face(closed=True), face(x=0.7, side=0.05))))
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, tmp_path / "photos")
        (photo,) = await listed(house)
        assert photo["is_blink"] == 1
        assert await listed(house, hide_blinks=True) == []


async def test_what_can_be_recognised_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as house:
        assert {state["state"] for state in house.ingest.models.capabilities().values()} == {"unavailable"}
    async with opened(tmp_path / "data", eyes=FakeEyes(DOG)) as house:
        assert {state["state"] for state in house.ingest.models.capabilities().values()} == {"preparing"}
        make_photo(tmp_path / "photos" / "a.jpg")
        await scan(house, tmp_path / "photos")
        assert house.ingest.models.capabilities()["faces"] == {"state": "ready", "reason": ""}


async def test_a_second_scan_looks_at_nothing(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    eyes, workers = FakeEyes(DOG), InlineWorkers()
    async with opened(tmp_path / "data", eyes=eyes, workers=workers) as house:
        await scan(house, tmp_path / "photos")
        workers.visited.clear()
        await scan(house)
    assert workers.visited == []
    assert len(eyes.shapes) == 1


async def test_a_new_model_runs_only_its_own_analysis(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(DOG)) as house:
        await scan(house, tmp_path / "photos")
        before = dict(await house.db.rows("SELECT kind, updated_at || fingerprint FROM analysis"))
    newer, workers = FakeEyes(PORTRAIT, version="2"), InlineWorkers()
    async with opened(tmp_path / "data", eyes=newer, workers=workers) as house:
        await scan(house)
        (photo,) = await listed(house)
        after = dict(await house.db.rows("SELECT kind, updated_at || fingerprint FROM analysis"))
    assert workers.kinds == [frozenset({"objects", "faces"})]
    assert photo["category"] == "portrait"
    assert before["technical"] == after["technical"]


def looking_like(*vector: float) -> PhotoVector:
    return PhotoVector("made/f32", np.asarray(vector, "<f4").tobytes())


async def vectors_of(house: House) -> list[tuple[str, list[float]]]:
    rows = await house.db.rows("SELECT space, vector FROM photo_embedding ORDER BY photo_id")
    return [(row[0], np.frombuffer(row[1], "<f4").tolist()) for row in rows]


async def test_another_model_of_looks_makes_the_embedding_again_and_nothing_else(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    eyes = FakeEyes(dataclasses.replace(DOG, embedding=looking_like(1, 0)), embedding_version="1")
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, tmp_path / "photos")
        assert await vectors_of(house) == [("made/f32", [1, 0])]
        await scan(house)
    assert eyes.kinds == [frozenset({"objects", "faces", "embedding"})]
    other = FakeEyes(Sighting(embedding=PhotoVector("other/f32", looking_like(0, 1).vector)), embedding_version="2")
    async with opened(tmp_path / "data", eyes=other) as house:
        await scan(house)
        assert await vectors_of(house) == [("other/f32", [0, 1])]
        (photo,) = await listed(house)
        await scan(house)
    assert other.kinds == [frozenset({"embedding"})]
    assert "dog" in photo["tags_list"]


async def test_a_photo_that_cannot_be_read_any_more_looks_like_nothing(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "photos" / "a.jpg")
    eyes = FakeEyes(dataclasses.replace(DOG, embedding=looking_like(1, 0)), embedding_version="1")
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, tmp_path / "photos")
        path.write_bytes(path.read_bytes()[:300])
        os.utime(path, (1, 1))
        await scan(house)
        assert await vectors_of(house) == []
        rows = await house.db.rows("SELECT kind FROM analysis WHERE state = 'failed'")
    assert "embedding" in {row[0] for row in rows}


async def test_without_models_everything_else_goes_on(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(DOG)) as house:
        await scan(house, tmp_path / "photos")
    workers = InlineWorkers()
    async with opened(tmp_path / "data", workers=workers) as house:
        await scan(house)
        (photo,) = await listed(house)
    assert workers.visited == []
    assert "dog" in photo["tags_list"]


async def test_a_changed_vocabulary_tags_again_without_looking(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(DOG)) as house:
        await scan(house, tmp_path / "photos")
    eyes = FakeEyes(DOG)
    settings = config(tags={"vocabulary": {"food": {"labels": ["dog"]}, "dog": {"labels": []}, "pet": {}, "animal": {}}})
    async with opened(tmp_path / "data", settings, eyes=eyes) as house:
        await scan(house)
        (photo,) = await listed(house)
        tags = await tags_of(house)
    assert eyes.shapes == []
    assert tags.get("food") == "object"
    assert "dog" not in tags
    assert photo["category"] == "food"


async def test_faces_found_again_keep_their_id_and_person(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(PORTRAIT)) as house:
        await scan(house, photo.parent)
        async with house.db.writing() as connection:
            await connection.execute("INSERT INTO person (id, name, created_at, updated_at) VALUES (7, 'Ann', '', '')")
            await connection.execute("UPDATE face SET person_id = 7, assigned_by = 'user'")
        (before,) = await house.db.rows("SELECT id FROM face")
    moved = Sighting(objects=(), faces=(face(0.05, 0.05), face(0.41, 0.29, 0.41)))
    async with opened(tmp_path / "data", eyes=FakeEyes(moved, version="2")) as house:
        await scan(house)
        rows = {row["id"]: row for row in await house.db.rows("SELECT * FROM face")}
    assert len(rows) == 2
    kept = rows[before["id"]]
    assert (kept["person_id"], kept["x"]) == (7, 0.41)


async def test_a_face_that_a_user_named_survives_a_model_that_misses_it(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    both = Sighting(objects=(), faces=(face(), face(0.7, 0.7)))
    async with opened(tmp_path / "data", eyes=FakeEyes(both)) as house:
        await scan(house, photo.parent)
        async with house.db.writing() as connection:
            await connection.execute("INSERT INTO person (id, name, created_at, updated_at) VALUES (7, 'Ann', '', '')")
            await connection.execute("UPDATE face SET person_id = 7, assigned_by = 'user' WHERE x < 0.5")
    async with opened(tmp_path / "data", eyes=FakeEyes(Sighting(objects=(), faces=()), version="2")) as house:
        await scan(house)
        rows = await house.db.rows("SELECT person_id FROM face")
    assert [row[0] for row in rows] == [7]


async def test_a_model_that_fails_is_recorded_and_tried_on_request(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    crash = Failure("crash", "The models crashed on this photo.")
    eyes = FakeEyes(Sighting(objects=(thing("dog"),), failures={"faces": crash}))
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, tmp_path / "photos")
        rows = await house.db.rows("SELECT kind, reason FROM analysis WHERE state = 'failed'")
        assert [tuple(row) for row in rows] == [("faces", "crash")]
        await scan(house)
        assert len(eyes.shapes) == 1
        eyes.sighting = PORTRAIT
        await scan(house, retry_failed=True)
        (photo,) = await listed(house)
    assert (photo["face_count"], photo["category"]) == (1, "portrait")


async def test_models_that_cannot_be_reached_leave_their_part_for_later(tmp_path: Path) -> None:
    for number in range(3):
        make_photo(tmp_path / "photos" / f"{number}.jpg", number)

    def nobody(_pixels: object, _kinds: object) -> Sighting:
        raise Unavailable("the inference process does not start")

    eyes = FakeEyes(nobody)
    async with opened(tmp_path / "data", eyes=eyes) as house:
        progress = await scan(house, tmp_path / "photos")
        assert (progress.error, progress.failed, len(await listed(house))) == (None, 0, 3)
        eyes.sighting = DOG
        await scan(house)
        assert {photo["category"] for photo in await listed(house)} == {"wildlife"}


async def test_a_photo_that_breaks_loses_what_was_seen_in_it(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(PORTRAIT)) as house:
        await scan(house, photo.parent)
        photo.write_bytes(photo.read_bytes()[:300])
        await scan(house)
        faces = await house.db.rows("SELECT id FROM face")
        row = await house.db.row("SELECT face_count FROM photo")
        failed = {row[0] for row in await house.db.rows("SELECT kind FROM analysis WHERE state = 'failed'")}
    assert faces == []
    assert row is not None
    assert row[0] is None
    assert {"objects", "faces", "thumbnail"} <= failed


async def test_a_scan_of_some_analyses_leaves_the_rest_alone(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    eyes, workers = FakeEyes(DOG), InlineWorkers()
    async with opened(tmp_path / "data", eyes=eyes, workers=workers) as house:
        await scan(house, tmp_path / "photos")
        make_photo(tmp_path / "photos" / "new.jpg", 3)
        await scan(house, only=frozenset({"faces"}))
        assert len(eyes.kinds) == 1
        await scan(house, only=frozenset({"faces"}), again=True)
        assert workers.kinds[-1] == eyes.kinds[-1] == frozenset({"faces"})
        assert len(await listed(house)) == 1


async def test_a_judgement_made_again_does_not_forget_the_faces(tmp_path: Path) -> None:
    """Pixel metrics that are measured anew do not turn a portrait into something else."""
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(PORTRAIT)) as house:
        await scan(house, photo.parent)
    async with opened(tmp_path / "data", config(exposure={"highlight_level": 240})) as house:
        await scan(house)
        (row,) = await listed(house)
    assert row["category"] == "portrait"


def test_frames_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    memory = tmp_path / "shm"
    memory.mkdir()
    frames = Frames(tmp_path / "data", memory)
    first, second = frames.new(), frames.new()
    assert first != second
    assert first.parent.parent == memory
    assert first.parent.stat().st_mode & 0o077 == 0
    first.write_bytes(b"left by a kill")
    Frames(tmp_path / "data", memory).clear()
    assert not first.parent.exists()


def test_frames_lie_in_the_data_folder_where_memory_has_no_room(tmp_path: Path) -> None:
    frames = Frames(tmp_path / "data", tmp_path / "nowhere")
    assert frames.new().parent == tmp_path / "data" / "frames"


def test_a_folder_in_memory_that_others_made_is_not_used(tmp_path: Path) -> None:
    memory = tmp_path / "shm"
    memory.mkdir()
    frames = Frames(tmp_path / "data", memory)
    ours = frames.new().parent
    ours.chmod(0o777)
    assert Frames(tmp_path / "data", memory).new().parent == tmp_path / "data" / "frames"


async def test_the_same_face_in_two_photos_is_a_person(tmp_path: Path) -> None:
    for number in range(3):
        make_photo(tmp_path / "photos" / f"{number}.jpg", number)
    vectors = [(1.0, 0.0), (0.0, 1.0), (1.0, 0.0)]
    eyes = FakeEyes(lambda _pixels, _kinds: Sighting(objects=(), faces=(face(vector=vectors.pop()),)))
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, tmp_path / "photos")
        rows = await house.db.rows("SELECT person_id, COUNT(*) FROM face GROUP BY person_id ORDER BY person_id")
        assert [tuple(row) for row in rows] == [(None, 1), (1, 2)]
        vectors = [(1.0, 0.0)]
        make_photo(tmp_path / "photos" / "new.jpg", 7)
        await scan(house)
        row = await house.db.row("SELECT COUNT(*) FROM face WHERE person_id = 1")
    assert row is not None
    assert row[0] == 3


async def test_a_scan_does_not_wait_for_models_that_are_being_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.ingest.service.PATIENCE_S", 0.01)
    for number in range(3):
        make_photo(tmp_path / "photos" / f"{number}.jpg", number)
    eyes, tried = FakeEyes(DOG), asyncio.Event()
    plain = eyes.prepare

    async def prepare() -> None:
        await tried.wait()
        await plain()

    monkeypatch.setattr(eyes, "prepare", prepare)
    async with opened(tmp_path / "data", eyes=eyes) as house:
        scanning = asyncio.create_task(scan(house, tmp_path / "photos"))
        while len(await listed(house)) < 3:
            await asyncio.sleep(0.02)
        assert eyes.shapes == []
        assert house.ingest.models.capabilities()["objects"]["state"] == "preparing"
        tried.set()
        progress = await scanning
        assert {photo["category"] for photo in await listed(house)} == {"wildlife"}
    assert len(eyes.shapes) == 3
    assert (progress.added, progress.unchanged, progress.failed) == (3, 0, 0)


async def test_models_that_get_ready_in_mid_scan_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.ingest.service.PATIENCE_S", 0.01)
    monkeypatch.setattr("facetd.ingest.scan.EARLY", 5)
    for number in range(12):
        make_photo(tmp_path / "photos" / f"{number:02}.jpg", number)
    eyes, tried = FakeEyes(DOG), asyncio.Event()
    plain = eyes.prepare

    async def prepare() -> None:
        await tried.wait()
        await plain()

    class Telling(InlineWorkers):
        async def visit(self, task: VisitTask) -> VisitResult:
            if len(self.visited) >= 3:
                tried.set()
                while not eyes.models:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.05)
            return await super().visit(task)

    monkeypatch.setattr(eyes, "prepare", prepare)
    workers = Telling()
    async with opened(tmp_path / "data", eyes=eyes, workers=workers) as house:
        progress = await scan(house, tmp_path / "photos")
        assert {photo["category"] for photo in await listed(house)} == {"wildlife"}
    assert len(eyes.shapes) == 12
    assert progress.added == 12
    assert 12 < len(workers.visited) <= 17  # only the first ones were visited twice
