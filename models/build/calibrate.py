"""Measures the value ranges that the 8-bit variants need, on a folder of photos with faces, and writes ranges.json.

    python -m models.build.calibrate PHOTOS

Needs the f32 models built. The photos are only read; nothing of them is kept but the smallest and greatest value of each tensor.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import helper

from facetd.infer.catalogue import Catalogue, FaceDetector, FaceEmbedding, FaceLandmarks
from models.build.quantize import quantized_tensors

RANGES = Path(__file__).with_name("ranges.json")
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
PHOTOS, FACES = 160, 160
"""How many of each are measured at most, spread evenly over the folder."""

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]


class Observer:
    """Runs a model and remembers the extremes of the tensors that will be quantised."""

    def __init__(self, path: Path) -> None:
        model = onnx.load(path)
        self.names = quantized_tensors(model)
        self.input = model.graph.input[0].name
        self.answers = [output.name for output in model.graph.output]
        model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in self.names)
        self.session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        self.ranges: dict[str, list[float]] = {}

    def run(self, batch: Floats, observe: bool) -> list[Floats]:
        """The model's own outputs; with `observe` the extremes are widened by what was seen."""
        outputs: list[Floats] = self.session.run([*self.answers, *(self.names if observe else [])], {self.input: batch})
        for name, values in zip(self.names, outputs[len(self.answers) :], strict=False):
            low, high = float(values.min()), float(values.max())
            before = self.ranges.get(name, [low, high])
            self.ranges[name] = [min(before[0], low), max(before[1], high)]
        return outputs[: len(self.answers)]


def as_batch(picture: Pixels) -> Floats:
    """[H, W, 3] -> [1, 3, H, W] float32."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32)


def letterbox(picture: Pixels, size: int, centre: bool) -> Pixels:
    """The long side scaled to `size`, the rest black."""
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    small = cv2.resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((size, size, 3), np.uint8)
    top, left = ((size - small.shape[0]) // 2, (size - small.shape[1]) // 2) if centre else (0, 0)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def find_faces(boxes: Floats, scores: Floats, picture: Pixels, least: float) -> Iterator[Box]:
    """The best box, and others that do not touch it: left, top, right, bottom in px of the photo."""
    side = max(picture.shape[:2])
    taken: list[Box] = []
    for index in np.argsort(-scores):
        if scores[index] < least:
            return
        ymin, xmin, ymax, xmax = boxes[index] * side
        box = (max(0, int(xmin)), max(0, int(ymin)), min(picture.shape[1], int(xmax)), min(picture.shape[0], int(ymax)))
        apart = all(box[2] <= b[0] or b[2] <= box[0] or box[3] <= b[1] or b[3] <= box[1] for b in taken)
        if apart and box[2] - box[0] >= 30 and box[3] - box[1] >= 30:
            taken.append(box)
            yield box


def chip(crop: Pixels, points: Floats, landmarks: FaceLandmarks, embedding: FaceEmbedding) -> Pixels:
    """The face turned and scaled so that its landmarks meet the template."""
    template, side = embedding.embedding.template, max(crop.shape[:2])
    offset = np.array([(side - crop.shape[1]) // 2, (side - crop.shape[0]) // 2])
    xy = points.reshape(-1, 2) * side - offset
    wanted = landmarks.points
    source = np.array(
        [xy[list(wanted.left_eye)].mean(0), xy[list(wanted.right_eye)].mean(0), xy[wanted.mouth_left], xy[wanted.mouth_right]]
    )
    target = np.array([template.left_eye, template.right_eye, template.mouth_left, template.mouth_right])
    matrix = cv2.estimateAffinePartial2D(source, target)[0]
    warped: Pixels = cv2.warpAffine(crop, matrix, (embedding.input.size, embedding.input.size), flags=cv2.INTER_AREA).astype(np.uint8)
    return warped


def read_photos(folder: Path, most: int = PHOTOS) -> Iterator[Pixels]:
    """What OpenCV reads of the folder, about `most` at most, spread evenly, long side 1280 at most."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES)
    for path in paths[:: max(1, len(paths) // most)]:
        content = np.fromfile(path, np.uint8)
        picture = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
        if picture is not None:
            scale = min(1.0, 1280 / max(picture.shape[:2]))
            resized = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield resized[:, :, ::-1].astype(np.uint8)


def measure(catalogue: Catalogue, photos: Iterable[Pixels]) -> dict[str, dict[str, list[float]]]:
    """The ranges of the three face networks, by model id and tensor."""
    detector, landmarks = catalogue.first(FaceDetector), catalogue.first(FaceLandmarks)
    embedding = catalogue.first(FaceEmbedding)
    observers = {model.id: Observer(catalogue.path(model, "f32")) for model in [detector, landmarks, embedding]}
    faces = 0
    for photo in photos:
        boxes, scores = observers[detector.id].run(as_batch(letterbox(photo, detector.input.size, centre=False)), observe=True)
        for left, top, right, bottom in find_faces(boxes[0], scores[0], photo, detector.detection.score):
            crop = photo[top:bottom, left:right]
            square = letterbox(crop, landmarks.input.size, centre=True)
            points = observers[landmarks.id].run(as_batch(square), observe=faces < FACES)[0]
            observers[embedding.id].run(as_batch(chip(crop, points[0], landmarks, embedding)), observe=faces < FACES)
            faces += 1
    sys.stderr.write(f"{faces} faces\n")
    return {model: observer.ranges for model, observer in observers.items()}


def main() -> None:
    """Measure on the folder named by the first argument."""
    ranges = measure(Catalogue.load(), read_photos(Path(sys.argv[1])))
    rounded = {model: {name: [float(f"{value:.7g}") for value in pair] for name, pair in found.items()} for model, found in ranges.items()}
    RANGES.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
