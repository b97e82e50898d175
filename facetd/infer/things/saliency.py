"""Where the subject of a photo is, by an installed network of U2-Net's kind (Qin et al., Pattern Recognition 106, 2020)."""

from __future__ import annotations

import cv2
import numpy as np

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.catalogue import Saliency
from facetd.infer.fit import batch_for
from facetd.infer.runner import Runner, run_checked
from facetd.records.sightings import SubjectMap

LONG_SIDE = 128  # px; the subject is measured at this size
FLAT = 1e-6


def subject_map(runner: Runner, frame: Pixels, model: Saliency) -> SubjectMap | None:
    """The network's map of `frame` (H,W,3), its least value 0 and its greatest 255; None for one that is the same everywhere.

    Raises BadOutput.
    """
    plane = run_checked(runner, model.id, batch_for(frame, model.input))[0][0]
    return scaled(plane.reshape(plane.shape[-2:]), frame.shape[1], frame.shape[0])


def scaled(plane: Floats, width: int, height: int) -> SubjectMap | None:
    """The square `plane` (S,S) stretched to the proportions of a picture of `width` x `height`, from its least to its greatest value."""
    low, high = float(plane.min()), float(plane.max())
    if high - low < FLAT:
        return None
    factor = LONG_SIDE / max(width, height)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    shares = cv2.resize(((plane - low) / (high - low)).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return SubjectMap(*size, np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8).tobytes())
