"""What packs can do: an entry for each task, typed, in the catalogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from facetd.infer.catalogue import (
    AestheticHead,
    ArcFace,
    Captioner,
    Catalogue,
    FaceDetector,
    QualityScorer,
    Saliency,
    ScrfdDetector,
    Translator,
)
from facetd.infer.runtimes import RUNTIMES, open_session
from facetd.infer.runtimes.session import Plan
from tests.infer import entries
from tests.infer.tiny import tiny_catalogue


def load(folder: Path, *texts: str) -> Catalogue:
    tiny_catalogue(folder / "models")
    entries.write_pack(folder / "packs", "all", *texts)
    return Catalogue.load(folder / "models", folder / "packs")


def test_each_task_of_a_pack_has_its_entry(tmp_path: Path) -> None:
    catalogue = load(tmp_path, *entries.ALL)
    assert catalogue.problems == ()
    pictures = [model.id for model in catalogue.models]
    assert pictures == ["nima", "scrfd", "arcface", "u2netp", "tiny_objects", "tiny_embedding"]
    assert catalogue.first(AestheticHead).fills == "aesthetic_iaa"
    assert catalogue.part(catalogue.first(AestheticHead), "weights") == tmp_path / "packs" / "all" / "weights.npy"
    assert catalogue.first(QualityScorer).reading == "mean_of_bins"
    assert catalogue.first(ScrfdDetector).scrfd.strides == (8,)
    assert catalogue.first(ScrfdDetector).takes == "bare"
    assert catalogue.first(ArcFace).embedding.space_name("f32") == "arcface/f32"
    assert catalogue.first(Saliency).input.std[2] == 0.225
    assert catalogue.first(Captioner).generation.cache == "merged"
    assert catalogue.first(Translator).generation.banned == (3,)
    assert set(catalogue.first(Translator).parts) == {"encoder", "decoder", "decoder_with_past"}
    assert catalogue.find(FaceDetector) is None


@pytest.mark.parametrize(
    ("entry", "old", "new", "key"),
    [
        (entries.DETECTOR, 'points = ["points"]', "points = []", "models.scrfd.scrfd: Value error, expected one name in each"),
        (entries.TRANSLATOR, "max_length = 64", "max_length = 0", "models.translator.generation.max_length"),
        (entries.QUALITY, "mean_of_bins", "median", "models.nima.reading"),
        (entries.ARCFACE, 'takes = "one"', 'takes = "two"', "models.arcface.takes"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_by_its_key(tmp_path: Path, entry: str, old: str, new: str, key: str) -> None:
    assert old in entry
    (problem,) = load(tmp_path, entry.replace(old, new)).problems
    assert key in problem


def fixed_network(path: Path, *, bare: bool) -> None:
    """pixels [1,3,?,?] -> means of colours, [1,3] or without the batch axis [3]."""
    nodes = [helper.make_node("GlobalAveragePool", ["pixels"], ["pooled"]), helper.make_node("Reshape", ["pooled", "shape"], ["means"])]
    shape = [3] if bare else [1, 3]
    graph = helper.make_graph(
        nodes,
        "fixed",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, None, None])],
        [helper.make_tensor_value_info("means", TensorProto.FLOAT, shape)],
        [helper.make_tensor("shape", TensorProto.INT64, [len(shape)], shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("takes", ["one", "bare"])
def test_a_network_of_a_fixed_batch_answers_for_any_number_of_pictures(tmp_path: Path, runtime: str, takes: str) -> None:
    fixed_network(tmp_path / "model.onnx", bare=takes == "bare")
    session = open_session(Plan(tmp_path / "model.onnx", runtime, batch=4, size=16, takes=takes))
    pictures = np.arange(3, dtype=np.float32)[:, None, None, None] * np.ones((3, 3, 16, 16), np.float32)
    (means,) = session.run(pictures)
    assert means.tolist() == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
