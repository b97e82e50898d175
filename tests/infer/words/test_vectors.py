"""Texts as vectors, by networks that take them under different names."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from facetd.errors import Unavailable
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from facetd.infer.look import look
from facetd.infer.questions import find
from facetd.infer.words.tokens import cleaned
from tests.infer.networks import SETTINGS
from tests.packs import PAD, colour_clip, install

ONCE = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")


def engine(packs: Path, *models: str) -> Engine:
    return Engine(Catalogue.load(None, packs), Choices("key", 1, dict.fromkeys(models or ("clip-visual",), ONCE), (), {}))


def vector(engine: Engine, text: str) -> list[float]:
    answer = find("text_vector")(engine, {"text": text})
    assert answer["space"] == "clip/f32"
    return np.frombuffer(base64.b64decode(answer["vector"]), "<f4").tolist()


@pytest.mark.parametrize("names", [("text",), ("input_ids", "attention_mask")])
@pytest.mark.parametrize("batch", [1, "batch"])
def test_a_text_is_a_direction(tmp_path: Path, names: tuple[str, ...], batch: int | str) -> None:
    install(colour_clip(tmp_path / "layout", names=names, batch=batch), tmp_path / "packs", "clip")
    eyes = engine(tmp_path / "packs")
    assert vector(eyes, "red") == vector(eyes, "  RED \n") == pytest.approx([1, 0, 0])
    assert vector(eyes, "red green") == pytest.approx([0.5**0.5, 0.5**0.5, 0])
    answer = find("text_vectors")(eyes, {"texts": ["blue", "white"]})
    found = [np.frombuffer(base64.b64decode(one), "<f4").tolist() for one in answer["vectors"]]
    assert found == [pytest.approx([0, 0, 1]), pytest.approx([3**-0.5] * 3)]
    assert find("text_vectors")(eyes, {"texts": []})["vectors"] == []


def test_a_photo_is_in_the_space_of_texts_and_needs_no_other_network(tmp_path: Path) -> None:
    install(colour_clip(tmp_path / "layout"), tmp_path / "packs", "clip")
    frame = np.zeros((90, 160, 3), np.uint8)
    frame[:, 35:125, 2] = 200  # the middle is blue
    frame[:, :35, 0] = frame[:, 125:, 0] = 200
    eyes = engine(tmp_path / "packs")
    sighting = look(eyes, frame, frozenset({"embedding"}), SETTINGS)
    assert sighting.objects is None
    assert not sighting.failures
    assert sighting.embedding.space == "clip/f32"
    assert np.frombuffer(sighting.embedding.vector, "<f4").tolist() == pytest.approx([0, 0, 1], abs=0.02)
    black = look(eyes, np.zeros_like(frame), frozenset({"embedding"}), SETTINGS)
    assert black.embedding is None
    assert black.failures["embedding"].reason == "model_output"


def test_the_whole_photo_is_squashed_where_the_pack_says_so(tmp_path: Path) -> None:
    install(colour_clip(tmp_path / "layout", fit="squash"), tmp_path / "packs", "clip")
    frame = np.zeros((90, 180, 3), np.uint8)
    frame[:, 90:, 2] = frame[:, :90, 0] = 200
    found = look(engine(tmp_path / "packs"), frame, frozenset({"embedding"}), SETTINGS).embedding
    assert np.frombuffer(found.vector, "<f4").tolist() == pytest.approx([0.5**0.5, 0, 0.5**0.5], abs=0.02)


@pytest.mark.parametrize("text", ["", " \t\n", "\ud83d", "日本の赤い船", "🚤", "red " * 3000, "x" * 100_000, "a\0b"])
def test_any_text_has_a_vector_or_says_that_it_has_none(tmp_path: Path, text: str) -> None:
    install(colour_clip(tmp_path / "layout"), tmp_path / "packs", "clip")
    eyes = engine(tmp_path / "packs")
    if text.strip():
        assert np.linalg.norm(vector(eyes, text)) == pytest.approx(1)
    else:
        with pytest.raises(Unavailable, match="clip-textual"):
            vector(eyes, text)


def test_texts_are_cleaned_as_the_pack_says(tmp_path: Path) -> None:
    assert cleaned(" A  Red_Boat,\tat Anna's! ", "whitespace") == "A Red_Boat, at Anna's!"
    assert cleaned(" A  Red_Boat,\tat Anna's! ", "canonicalize") == "a red boat at annas"
    assert cleaned("e\u0301\ud800", "whitespace") == "\u00e9?"
    install(colour_clip(tmp_path / "layout", clean="canonicalize"), tmp_path / "packs", "clip")
    eyes = engine(tmp_path / "packs")
    assert vector(eyes, "Red!") == pytest.approx([1, 0, 0])
    assert find("text_vector")(eyes, {"text": "red"})["least"] == 0.05


def test_what_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No model that reads text"):
        vector(engine(tmp_path / "none"), "red")
    folder = install(colour_clip(tmp_path / "layout"), tmp_path / "packs", "clip")
    with pytest.raises(Unavailable, match="clip-visual"):
        vector(engine(tmp_path / "packs", "centernet"), "red")
    tokenizer = folder / "textual/tokenizer.json"
    raw = tokenizer.read_text()
    tokenizer.write_text(raw.replace(PAD, "<filler>"))
    with pytest.raises(Unavailable, match=f"tokenizer.json.*{PAD}"):
        vector(engine(tmp_path / "packs"), "red")
    tokenizer.write_text(json.dumps({"model": "of another kind"}))
    with pytest.raises(Unavailable, match=r"tokenizer\.json.*cannot be read"):
        vector(engine(tmp_path / "packs"), "red")


def test_inputs_of_unknown_names_are_named(tmp_path: Path) -> None:
    install(colour_clip(tmp_path / "layout", names=("tokens",)), tmp_path / "packs", "clip")
    with pytest.raises(Unavailable, match="clip-textual takes tokens"):
        vector(engine(tmp_path / "packs"), "red")
