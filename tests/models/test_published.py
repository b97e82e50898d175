"""The converted networks against the publishers' own JavaScript under Node: every value of every output, in both runtimes."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest

from facetd.infer.catalogue import AnyModel, Catalogue, FaceDetector, FaceEmbedding, FaceLandmarks, FaceMesh, ObjectDetector
from facetd.infer.scene import Window, draw
from models.build.calibrate import as_batch, chip, find_faces, letterbox
from models.build.publisher import Floats, run_published
from models.build.weights import Array
from tests.models.running import run

LIMITS: Mapping[tuple[str, str], float] = {
    ("ssd_mobilenetv1", "boxes"): 1e-4,
    ("ssd_mobilenetv1", "scores"): 5e-5,
    ("face_landmark_68", "points"): 2e-6,
    ("facemesh", "points"): 5e-4,
    ("facemesh", "flag"): 1e-6,
    ("face_recognition", "embedding"): 8e-6,
    ("centernet", "heatmap"): 5e-6,
    ("centernet", "wh"): 1e-2,
    ("centernet", "features"): 1e-3,
}
"""Greatest difference allowed; boxes, scores and points run from 0 to 1, mesh points and wh count pixels."""

WINDOWS = {512: Window(-2.1, -3.0, 7.3), 112: Window(-1.7, -1.2, 3.1), 150: Window(-1.3, -0.8, 2.7), 192: Window(-2.2, -1.6, 4.0)}
"""Other parts of the scene than the reference outputs are about."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def openvino_outputs(path: Path, batch: Floats, names: list[str]) -> list[Array]:
    """What OpenVINO makes of a static batch in full precision."""
    model = ov.Core().read_model(path)
    model.reshape(list(batch.shape))
    answers = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})([batch])
    return [np.asarray(answers[name]) for name in names]


def assert_agreement(catalogue: Catalogue, inputs: Mapping[str, Floats]) -> None:
    """Print the table of differences and hold it against the limits."""
    names = {model_id: [output.name for output in catalogue.model(model_id).outputs] for model_id in inputs}
    published = run_published(inputs, names)
    rows = []
    for model_id, batch in inputs.items():
        path = catalogue.path(catalogue.model(model_id), "f32")
        answers = {"onnxruntime": run(path.read_bytes(), batch), "openvino": openvino_outputs(path, batch, names[model_id])}
        for runtime, outputs in answers.items():
            for name, values in zip(names[model_id], outputs, strict=True):
                truth = published[model_id][name]
                assert values.shape == truth.shape
                assert float(truth.std()) > 0 or truth.size == len(batch)
                rows.append((model_id, name, runtime, float(np.abs(values - truth).max()), LIMITS[model_id, name]))
    for model_id, name, runtime, difference, limit in rows:
        print(f"{model_id:18} {name:10} {runtime:12} {difference:.1e} (limit {limit:.0e})")
    assert [row for row in rows if row[3] > row[4]] == []


def scaled(model: AnyModel, picture: Array) -> Floats:
    """Pixels 0..255 as the model's input."""
    return as_batch(picture) * np.float32(model.input.range[1] / 255)


def test_converted_networks_answer_like_the_publishers_program_to_a_drawing(catalogue: Catalogue) -> None:
    inputs = {}
    for model in catalogue.models:
        picture = draw(model.input.size, WINDOWS[model.input.size])
        batch = [picture] if model.input.size == 512 else [picture, picture[:, ::-1]]
        inputs[model.id] = np.concatenate([scaled(model, each) for each in batch])
    assert_agreement(catalogue, inputs)


@pytest.mark.corpus
def test_converted_networks_answer_like_the_publishers_program_to_a_photo(catalogue: Catalogue, corpus: Path) -> None:
    with (corpus / "MANIFEST.csv").open(newline="") as file:
        portrait = next(row["path"] for row in csv.DictReader(file) if row["person"].startswith("person_"))
    photo = cv2.imread(str(corpus / portrait), cv2.IMREAD_COLOR)
    assert photo is not None
    photo = photo[:, :, ::-1]
    detector, landmarks, mesh = catalogue.first(FaceDetector), catalogue.first(FaceLandmarks), catalogue.first(FaceMesh)
    embedding, objects = catalogue.first(FaceEmbedding), catalogue.first(ObjectDetector)
    square = scaled(detector, letterbox(photo, detector.input.size, centre=False))
    boxes, scores = run(catalogue.path(detector, "f32").read_bytes(), square)
    left, top, right, bottom = next(find_faces(boxes[0], scores[0], photo, detector.detection.score))
    crop = photo[top:bottom, left:right]
    face = scaled(landmarks, letterbox(crop, landmarks.input.size, centre=True))
    (points,) = run(catalogue.path(landmarks, "f32").read_bytes(), face)
    inputs = {
        detector.id: square,
        landmarks.id: face,
        mesh.id: scaled(mesh, letterbox(crop, mesh.input.size, centre=True)),
        embedding.id: scaled(embedding, chip(crop, points[0], landmarks, embedding)),
        objects.id: scaled(objects, cv2.resize(photo, (objects.input.size, objects.input.size), interpolation=cv2.INTER_AREA)),
    }
    assert_agreement(catalogue, inputs)
