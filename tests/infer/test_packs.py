"""Installed packs in the catalogue: they come before the starter pack, and a damaged one costs only itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facetd.errors import Unavailable
from facetd.infer.catalogue import Catalogue, FileState, ImageEmbedding, ObjectDetector, TextEmbedding
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from tests.infer.packtext import facts, file_table
from tests.infer.tiny import tiny_catalogue, tiny_network

PACK = """
[[models]]
id = "{pack}-visual"
task = "image_embedding"
{facts}
precisions = ["f32"]
space = "{pack}"
dimension = 3
input = {{ name = "images", size = 32, range = [0, 1], fit = "crop_shortest", mean = [0.5, 0.5, 0.5], std = [0.5, 0.5, 0.5] }}
files.f32 = {file}
[[models.outputs]]
name = "means"
shape = [3]
meaning = "means"
tolerance = {{ f32 = 0.01 }}

[[models]]
id = "{pack}-textual"
task = "text_embedding"
{facts}
space = "{pack}"
dimension = 3
tokens = {{ context = 8, pad = "<pad>" }}
parts.textual = {file}
"""


def install(packs: Path, name: str) -> Path:
    folder = packs / name
    tiny_network(folder / "visual/model.onnx")
    (folder / "pack.toml").write_text(PACK.format(pack=name, facts=facts(name), file=file_table(folder, "visual/model.onnx")))
    return folder / "visual/model.onnx"


def test_a_pack_stands_before_the_starter_pack(tmp_path: Path) -> None:
    tiny_catalogue(tmp_path / "models")
    file = install(tmp_path / "packs", "tiny-clip")
    catalogue = Catalogue.load(tmp_path / "models", tmp_path / "packs")
    assert [model.id for model in catalogue.models] == ["tiny-clip-visual", "tiny_objects", "tiny_embedding"]
    visual, words = catalogue.first(ImageEmbedding), catalogue.first(TextEmbedding)
    assert catalogue.path(visual, "f32") == file == catalogue.part(words, "textual")
    assert catalogue.verify(visual, "f32") is FileState.PRESENT
    assert catalogue.folder_of(catalogue.first(ObjectDetector)) == tmp_path / "models"
    assert visual.space_name("f32") == "tiny-clip/f32"
    file.write_bytes(b"x" * file.stat().st_size)
    assert catalogue.state(visual, "f32") is FileState.PRESENT
    assert catalogue.verify(visual, "f32") is FileState.DAMAGED


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('task = "image_embedding"', 'task = "sorcery"', "sorcery"),
        ('pack = "odd"', 'pack = "other"', "expected 'odd'"),
        ("dimension = 3", "dimension = 0", "dimension"),
        ('id = "odd-visual"', 'id = "tiny_objects"', "tiny_objects"),
        ("[[models]]", "[[models", "expected TOML"),
        ('name = "', 'name = "../', "expected a path inside the folder"),
        ('name = "', 'name = "/etc/', "expected a path inside the folder"),
        ('name = "', 'name = "sub/../../', "expected a path inside the folder"),
    ],
)
def test_a_pack_that_cannot_be_read_costs_only_itself(tmp_path: Path, old: str, new: str, problem: str) -> None:
    tiny_catalogue(tmp_path / "models")
    install(tmp_path / "packs", "good")
    install(tmp_path / "packs", "odd")
    path = tmp_path / "packs" / "odd" / "pack.toml"
    path.write_text(path.read_text().replace(old, new))
    catalogue = Catalogue.load(tmp_path / "models", tmp_path / "packs")
    assert catalogue.find(ImageEmbedding) is not None
    assert len(catalogue.problems) == 1
    assert "odd" in catalogue.problems[0]
    assert problem in catalogue.problems[0] or problem == "dimension"


def test_a_network_with_named_inputs_is_loaded_once_and_told_when_it_cannot(tmp_path: Path) -> None:
    tiny_catalogue(tmp_path / "models")
    install(tmp_path / "packs", "tiny-clip")
    catalogue = Catalogue.load(tmp_path / "models", tmp_path / "packs")
    choice = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")
    engine = Engine(catalogue, Choices("key", 1, {"tiny-clip-visual": choice}, (), {}))
    words = catalogue.first(TextEmbedding)
    part = engine.part(words, "textual")
    assert engine.part(words, "textual") is part
    outputs = part.run({"images": np.ones((2, 3, 32, 32), np.float32)})
    assert outputs["means"].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert part.inputs == {"images": "tensor(float)"}
    catalogue.part(words, "textual").write_bytes(b"not a network")
    with pytest.raises(Unavailable, match="tiny-clip-textual"):
        Engine(catalogue, Choices("key", 1, {}, (), {})).part(words, "textual")
