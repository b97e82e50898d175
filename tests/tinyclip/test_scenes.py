"""Places are told by words in scenes that nobody has seen: `pytest -s tests/tinyclip/test_scenes.py` shows how well."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from facetd.config import Config
from facetd.infer.catalogue import Catalogue, ImageEmbedding
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from facetd.infer.measure import packs_folder
from facetd.infer.questions import find
from facetd.score.scenes import Scenes
from facetd.score.tags import Source
from tests.tinyclip.installed import install
from tests.tinyclip.render import PLACES, Scene
from tests.tinyclip.test_retrieval import gallery, shown

# The words that the network learned, for places that exclude each other; two of them are what the vocabulary has no tag for.
OTHER = ("sunset", "street")
WORDS = {place: list(ways) for place, ways in PLACES.items() if place not in OTHER}
BACKGROUND = [way for place in OTHER for way in PLACES[place]]


@pytest.fixture
async def engine(tmp_path: Path) -> Engine:
    await install(tmp_path)
    catalogue = Catalogue.load(None, packs_folder(tmp_path))
    choice = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    return Engine(catalogue, Choices("key", 1, {catalogue.first(ImageEmbedding).id: choice}, (), {}), cache=tmp_path / "cache")


def asked(engine: Engine, scenes: list[Scene]) -> list[dict[str, float]]:
    """For each scene the places with their probabilities."""
    tower = engine.tower
    assert tower is not None
    arguments = {
        "space": engine.photo_space(tower.id),
        "vectors": base64.b64encode(shown(engine, scenes).astype("<f4").tobytes()).decode(),
        "groups": {"place": {"tags": WORDS, "background": BACKGROUND}},
        "floor": 0.25,
    }
    return [dict(photo) for photo in find("opinions")(engine, arguments)["groups"]["place"]]


def test_places_of_unseen_scenes_are_told_and_others_go_to_the_background(engine: Engine) -> None:
    scenes = gallery(held_out=True)
    rules = Scenes.from_config(Config.model_validate({"tags": {"scenes": {p: {"group": "place", "prompts": w} for p, w in WORDS.items()}}}))
    tags = [rules.tags([list(found.items())]) for found in asked(engine, scenes)]
    inside = [(scene.place, given) for scene, given in zip(scenes, tags, strict=True) if scene.place in WORDS]
    outside = [given for scene, given in zip(scenes, tags, strict=True) if scene.place not in WORDS]
    shown_right = sum(given == {place: Source.SCENE} for place, given in inside) / len(inside)
    untouched = sum(not given for given in outside) / len(outside)
    print(f"\n{len(inside)} scenes at a known place: {shown_right:.0%} have its tag alone, for certain")
    print(f"{len(outside)} elsewhere: {untouched:.0%} have none")
    assert len(inside) > 100 and len(outside) > 40
    assert shown_right >= 0.9
    assert untouched >= 0.9
