"""A catalogue of tiny networks that give the mean of each colour: as the real one, but made in milliseconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from facetd.infer.catalogue import Catalogue, Model
from facetd.infer.reference import reference_input

SIZE = 32

HEAD = """
[[models]]
id = "{id}"
task = "{task}"
title = "Tiny {id}"
enables = "Tests"
licence = "MIT"
origin = "made here"
precisions = {precisions}
source = {{ package = "@facetd/tiny", version = "{version}", files = [] }}
input = {{ name = "images", size = 32, range = [0, 255], fit = "stretch" }}
"""
EMBEDDING = """
[models.embedding]
space = "tiny-space"
dimension = 3
same = 0.36
merge = 0.33
suggest = 0.42
min_face_px = 30
[models.embedding.template]
left_eye = [1, 1]
right_eye = [2, 1]
nose_tip = [1.5, 2]
mouth_left = [1, 3]
mouth_right = [2, 3]
"""
OBJECTS = """
[models.objects]
labels = "labels.txt"
stride = 4
top_k = 5
nms_iou = 0.4
index = 0.3
show = 0.4
person = 0.35
veto_score = 0.3
veto_first = 0
veto_last = 1
"""


def tiny_network(path: Path, *, factor: float = 1.0) -> None:
    """images [N,3,32,32] -> means [N,3] times `factor`."""
    pooled = helper.make_node("GlobalAveragePool", ["images"], ["pooled"])
    flat = helper.make_node("Flatten", ["pooled"], ["flat"], axis=1)
    scaled = helper.make_node("Mul", ["flat", "factor"], ["means"])
    graph = helper.make_graph(
        [pooled, flat, scaled],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("means", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor("factor", TensorProto.FLOAT, [1], [factor])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def expected(model: Model) -> Mapping[str, object]:
    """Reference values: the means, computed here."""
    means = reference_input(model)[0].astype(np.float64).mean(axis=(1, 2))
    return {"shape": [3], "indices": [0, 1, 2], "values": means.tolist()}


def tiny_catalogue(folder: Path, *, factors: Mapping[str, float] | None = None, version: str = "1.0.0") -> Catalogue:
    """Two networks, `tiny_objects` and `tiny_embedding` (also in int8), in `folder`. A factor other than 1 makes its numbers wrong.

    Keys of `factors` are file names without the ending: `tiny_embedding.int8`.
    """
    text = ""
    for name, task, tail, precisions in (
        ("tiny_objects", "object_detection", OBJECTS, ["f32", "bf16"]),
        ("tiny_embedding", "face_embedding", EMBEDDING, ["f32", "int8"]),
    ):
        text += HEAD.format(id=name, task=task, precisions=precisions, version=version)
        for stored in ("f32", "int8"):
            if stored in precisions:
                file = folder / "onnx" / f"{name}.{stored}.onnx"
                tiny_network(file, factor=(factors or {}).get(f"{name}.{stored}", 1.0))
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                text += f'[models.files.{stored}]\nname = "onnx/{file.name}"\nsize = {file.stat().st_size}\nsha256 = "{digest}"\n'
        tolerance = ", ".join(f"{precision} = {0.01 if precision == 'f32' else 1.0}" for precision in precisions)
        text += f'[[models.outputs]]\nname = "means"\nshape = [3]\nmeaning = "means"\ntolerance = {{ {tolerance} }}\n{tail}'
    (folder / "models.toml").write_text(text)
    (folder / "labels.txt").write_text("person\ndog\ncat\n")
    catalogue = Catalogue.load(folder)
    (folder / "reference").mkdir(exist_ok=True)
    for model in catalogue.models:
        reference = {"model": model.id, "publisher": "made here", "input_sha256": "", "outputs": {"means": expected(model)}}
        (folder / "reference" / f"{model.id}.json").write_text(json.dumps(reference))
    return catalogue
