"""A sentence about a picture: what the network sees decides about it, in whatever form its decoder is exported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tokenizers import Tokenizer, decoders, models

from facetd.errors import InvalidInput, Unavailable
from facetd.infer.captioning.captions import NO_REPEAT, caption
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choices
from facetd.infer.engine import Engine
from facetd.infer.questions import find
from tests.infer.generation.tiny import SIZE, VOCABULARY, Weights, picture_encoder
from tests.infer.generation.tiny import decoders as write_decoders
from tests.infer.packtext import facts, file_table
from tests.infer.tiny import tiny_catalogue

SIDE = 32
WORDS = ["<s>", "</s>", *(f"word{number}" for number in range(2, VOCABULARY))]
MEAN, DEVIATION = (0.5, 0.4, 0.3), (0.5, 0.25, 0.2)
ENTRY = """
[[models]]
id = "{pack}"
task = "captioning"
{facts}
input = {{ name = "pixel_values", size = 32, range = [0, 1], fit = "stretch", mean = [0.5, 0.4, 0.3], std = [0.5, 0.25, 0.2] }}
{files}
[models.generation]
start = 0
eos = 1
pad = 0
banned = [0]
max_length = 12
beams = {beams}
layers = 1
heads = 1
head_size = {size}
cache = "{cache}"
"""
FORMS = {
    "merged": {"decoder": "decoder_merged"},
    "with_past": {"decoder": "decoder", "decoder_with_past": "decoder_with_past"},
    "none": {"decoder": "decoder"},
}


def install(packs: Path, cache: str, weights: Weights, beams: int = 1) -> None:
    """A captioner in the layout of the exporter."""
    folder = packs / "captioner"
    picture_encoder(folder / "encoder_model.onnx", SIDE)
    written = write_decoders(folder, weights, masked=False)
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<s>"))
    tokenizer.add_special_tokens(["<s>", "</s>"])
    tokenizer.decoder = decoders.Fuse()
    tokenizer.save(str(folder / "tokenizer.json"))
    files = {"parts.encoder": folder / "encoder_model.onnx", "data.tokenizer": folder / "tokenizer.json"}
    files |= {f"parts.{part}": written[form] for part, form in FORMS[cache].items()}
    listed = "\n".join(f"{key} = {file_table(folder, file.name)}" for key, file in files.items())
    text = ENTRY.format(pack="captioner", facts=facts("captioner"), files=listed, cache=cache, size=SIZE, beams=beams)
    (folder / "pack.toml").write_text(text)


def engine_of(folder: Path) -> Engine:
    tiny_catalogue(folder / "models")
    catalogue = Catalogue.load(folder / "models", folder / "packs")
    assert catalogue.problems == ()
    return Engine(catalogue, Choices("key", 1, {}, (), {}))


def halves(path: Path, left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    """Save a picture of two colours; returns what an encoder of this kind says of it (2, SIZE)."""
    pixels = np.zeros((90, 120, 3), np.uint8)
    pixels[:, :60], pixels[:, 60:] = left, right
    Image.fromarray(pixels).save(path)
    seen = (np.array([left, right]) / 255 - MEAN) / DEVIATION
    return np.concatenate([seen, seen], axis=1).astype(np.float32)


def expected(weights: Weights, states: np.ndarray) -> list[str]:
    """The likeliest words, by the formula and the rules."""
    tokens: list[int] = []
    while len(tokens) < 12:
        likely = weights.logits(states, [0, *tokens])
        likely[0] = -np.inf
        triples = {tuple(tokens[i : i + NO_REPEAT]) for i in range(len(tokens) - NO_REPEAT + 1)}
        for token in range(VOCABULARY):
            if (*tokens[len(tokens) - NO_REPEAT + 1 :], token) in triples and len(tokens) >= NO_REPEAT - 1:
                likely[token] = -np.inf
        best = int(likely.argmax())
        if best == 1:
            break
        tokens.append(best)
    return [WORDS[token] for token in tokens]


@pytest.mark.parametrize("cache", FORMS)
def test_what_is_seen_is_said(tmp_path: Path, cache: str) -> None:
    weights = Weights.drawn(5)
    install(tmp_path / "packs", cache, weights)
    engine = engine_of(tmp_path)
    said = set()
    for number, (left, right) in enumerate((((255, 0, 0), (0, 0, 255)), ((0, 0, 255), (0, 255, 0)), ((255, 255, 255), (90, 30, 0)))):
        states = halves(tmp_path / f"{number}.png", left, right)
        answer = find("caption")(engine, {"picture": str(tmp_path / f"{number}.png")})
        assert answer["model"] == "captioner"
        words = expected(weights, states)
        assert answer["text"].replace(" ", "") == "".join(words)
        assert words
        said.add(answer["text"])
    assert len(said) == 3
    json.dumps(answer)


def test_beams_of_the_entry_are_followed(tmp_path: Path) -> None:
    weights = Weights.drawn(8)
    install(tmp_path / "packs", "merged", weights, beams=4)
    picture = tmp_path / "a.jpg"
    halves(picture, (10, 200, 30), (250, 250, 0))
    engine = engine_of(tmp_path)
    assert caption(engine, {"picture": str(picture)})["text"] == caption(engine, {"picture": str(picture)})["text"] != ""


def test_what_cannot_be_described_is_told(tmp_path: Path) -> None:
    tiny = engine_of(tmp_path)
    with pytest.raises(Unavailable, match="no model that describes"):
        caption(tiny, {"picture": "x.png"})
    install(tmp_path / "packs", "merged", Weights.drawn(1))
    engine = engine_of(tmp_path)
    with pytest.raises(InvalidInput, match="nothing"):
        caption(engine, {"picture": str(tmp_path / "nothing.png")})
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(InvalidInput, match="text"):
        caption(engine, {"picture": str(tmp_path / "text.png")})
    halves(tmp_path / "a.png", (1, 2, 3), (4, 5, 6))
    (tmp_path / "packs" / "captioner" / "decoder_model_merged.onnx").write_bytes(b"damaged")
    with pytest.raises(Unavailable, match="captioner cannot be run here"):
        caption(engine_of(tmp_path), {"picture": str(tmp_path / "a.png")})
