"""Measures how the backbone's features become a vector of what a photo looks like, on a folder of photos.

    python -m models.build.likeness PHOTOS

Writes centernet-backbone-128.npy, and its hash into the catalogue.

Raw, every photo's features point nearly the same way: each number has its own mean and its own reach, and many say the same. So each
number is centred and scaled, the directions in which photos differ most are kept (principal components), and the strongest of them are
damped. That is one matrix and one shift. Needs the f32 model built. The photos are only read; nothing of them is kept but these averages.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from facetd.infer.catalogue import Catalogue, ObjectDetector
from models.build.__main__ import CATALOGUE, accept
from models.build.calibrate import as_batch, read_photos
from models.build.weights import WeightsError

DIMENSION = 128
PHOTOS = 2000
FLOOR = 0.1
"""Numbers and directions that hardly vary are not blown up: this share of the usual (of the strongest) reach is added to theirs."""

Floats = NDArray[np.float64]


def features(catalogue: Catalogue, pictures: Iterable[NDArray[np.uint8]]) -> Floats:
    """[photos and their mirror images, features]."""
    model = catalogue.first(ObjectDetector)
    session = ort.InferenceSession(catalogue.path(model, "f32"), providers=["CPUExecutionProvider"])
    side, found = model.input.size, []
    for picture in pictures:
        square = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)
        for view in (square, square[:, ::-1]):
            found.append(session.run(["features"], {model.input.name: as_batch(view)})[0][0].astype(np.float64))
    if len(found) < DIMENSION:
        raise WeightsError(f"{len(found) // 2} photos could be read, at least {DIMENSION // 2} are needed")
    return np.stack(found)


def projection(values: Floats, dimension: int = DIMENSION) -> NDArray[np.float16]:
    """[dimension, features + 1]: the matrix, and the shift as its last column. A photo's vector is the direction of M x + shift."""
    mean, reach = values.mean(0), values.std(0)
    reach = np.hypot(reach, FLOOR * np.median(reach))
    _left, strengths, directions = np.linalg.svd((values - mean) / reach, full_matrices=False)
    strengths /= np.sqrt(len(values))
    kept = directions[:dimension] / np.sqrt(strengths[:dimension] + FLOOR * strengths[0])[:, None]
    # The sign of a direction is the solver's whim.
    kept *= np.sign(kept[np.arange(len(kept)), np.abs(kept).argmax(1)])[:, None]
    matrix = kept / reach
    return np.column_stack([matrix, -matrix @ mean]).astype(np.float16)


def main() -> None:
    """Measure on the folder named by the first argument."""
    catalogue = Catalogue.load()
    entry = catalogue.first(ObjectDetector).appearance
    if entry is None:
        raise WeightsError("the catalogue has no place for the result")
    path = catalogue.folder / entry.projection.name
    np.save(path, projection(features(catalogue, read_photos(Path(sys.argv[1]), PHOTOS))))
    CATALOGUE.write_text(accept(CATALOGUE.read_text(encoding="utf-8"), entry.projection.name, path.read_bytes()), encoding="utf-8")


if __name__ == "__main__":
    main()
