"""What models think of photos becomes part of the library, and stays in step with models and words without reading a file again."""

from __future__ import annotations

import base64
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetd.accounts.viewers import single_viewer
from facetd.errors import Unavailable
from facetd.house import House
from facetd.library.gallery import Gallery
from facetd.records.sightings import Failure, PhotoVector, Sighting
from tests.eyes import FakeEyes
from tests.house import InlineWorkers, config, listed, names, opened, scan
from tests.photos import make_photo

SEEN = Sighting(objects=(), faces=())
BOTH = {"aesthetics": frozenset({"aesthetic_iaa", "quality_score"}), "scenes": frozenset()}


def looking_like(*vector: float) -> PhotoVector:
    return PhotoVector("made/f32", np.asarray(vector, "<f4").tobytes())


def answer(arguments: dict[str, Any]) -> dict[str, Any]:
    """As a model that finds red photos pleasing and full of sunsets, and blue ones to show the sea, perhaps."""
    assert arguments["space"] == "made/f32"
    vectors = np.frombuffer(base64.b64decode(arguments["vectors"]), "<f4").reshape(-1, 2)
    said: dict[str, Any] = {}
    if arguments.get("heads"):
        said["heads"] = {"aesthetic_iaa": [float(red) for red, _ in vectors]}
        said["axis"] = [[0.20 + 0.02 * float(red), 0.21] for red, _ in vectors]
    if "groups" in arguments:
        said["groups"] = {
            "light": [[["sunset", 0.9]] if red > 0.5 else [] for red, _ in vectors],
            "place": [[] if red > 0.5 else [["sea", 0.3]] for red, _ in vectors],
        }
    return said


def eyes_of(*, head: str = "head-1", words: str = "words-1", embedding: str = "1") -> FakeEyes:
    """Eyes that see red in pictures of 400 px and blue in others."""
    seen = FakeEyes(
        lambda pixels, _: dataclasses.replace(SEEN, embedding=looking_like(*((1, 0) if pixels.shape[1] == 400 else (0.25, 0.75)))),
        embedding_version=embedding,
    )
    seen.more_models = {kind: name for kind, name in (("aesthetics", head), ("scenes", words)) if name}
    seen.opinions = {kind: BOTH[kind] for kind in seen.more_models}
    seen.answers = {"learn_texts": lambda _: {}, "opinions": answer}
    return seen


async def tags_of(house: House) -> set[tuple[str, str, str]]:
    sql = "SELECT p.filename, t.name, pt.source FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id JOIN photo p ON p.id = pt.photo_id"
    return {tuple(row) for row in await house.db.rows(sql)}


async def ledger_of(house: House) -> dict[tuple[str, str], str]:
    rows = await house.db.rows("SELECT p.filename, a.kind, a.fingerprint FROM analysis a JOIN photo p ON p.id = a.photo_id")
    return {(row[0], row[1]): row[2] for row in rows}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    make_photo(tmp_path / "photos" / "red.jpg", size=(400, 300))
    make_photo(tmp_path / "photos" / "blue.jpg", 2)
    return tmp_path / "photos"


async def test_scores_and_tags_follow_from_vectors_at_once(tmp_path: Path, photos: Path) -> None:
    eyes = eyes_of()
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, photos)
        blue, red = await listed(house)
        tags = await tags_of(house)
        found = await names(house, search="sundown"), await names(house, search="ocean"), await names(house, tag="sea")
    assert (red["aesthetic_iaa"], blue["aesthetic_iaa"]) == (10.0, 2.5)
    assert red["quality_score"] == pytest.approx(10 / (1 + np.exp(-1)), abs=1e-3)
    assert blue["quality_score"] < 5 < red["quality_score"]
    assert (red["topiq_score"], red["liqe_score"], red["face_quality_iqa"]) == (None, None, None)
    assert tags == {("red.jpg", "sunset", "scene"), ("blue.jpg", "sea", "scene_hint")}
    assert (red["tags_list"], blue["tags_list"]) == (["sunset"], [])
    assert red["category"] == "golden_hour"
    assert found == (["red.jpg"], ["blue.jpg"], [])
    assert all(len(arguments["texts"]) <= 32 for question, arguments in eyes.asked if question == "learn_texts")


async def test_they_count_in_the_score_and_the_breakdown_adds_up(tmp_path: Path, photos: Path) -> None:
    async with opened(tmp_path / "data", eyes=eyes_of()) as house:
        await scan(house, photos)
        gallery = Gallery(house.db, house.config, house.ingest.judge)
        (_, red) = await listed(house)
        why = (await gallery.photo(await single_viewer(house.db), red["id"]))["breakdown"]
    parts = {part["key"]: part for part in why["components"]}
    assert parts["aesthetic_iaa"]["weight"] == pytest.approx(20 / 125, abs=1e-3) and "Artistic merit 10.0" in parts["aesthetic_iaa"]["text"]
    assert sum(part["contribution"] for part in parts.values()) + sum(a["points"] for a in why["adjustments"]) == pytest.approx(
        red["aggregate"], abs=1e-3
    )
    assert not {"topiq_score", "liqe_score"} & set(why["missing"]), "nobody fills them, so nobody misses them"


async def test_another_head_or_other_words_are_asked_with_the_stored_vectors(tmp_path: Path, photos: Path) -> None:
    async with opened(tmp_path / "data", eyes=eyes_of()) as house:
        await scan(house, photos)
        before = await ledger_of(house)
    workers, newer = InlineWorkers(), eyes_of(head="head-2")
    async with opened(tmp_path / "data", eyes=newer, workers=workers) as house:
        await scan(house)
        after = await ledger_of(house)
    assert workers.visited == [] and newer.shapes == []
    assert {kind for key, kind in ((key, key[1]) for key in before) if after[key] != before[key]} == {"aesthetics"}
    assert all("groups" not in arguments for question, arguments in newer.asked if question == "opinions")
    workers, other = InlineWorkers(), eyes_of(head="head-2")
    words = config(tags={"scenes": {"sunset": {"group": "light", "prompts": ["the setting sun"]}}, "scene_search_score": 0.4})
    async with opened(tmp_path / "data", words, workers, other) as house:
        await scan(house)
        last = await ledger_of(house)
        tags = await tags_of(house)
    assert workers.visited == [] and other.shapes == []
    assert {key[1] for key in last if last[key] != after[key]} == {"scenes"}
    assert tags == {("red.jpg", "sunset", "scene")}, "the sea is not likely enough any more"
    (sent,) = [arguments for question, arguments in other.asked if question == "opinions"]
    assert sent["groups"]["light"]["tags"]["sunset"] == ["the setting sun.", "a photo of the setting sun."]


async def test_without_the_models_everything_is_as_before_them(tmp_path: Path, photos: Path) -> None:
    plain = FakeEyes(dataclasses.replace(SEEN, embedding=looking_like(1, 0)), embedding_version="1")
    async with opened(tmp_path / "before", eyes=plain) as house:
        await scan(house, photos)
        expected = await listed(house)
    async with opened(tmp_path / "data", eyes=eyes_of()) as house:
        await scan(house, photos)
    workers = InlineWorkers()
    gone = eyes_of(head="", words="")
    async with opened(tmp_path / "data", eyes=gone, workers=workers) as house:
        await scan(house)
        photos_now = await listed(house)
        assert await tags_of(house) == set()
        assert {kind for _, kind in await ledger_of(house)} & {"aesthetics", "scenes"} == set()
        gallery = Gallery(house.db, house.config, house.ingest.judge)
        assert await gallery.unfilled() == {"aesthetic_iaa", "quality_score", "topiq_score", "liqe_score", "face_quality_iqa"}
    assert workers.visited == []
    for one, other in zip(photos_now, expected, strict=True):
        for key in ("aesthetic_iaa", "quality_score", "aggregate", "category", "top_picks_score", "aesthetic"):
            assert one[key] == other[key], key


async def test_a_head_that_is_removed_takes_its_score_along_and_leaves_the_axis(tmp_path: Path, photos: Path) -> None:
    async with opened(tmp_path / "data", eyes=eyes_of()) as house:
        await scan(house, photos)
    less = eyes_of(head="axis only")
    less.opinions = {"aesthetics": frozenset({"quality_score"}), "scenes": frozenset()}
    less.answers["opinions"] = lambda arguments: {key: value for key, value in answer(arguments).items() if key != "heads"}
    async with opened(tmp_path / "data", eyes=less) as house:
        await scan(house)
        assert {photo["aesthetic_iaa"] for photo in await listed(house)} == {None}
        assert all(photo["quality_score"] is not None for photo in await listed(house))


async def test_models_that_cannot_be_asked_leave_it_for_another_time(tmp_path: Path, photos: Path) -> None:
    def unavailable(_arguments: dict[str, Any]) -> dict[str, Any]:
        raise Unavailable("the box sleeps")

    eyes = eyes_of()
    eyes.answers["opinions"] = unavailable
    async with opened(tmp_path / "data", eyes=eyes) as house:
        progress = await scan(house, photos)
        assert progress.error is None or progress.error == ""
        assert [photo["aesthetic_iaa"] for photo in await listed(house)] == [None, None]
        assert all(photo["aggregate"] is not None for photo in await listed(house)), "judged without them"
        eyes.answers["opinions"] = answer
        await scan(house)
        assert [photo["aesthetic_iaa"] for photo in await listed(house)] == [2.5, 10.0]
    assert len(eyes.shapes) == 2


async def test_models_that_are_installed_and_cannot_run_keep_what_they_said(tmp_path: Path, photos: Path) -> None:
    async with opened(tmp_path / "data", eyes=eyes_of()) as house:
        await scan(house, photos)
    broken = eyes_of(head="", words="")
    broken.opinions = BOTH
    async with opened(tmp_path / "data", eyes=broken) as house:
        await scan(house)
        assert [photo["aesthetic_iaa"] for photo in await listed(house)] == [2.5, 10.0]


async def test_a_photo_without_a_vector_is_not_asked_about_for_ever(tmp_path: Path, photos: Path) -> None:
    eyes = eyes_of()
    eyes.sighting = dataclasses.replace(SEEN, failures={"embedding": Failure("model_output", "nothing to tell it by")})
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, photos)
        await scan(house)
    assert [question for question, _ in eyes.asked if question == "opinions"] == []


async def test_a_scorer_looks_at_the_photo_and_a_newer_one_again_and_nothing_else(tmp_path: Path, photos: Path) -> None:
    eyes = FakeEyes(dataclasses.replace(SEEN, opinions={"topiq_score": 0.83, "face_quality_iqa": None}))
    eyes.more_models = {"topiq_score": "topiq-1", "face_quality_iqa": "faces-1"}
    eyes.opinions = {kind: frozenset({kind}) for kind in eyes.more_models}
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, photos)
        assert [(photo["topiq_score"], photo["face_quality_iqa"]) for photo in await listed(house)] == [(8.3, None)] * 2
        assert await names(house, min_topiq=8) == ["blue.jpg", "red.jpg"] and await names(house, min_topiq=9) == []
    newer = FakeEyes(dataclasses.replace(SEEN, opinions={"topiq_score": 1.7}))
    newer.more_models = {**eyes.more_models, "topiq_score": "topiq-2"}
    newer.opinions = eyes.opinions
    workers = InlineWorkers()
    async with opened(tmp_path / "data", eyes=newer, workers=workers) as house:
        await scan(house)
        assert [photo["topiq_score"] for photo in await listed(house)] == [10.0, 10.0]
    assert workers.kinds == [frozenset({"topiq_score"})] * 2 == newer.kinds


async def test_a_scorer_that_fails_leaves_no_score_and_a_reason(tmp_path: Path, photos: Path) -> None:
    eyes = FakeEyes(dataclasses.replace(SEEN, opinions={"topiq_score": 0.5}))
    eyes.more_models, eyes.opinions = {"topiq_score": "topiq-1"}, {"topiq_score": frozenset({"topiq_score"})}
    async with opened(tmp_path / "data", eyes=eyes) as house:
        await scan(house, photos)
    broken = FakeEyes(dataclasses.replace(SEEN, failures={"topiq_score": Failure("model_output", "no numbers")}))
    broken.more_models, broken.opinions = {"topiq_score": "topiq-2"}, eyes.opinions
    async with opened(tmp_path / "data", eyes=broken) as house:
        await scan(house)
        assert [photo["topiq_score"] for photo in await listed(house)] == [None, None]
        (row, _) = await house.db.rows("SELECT kind, state, reason FROM analysis WHERE state = 'failed'")
    assert tuple(row) == ("topiq_score", "failed", "model_output")
