"""A runner without networks: it answers as it is told, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facetd.infer.catalogue import ImageEmbedding, Network, QualityScorer
from facetd.infer.faces.align import FIVE
from facetd.infer.runner import DETECTOR, EMBEDDING, LANDMARKS, MESH, OBJECTS, Kind
from facetd.infer.settings import LookSettings
from facetd.infer.things.appearance import Projection

Array = NDArray[np.float32]
Answer = Callable[[Array], tuple[Array, ...]]
ANCHORS, CLASSES, GRID = 8, 80, 128
LABELS = ("person", *(f"thing {i}" for i in range(1, 80)))
SETTINGS = LookSettings(labels=LABELS)


@dataclass
class Fake:
    """`answers` by model; `asked` holds every batch in order; `packs` are what installed packs bring."""

    answers: Mapping[str, Answer]
    asked: list[tuple[str, Array]] = field(default_factory=list)
    tower: ImageEmbedding | None = None
    packs: tuple[Network, ...] = ()
    scorers: Mapping[str, QualityScorer] = field(default_factory=dict)

    def run(self, model_id: str, batch: Array) -> tuple[Array, ...]:
        assert batch.dtype == np.float32
        self.asked.append((model_id, batch))
        return self.answers[model_id](batch)

    def space(self, model_id: str) -> str:
        return f"{model_id}/made"

    def installed(self, kind: type[Kind]) -> Kind | None:
        return next((each for each in self.packs if isinstance(each, kind)), None)

    def scorer(self, field: str) -> QualityScorer | None:
        return self.scorers.get(field)

    def photo_space(self, model_id: str) -> str:
        return f"{model_id}-photos/made"

    def projection(self, model_id: str) -> Projection:
        return Projection(np.array([[2, 0, 0], [0, 0, 1]], np.float32), np.array([0, 1], np.float32))

    def count(self, model_id: str) -> int:
        """How often a model was run."""
        return sum(name == model_id for name, _ in self.asked)


def detector(*passes: list[tuple[tuple[float, float, float, float], float]]) -> Answer:
    """Boxes ((left, top, right, bottom) as 0..1 of the square, score) for each picture in turn; the last of them for ever."""
    turn = iter(range(10**6))

    def answer(batch: Array) -> tuple[Array, ...]:
        boxes, scores = np.zeros((len(batch), ANCHORS, 4), np.float32), np.zeros((len(batch), ANCHORS), np.float32)
        for picture in range(len(batch)):
            for i, ((left, top, right, bottom), score) in enumerate(passes[min(next(turn), len(passes) - 1)]):
                boxes[picture, i], scores[picture, i] = (top, left, bottom, right), score
        return boxes, scores

    return answer


def landmarks(five: Array = FIVE / 150) -> Answer:
    """The same landmarks for every face: eyes, nose and mouth at `five` (0..1 of the crop)."""

    def answer(batch: Array) -> tuple[Array, ...]:
        points = np.full((68, 2), 0.5, np.float32)
        points[36:42], points[42:48], points[30], points[48], points[54] = five
        return (np.tile(points.ravel(), (len(batch), 1)).astype(np.float32),)

    return answer


def mesh(flag: float = 1.0, five: Array = FIVE / 150, opening: float = 0.3) -> Answer:
    """The same mesh for every face, with eyes as open as `opening`, in a crop 1.4 times as large as that of the landmarks."""

    def answer(batch: Array) -> tuple[Array, ...]:
        points = np.full((468, 3), 0.5, np.float32)
        points[:, 2] = 0
        points[0, :2], points[9, :2] = (0.1, 0.1), (0.9, 0.9)
        width = 0.12
        for eye, centre in (((33, 160, 158, 133, 153, 144), five[0]), ((362, 385, 387, 263, 373, 380), five[1])):
            dx = np.array([-0.5, -0.2, 0.2, 0.5, 0.2, -0.2]) * width
            dy = np.array([0, -0.5, -0.5, 0, 0.5, 0.5]) * width * opening
            points[list(eye), 0], points[list(eye), 1] = centre[0] + dx, centre[1] + dy
        points[1, :2], points[61, :2], points[291, :2] = five[2], five[3], five[4]
        points[234], points[454] = (0.1, 0.5, 0.0), (0.9, 0.5, 0.0)
        points[:, :2] = (points[:, :2] - 0.5) / 1.4 + 0.5
        return np.tile((points * 192).ravel(), (len(batch), 1)).astype(np.float32), np.full((len(batch), 1), flag, np.float32)

    return answer


def embedding(batch: Array) -> tuple[Array, ...]:
    """A vector that depends on the chip's colours."""
    return (np.concatenate([batch.mean(axis=(2, 3)) + 1, np.ones((len(batch), 125), np.float32)], axis=1),)


def objects(*peaks: tuple[int, float, int, int, float], features: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Answer:
    """Peaks (class, score, cell x, cell y, half the side of the box in px of 512) on an empty heatmap, and features of the picture."""

    def answer(batch: Array) -> tuple[Array, ...]:
        heatmap, distances = np.zeros((len(batch), CLASSES, GRID, GRID), np.float32), np.zeros((len(batch), 4, GRID, GRID), np.float32)
        for number, score, x, y, half in peaks:
            heatmap[:, number, y, x], distances[:, :, y, x] = score, half
        return heatmap, distances, np.tile(np.array(features, np.float32), (len(batch), 1))

    return answer


def runner(**answers: Answer) -> Fake:
    """A fake with one face in the middle of the picture and nothing else, but for `answers` (by role)."""
    usual = {
        "detector": detector([((0.3, 0.3, 0.7, 0.7), 0.9)]), "landmarks": landmarks(), "mesh": mesh(), "embedding": embedding,
        "objects": objects(),
    }  # fmt: skip
    roles = {"detector": DETECTOR, "landmarks": LANDMARKS, "mesh": MESH, "embedding": EMBEDDING, "objects": OBJECTS}
    return Fake({roles[role]: answer for role, answer in {**usual, **answers}.items()})
