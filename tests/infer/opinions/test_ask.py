"""Opinions from stored vectors, by a network that knows colours."""

from __future__ import annotations

import base64
import zipfile
from pathlib import Path

import numpy as np
import pytest

from facetd.errors import Unavailable
from facetd.infer.catalogue import AestheticHead, Catalogue
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from facetd.infer.opinions import meanings
from facetd.infer.opinions.heads import shares
from facetd.infer.opinions.meanings import probabilities
from facetd.infer.opinions.wanted import AESTHETICS, SCENES, made_from_vectors, opinions_installed
from facetd.infer.questions import find
from tests.infer.opinions.packs import install_head, install_scorer
from tests.packs import colour_clip, install

ONCE = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")
RED, GREEN, BLUE = np.eye(3, dtype="<f4")


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    install(colour_clip(tmp_path / "layout"), tmp_path / "packs", "clip")
    return tmp_path / "packs"


def engine(packs: Path) -> Engine:
    return Engine(Catalogue.load(None, packs), Choices("key", 1, {"clip-visual": ONCE}, (), {}), cache=packs.parent / "cache")


def asked(packs: Path, *photos: np.ndarray, **arguments: object) -> dict[str, object]:
    eyes = engine(packs)
    vectors = base64.b64encode(np.stack(photos).astype("<f4").tobytes()).decode()
    return find("opinions")(eyes, {"space": eyes.photo_space("clip-visual"), "vectors": vectors, **arguments})


def test_a_head_says_how_pleasing_a_photo_is(packs: Path) -> None:
    install_head(packs, "head", "clip", np.array([9, 0, 4.5, 1], np.float32))
    answer = asked(packs, RED, GREEN, BLUE, heads=True)
    assert answer == {"heads": {"aesthetic_iaa": pytest.approx([1, 0, 0.5])}}


def test_a_head_of_another_space_is_not_asked(packs: Path) -> None:
    install_head(packs, "head", "other", np.array([9, 0, 4.5, 1], np.float32))
    assert asked(packs, RED, heads=True) == {"heads": {}}


@pytest.mark.parametrize("weights", [np.ones(3, np.float32), np.ones(4), np.array([1, 2, np.nan, 1], np.float32)])
def test_weights_that_do_not_fit_are_told(packs: Path, weights: np.ndarray) -> None:
    folder = install_head(packs, "head", "clip", np.ones(4, np.float32))
    np.save(folder / "weights.npy", weights)
    with pytest.raises(Unavailable, match=r"weights\.npy"):
        asked(packs, RED, heads=True)


def test_the_axis_compares_with_the_means_of_the_words(packs: Path) -> None:
    answer = asked(packs, RED, GREEN, axis={"good": ["red", "red blue"], "bad": ["green"]})
    (good, bad), (other, worse) = answer["axis"]
    assert good == pytest.approx(np.cos(np.pi / 8)) and bad == pytest.approx(0, abs=1e-6)  # half-way between 0 and 45 degrees
    assert (other, worse) == (pytest.approx(0, abs=1e-6), pytest.approx(1))


def test_tags_share_a_softmax_with_their_background(packs: Path) -> None:
    group = {"tags": {"rose": ["red", "red"], "grass": ["green"]}, "background": ["blue"]}
    answer = asked(packs, RED, BLUE, (RED + GREEN) / np.sqrt(2), groups={"colour": group}, floor=0.2)
    assert answer["groups"]["colour"] == [[["rose", 1.0]], [], [["rose", 0.5], ["grass", 0.5]]]


def test_vectors_of_another_space_are_refused(packs: Path) -> None:
    with pytest.raises(Unavailable, match="elsewhere"):
        find("opinions")(engine(packs), {"space": "elsewhere", "vectors": "", "heads": True})


def test_texts_are_read_once_and_again_when_what_was_kept_is_damaged(packs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = meanings.vectors_of

    def counting(eyes: Engine, texts: list[str]) -> tuple[str, np.ndarray]:
        read.extend(texts)
        return real(eyes, texts)

    monkeypatch.setattr(meanings, "vectors_of", counting)
    assert find("learn_texts")(engine(packs), {"texts": ["red", "green", "red"]}) == {}
    asked(packs, RED, axis={"good": ["red"], "bad": ["blue"]})
    assert read == ["red", "green", "blue"]
    (kept,) = (packs.parent / "cache").glob("texts-*.npz")
    kept.write_bytes(kept.read_bytes()[:100])
    assert asked(packs, RED, axis={"good": ["red"], "bad": ["blue"]})["axis"] == [[pytest.approx(1), pytest.approx(0, abs=1e-6)]]
    assert read[3:] == ["red", "blue"]


def test_probabilities_are_those_of_a_softmax_also_for_extreme_vectors() -> None:
    photos, classes = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32), np.eye(8, dtype=np.float32)
    found = probabilities(photos * 100, classes)
    assert np.isfinite(found).all() and found.sum(axis=1) == pytest.approx(np.ones(50))
    assert (found.argmax(axis=1) == photos.argmax(axis=1)).all()


def test_what_can_be_said_follows_from_the_catalogue_and_names_the_files(packs: Path) -> None:
    bare = made_from_vectors(Catalogue.load(None, packs))
    assert bare[AESTHETICS].startswith("quality_score:clip-textual-1-") and bare[SCENES].startswith("clip-textual-1-")
    install_head(packs, "head", "clip", np.array([9, 0, 4.5, 1], np.float32))
    headed = made_from_vectors(Catalogue.load(None, packs))
    assert headed[SCENES] == bare[SCENES] and headed[AESTHETICS].startswith("aesthetic_iaa:head-1-")
    install_head(packs, "head", "clip", np.array([9, 0, 4.5, 2], np.float32))
    assert made_from_vectors(Catalogue.load(None, packs))[AESTHETICS] != headed[AESTHETICS]
    assert opinions_installed(Catalogue.load(None, packs)) == {"aesthetics": {"aesthetic_iaa", "quality_score"}, "scenes": frozenset()}
    assert made_from_vectors(Catalogue.load()) == {} == opinions_installed(Catalogue.load())


def test_a_scorer_takes_the_place_of_head_and_axis(packs: Path) -> None:
    install_head(packs, "head", "clip", np.array([9, 0, 4.5, 1], np.float32))
    for field in ("aesthetic_iaa", "quality_score"):
        install_scorer(packs, f"made-{field.replace('_', '-')}", field, matrix=np.ones((1, 3)))
    assert asked(packs, RED, heads=True, axis={"good": ["red"], "bad": ["blue"]}) == {"heads": {}}
    catalogue = Catalogue.load(None, packs)
    assert AESTHETICS not in made_from_vectors(catalogue)
    assert opinions_installed(catalogue) == {
        "aesthetic_iaa": {"aesthetic_iaa"},
        "quality_score": {"quality_score"},
        "scenes": frozenset(),
    }


@pytest.mark.corpus
def test_laions_head_is_read_as_published(corpus: Path, packs: Path) -> None:
    with zipfile.ZipFile(corpus.parent / "models" / "sa_0_4_vit_b_32_linear.pth") as published:
        weights = np.frombuffer(published.read("archive/data/0") + published.read("archive/data/1"), "<f4")
    folder = install_head(packs, "head", "clip", weights)
    head = Catalogue.load(None, packs).first(AestheticHead)
    vectors = np.random.default_rng(0).normal(size=(200, 512)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = shares(vectors, head, folder / "weights.npy")
    assert found == pytest.approx((vectors @ weights[:512] + weights[512] - 1) / 9, abs=1e-5)
    assert np.std(found) > 0.05, "not the same for all"
