"""SCRFD, the detector of InsightFace's packs: boxes, scores and five landmarks.

Guo et al., Sample and Computation Redistribution for Efficient Face Detection, ICLR 2022; read as the publisher's own program does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.boxes import suppress
from facetd.infer.catalogue import Scrfd, ScrfdDetector
from facetd.infer.faces.found import Found
from facetd.infer.pixels import letterbox, tensor
from facetd.infer.runner import Runner, run_checked


class ScrfdFinder:
    """See FaceFinder. A face that fills the picture is larger than the network knows faces; at half the size it is found."""

    def __init__(self, runner: Runner, model: ScrfdDetector, min_score: float) -> None:
        self.side = model.input.size
        self.second_side = model.input.size // 2
        self._runner = runner
        self._model = model
        self._weak = min(model.scrfd.weak, min_score)

    def seen(self, pictures: Sequence[Pixels], long_side: int) -> list[Found]:
        """See FaceFinder."""
        squares = [letterbox(picture, self.side, long_side) for picture in pictures]
        answer = run_checked(self._runner, self._model.id, tensor([square.image for square in squares], self._model.input))
        names = [output.name for output in self._model.outputs]
        found = []
        for i, (picture, square) in enumerate(zip(pictures, squares, strict=True)):
            outputs = {name: output[i] for name, output in zip(names, answer, strict=True)}
            size = (picture.shape[1], picture.shape[0])
            found.append(decode(outputs, self._model.scrfd, self.side, square.scale, size, self._weak))
        return found


def decode(outputs: Mapping[str, Floats], entry: Scrfd, side: int, scale: tuple[float, float], size: tuple[int, int], weak: float) -> Found:
    """The network's answer, by name of the output, as faces of the picture that score at least `weak`.

    Each stride has `anchors` at the centre of each of its cells, row by row: a score (A,1), distances (A,4) to the left, upper, right and
    lower border and (A,10) to the five points, in strides. `side` is that of the square in px, `scale` that of the letterbox, `size` the
    picture's (width, height). Boxes are cut at the picture's borders; those in the black part disappear.
    """
    boxes, scores, five = [], [], []
    for stride, score_name, box_name, points_name in zip(entry.strides, entry.scores, entry.boxes, entry.points, strict=True):
        score = outputs[score_name].reshape(-1)
        likely = np.flatnonzero(score >= np.float32(weak))
        cells = -(-side // stride)
        cell = likely // entry.anchors
        centres = np.stack([cell % cells, cell // cells], axis=1).astype(np.float32) * np.float32(stride)
        distances = outputs[box_name].reshape(-1, 4)[likely] * np.float32(stride)
        boxes.append(np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1))
        five.append(outputs[points_name].reshape(-1, 5, 2)[likely] * np.float32(stride) + centres[:, None])
        scores.append(score[likely])
    to_picture = 1 / np.array(scale, np.float32)
    limit = np.array([*size, *size], np.float32)
    found = np.clip(np.concatenate(boxes) * np.tile(to_picture, 2), 0, limit)
    solid = (found[:, 2] - found[:, 0] >= 1) & (found[:, 3] - found[:, 1] >= 1)
    points = np.asarray(np.concatenate(five) * to_picture, np.float32)
    candidates = Found(found, np.concatenate(scores), points).where(solid)
    return candidates.where(suppress(candidates.boxes, candidates.scores, entry.nms_iou))
