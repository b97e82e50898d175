"""Scenes that nobody has seen are found by what is typed: `pytest -s tests/tinyclip/test_retrieval.py` shows how well."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facetd.infer.catalogue import Catalogue, ImageEmbedding
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from facetd.infer.measure import packs_folder
from facetd.infer.things.tower import photo_vector
from facetd.infer.words.vectors import vectors_of
from tests.tinyclip.installed import FOLDER, install
from tests.tinyclip.render import HELD_OUT, Scene, combinations, render

NEW = 1_000_000  # seeds from here on are not those of the training
GALLERY, QUERIES = 200, 56


@dataclass
class Found:
    """How often the one photo that fits is the first, and among the first five."""

    first: float
    five: float


@pytest.fixture
async def engine(tmp_path: Path) -> Engine:
    await install(tmp_path)
    catalogue = Catalogue.load(None, packs_folder(tmp_path))
    assert catalogue.problems == ()
    choice = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    return Engine(catalogue, Choices("key", 1, {catalogue.first(ImageEmbedding).id: choice}, (), {}))


def gallery(held_out: bool) -> list[Scene]:
    """GALLERY scenes, no two of which are described alike; the first QUERIES of them have, or have not, a colour that is held out."""
    chosen, others = combinations(held_out=held_out), combinations(held_out=not held_out)
    random.Random(3).shuffle(chosen)
    random.Random(4).shuffle(others)
    some = [*chosen[:QUERIES], *others, *chosen[QUERIES:]][:GALLERY]
    return [Scene(*one, seed=NEW + number) for number, one in enumerate(some)]


def shown(engine: Engine, scenes: list[Scene]) -> NDArray[np.float32]:
    """Vectors of the scenes as photos of 4:3, larger than the network sees them."""
    tower = engine.tower
    assert tower is not None
    vectors = [photo_vector(engine, np.asarray(render(scene, 200, 150)), tower) for scene in scenes]
    return np.stack([vector for vector in vectors if vector is not None])


def search(engine: Engine, scenes: list[Scene]) -> Found:
    _space, texts = vectors_of(engine, [scene.caption for scene in scenes[:QUERIES]])
    order = np.argsort(-(texts @ shown(engine, scenes).T), axis=1)
    places = [int(np.flatnonzero(row == number)[0]) for number, row in enumerate(order)]
    return Found(float(np.mean([place == 0 for place in places])), float(np.mean([place < 5 for place in places])))


def test_unseen_scenes_are_found(engine: Engine) -> None:
    known, fresh = search(engine, gallery(held_out=False)), search(engine, gallery(held_out=True))
    print(f"\n{QUERIES} texts, {GALLERY} photos each described differently: the photo that fits is")
    for name, found in (("colours and things known together", known), ("colours never seen on these things", fresh)):
        print(f"  {name}: first {found.first:.0%}, recall@5 {found.five:.0%}")
    assert known.five >= 0.95
    assert fresh.five >= 0.85
    assert known.first >= 0.7


def test_what_is_said_in_other_words_is_the_same(engine: Engine) -> None:
    texts = ["red boat on blue water", "a RED  boat on the sea", "the red boat, on a lake", "green tree in the snow"]
    _space, vectors = vectors_of(engine, texts)
    likeness = vectors @ vectors.T
    assert likeness[0, 1:3].min() > 0.8
    assert likeness[3, :3].max() < 0.5


def test_the_training_never_saw_what_is_held_out() -> None:
    assert ("red", "boat") in HELD_OUT
    assert {one[:2] for one in combinations(held_out=True)} == HELD_OUT
    assert not {one[:2] for one in combinations(held_out=False)} & HELD_OUT
    assert len(combinations(held_out=False)) + len(combinations(held_out=True)) == 8 * 8 * 7


def test_a_scene_is_drawn_the_same_at_every_size() -> None:
    scene = Scene("red", "boat", "water", 7)
    assert render(scene, 50, 40).tobytes() == render(scene, 50, 40).tobytes()
    large = np.asarray(render(scene, 400, 320).resize((50, 40))).astype(int)
    assert np.abs(large - np.asarray(render(scene, 50, 40))).mean() < 12


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 600_000
