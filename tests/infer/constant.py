"""A starter pack of tiny networks under the real names: they see the same in every picture, a whole face in each head and no things."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from facetd.infer.catalogue import Catalogue, Model
from facetd.infer.reference import reference_input
from facetd.infer.runner import DETECTOR, EMBEDDING, LANDMARKS, MESH, OBJECTS
from tests.infer.networks import detector, landmarks, mesh

HEAD = """
[[models]]
id = "{id}"
task = "{task}"
title = "{id}"
enables = "Tests"
licence = "MIT"
origin = "made here"
precisions = ["f32"]
source = {source}
input = {{ name = "images", size = {size}, range = {range}, fit = "{fit}" }}
files.f32 = {{ name = "{file}", size = {bytes}, sha256 = "{digest}" }}
"""
OUTPUT = '[[models.outputs]]\nname = "{name}"\nshape = {shape}\nmeaning = "{name}"\ntolerance = {{ f32 = 0.01 }}\n'
STARTER = '{ package = "@facetd/constant", version = "1.0.0", files = [] }'
READING = {
    DETECTOR: """
[models.detection]
score = 0.5
weak = 0.2
second_pass_scale = 0.7
nms_iou = 0.45
""",
    LANDMARKS: """
[models.points]
count = 68
left_eye = [36]
right_eye = [42]
nose_tip = 30
mouth_left = 48
mouth_right = 54
""",
    MESH: """
[models.mesh]
count = 468
flag = 0.5
flag_people = 0.9
left_eye = [33, 160, 158, 133, 153, 144]
right_eye = [362, 385, 387, 263, 373, 380]
eyes_closed = 0.15
""",
    EMBEDDING: """
[models.embedding]
space = "face_recognition-1.7.15"
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
""",
    OBJECTS: """
[models.objects]
labels = "labels.txt"
stride = 4
top_k = 5
nms_iou = 0.4
index = 0.3
show = 0.4
person = 0.35
veto_score = 0.3
veto_first = 1
veto_last = 1
""",
}


def save(path: Path, graph: onnx.GraphProto) -> None:
    """Write a network, as old a format as every runtime reads."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def facts(folder: Path, file: str) -> dict[str, object]:
    """Size and hash of a file as entries have them."""
    content = (folder / file).read_bytes()
    return {"file": file, "bytes": len(content), "digest": hashlib.sha256(content).hexdigest()}


def write_reference(folder: Path, model: Model) -> None:
    """What ONNX Runtime makes of the reference picture, beside the catalogue in `folder`."""
    session = ort.InferenceSession(str(folder / model.file("f32").name), providers=["CPUExecutionProvider"])
    answer = session.run(None, {model.input.name: reference_input(model)})
    outputs = {}
    for output, values in zip(model.outputs, answer, strict=False):
        flat = values.reshape(-1)
        indices = list(range(0, len(flat), max(1, len(flat) // 64)))
        outputs[output.name] = {"shape": list(output.shape), "indices": indices, "values": [float(flat[i]) for i in indices]}
    (folder / "reference").mkdir(exist_ok=True)
    document = {"model": model.id, "publisher": "made here", "input_sha256": "", "outputs": outputs}
    (folder / "reference" / f"{model.id}.json").write_text(json.dumps(document))


def constant_network(path: Path, size: int, outputs: Mapping[str, NDArray[np.float32]]) -> None:
    """images [N,3,size,size] -> the arrays of `outputs`, each once for every picture."""
    nodes = [helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1)]
    constants = {"zero": np.zeros((1, 1, 1, 1), np.float32)}
    nodes.append(helper.make_node("Mul", ["mean", "zero"], ["nothing"]))
    for name, value in outputs.items():
        constants[f"{name}_values"], constants[f"{name}_one"] = value[None], np.array([-1] + [1] * value.ndim, np.int64)
        nodes.append(helper.make_node("Reshape", ["nothing", f"{name}_one"], [f"{name}_zero"]))
        nodes.append(helper.make_node("Add", [f"{name}_zero", f"{name}_values"], [name]))
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, size, size])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *value.shape]) for name, value in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    save(path, graph)


def constant_starter(
    folder: Path,
    five: NDArray[np.float32],
    boxes: Sequence[tuple[tuple[float, float, float, float], float]] = (),
    *,
    references: bool = True,
) -> Catalogue:
    """The starter pack's five networks in `folder`; heads have their features at `five` (5,2), 0..1 of the box.

    `boxes` are what the detector finds in every picture: (left, top, right, bottom) as 0..1 of the square, and the score.
    """
    picture = np.zeros((1, 3, 1, 1), np.float32)
    told = [array[0] for array in detector(list(boxes))(picture)]
    eyes = landmarks(five)(picture)[0][0]
    faces = [array[0] for array in mesh(five=five)(picture)]
    things = {"heatmap": (2, 128, 128), "sizes": (4, 128, 128), "features": (2,)}
    settings: dict[str, Any] = {
        DETECTOR: ("face_detection", 512, [0, 255], "letterbox_top_left", {"boxes": told[0], "scores": told[1]}),
        LANDMARKS: ("face_landmarks", 112, [0, 255], "crop_upright", {"points": eyes}),
        MESH: ("face_mesh", 192, [0, 1], "crop_upright", {"points": faces[0], "flag": faces[1]}),
        EMBEDDING: ("face_embedding", 150, [0, 255], "aligned", {"vector": np.array([0.6, 0.8, 0.0], np.float32)}),
        OBJECTS: ("object_detection", 512, [0, 255], "stretch", {name: np.zeros(shape, np.float32) for name, shape in things.items()}),
    }
    text = ""
    for name, (task, size, span, fit, outputs) in settings.items():
        constant_network(folder / f"{name}.onnx", size, outputs)
        text += HEAD.format(id=name, task=task, size=size, range=span, fit=fit, source=STARTER, **facts(folder, f"{name}.onnx"))
        text += "".join(OUTPUT.format(name=output, shape=list(value.shape)) for output, value in outputs.items()) + READING[name]
    (folder / "models.toml").write_text(text)
    (folder / "labels.txt").write_text("person\ndog\n")
    catalogue = Catalogue.load(folder)
    for model in catalogue.models if references else ():
        write_reference(folder, model)
    return catalogue
