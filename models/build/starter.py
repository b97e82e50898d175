"""The starter pack: which published files become which model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx

from models.build import centernet, detector, embedding, facemesh, landmarks
from models.build.tfjs import GraphModel, read_graph
from models.build.weights import Array, read_manifest

FACE_API = Path("@vladmandic/face-api/model")
HUMAN = Path("@vladmandic/human/models")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A published description file (below node_modules) and the function that builds the network of it."""

    source: Path
    build: Callable[[Path], onnx.ModelProto]


def _face_api(name: str, build: Callable[[Mapping[str, Array]], onnx.ModelProto]) -> Recipe:
    return Recipe(FACE_API / f"{name}_model-weights_manifest.json", lambda path: build(read_manifest(path)))


def _human(name: str, build: Callable[[GraphModel], onnx.ModelProto]) -> Recipe:
    return Recipe(HUMAN / f"{name}.json", lambda path: build(read_graph(path)))


RECIPES: Mapping[str, Recipe] = {
    "ssd_mobilenetv1": _face_api("ssd_mobilenetv1", detector.build),
    "face_landmark_68": _face_api("face_landmark_68", landmarks.build),
    "face_recognition": _face_api("face_recognition", embedding.build),
    "facemesh": _human("facemesh", facemesh.build),
    "centernet": _human("centernet", centernet.build),
}
"""By model id, as in models.toml."""
