"""Packs with opinions: a scorer whose score is a colour, a distribution over scores, and a head; added by a catalogue entry alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.infer.packtext import facts, file_table

SIZE = 32
SCORER = """
[[models]]
id = "{id}"
task = "quality"
{facts}
precisions = ["f32"]
fills = "{fills}"
reading = "{reading}"
low = {low}
high = {high}
files.f32 = {file}
input = {{ name = "picture", size = 32, range = [0, 1], fit = "stretch", mean = [0, 0, 0], std = [1, 1, 1], interpolation = "bilinear" }}
[[models.outputs]]
name = "score"
shape = [{width}]
meaning = "how good the photo is"
tolerance = {{ f32 = 0.01 }}
"""
HEAD = """
[[models]]
id = "{id}"
task = "aesthetic_head"
{facts}
space = "{space}"
dimension = {dimension}
fills = "{fills}"
low = 1
high = 10
data.weights = {file}
"""


def install_scorer(
    packs: Path, name: str, fills: str, *, matrix: np.ndarray, reading: str = "scalar", low: float = 0, high: float = 1, version: str = "1"
) -> Path:
    """A network whose output is `matrix` (width, 3) times the mean colour (0..1) of what it is shown."""
    folder = packs / name
    folder.mkdir(parents=True, exist_ok=True)
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["colour"], axis=1),
        helper.make_node("MatMul", ["colour", "matrix"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "scorer",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch", len(matrix)])],
        [numpy_helper.from_array(np.ascontiguousarray(matrix.T, np.float32), "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, folder / "model.onnx")
    values = {"id": name, "fills": fills, "reading": reading, "low": low, "high": high, "width": len(matrix)}
    text = SCORER.format(**values, facts=facts(name, version), file=file_table(folder, "model.onnx"))
    (folder / "pack.toml").write_text(text)
    return folder


def install_head(packs: Path, name: str, space: str, weights: np.ndarray, fills: str = "aesthetic_iaa") -> Path:
    """A head with these weights, the last of which is added."""
    folder = packs / name
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "weights.npy", weights)
    values = {"id": name, "space": space, "dimension": len(weights) - 1, "fills": fills}
    (folder / "pack.toml").write_text(HEAD.format(**values, facts=facts(name), file=file_table(folder, "weights.npy")))
    return folder
