"""Packs with opinions: a scorer whose score is a colour, a distribution over scores, and a head; added by a catalogue entry alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 32
SCORER = """
[[models]]
id = "{id}"
task = "quality"
title = "How good"
enables = "Scores"
licence = "MIT"
origin = "made here"
precisions = ["f32"]
source = {{ pack = "{id}", version = "{version}", url = "https://example.org" }}
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
title = "How pleasing"
enables = "Aesthetics"
licence = "MIT"
origin = "made here"
source = {{ pack = "{id}", version = "1", url = "https://example.org" }}
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
    facts = {"id": name, "fills": fills, "reading": reading, "low": low, "high": high, "version": version, "width": len(matrix)}
    (folder / "pack.toml").write_text(SCORER.format(**facts, file=_file(folder / "model.onnx")))
    return folder


def install_head(packs: Path, name: str, space: str, weights: np.ndarray, fills: str = "aesthetic_iaa") -> Path:
    """A head with these weights, the last of which is added."""
    folder = packs / name
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "weights.npy", weights)
    facts = {"id": name, "space": space, "dimension": len(weights) - 1, "fills": fills, "file": _file(folder / "weights.npy")}
    (folder / "pack.toml").write_text(HEAD.format(**facts))
    return folder


def _file(path: Path) -> str:
    content = path.read_bytes()
    return f'{{ name = "{path.name}", size = {len(content)}, sha256 = "{hashlib.sha256(content).hexdigest()}" }}'
