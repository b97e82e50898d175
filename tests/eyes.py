"""Models for tests: they see what they are told to, and remember what they were shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from facetd.infer.catalogue import AnyNetwork
from facetd.records.sightings import Box, DetectedFace, DetectedObject, Sighting

SPACE = "face_recognition-1.7.15/f32"


def face(
    x: float = 0.4, y: float = 0.3, side: float = 0.2, *, vector: tuple[float, ...] = (1.0, 0.0), closed: bool = False
) -> DetectedFace:
    """A good face at a place; `vector` is its embedding."""
    return DetectedFace(
        box=Box(x, y, side, side), score=0.9, flag=0.99, width_px=120.0, roll_deg=0.0, yaw_deg=0.0, quality=8.0, eye_sharpness=7.0,
        sharpness=60.0, eye_openness=(0.1, 0.1) if closed else (0.3, 0.3), eyes_closed=closed,
        embedding=np.asarray(vector, "<f4").tobytes(), space=SPACE, clusterable=True,
    )  # fmt: skip


def thing(label: str, score: float = 0.8, side: float = 0.5) -> DetectedObject:
    """A thing in the middle of the picture."""
    return DetectedObject(label, score, Box(0.5 - side / 2, 0.5 - side / 2, side, side))


class FakeEyes:
    """See `sighting` in every photo, or what a function makes of the frame's pixels and the kinds."""

    def __init__(
        self, sighting: Sighting | Callable[[np.ndarray, frozenset[str]], Sighting], version: str = "1", embedding_version: str = ""
    ) -> None:
        self.sighting = sighting
        self.models: Mapping[str, str] = {}
        self.unavailable = ""
        self.streams = 2
        self.version = version
        self.embedding_version = embedding_version
        self.on_cpu = True
        self.reads_text = False
        self.shapes: list[tuple[int, ...]] = []
        self.kinds: list[frozenset[str]] = []
        self.installed: list[AnyNetwork] = []
        self.answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.opinions: Mapping[str, frozenset[str]] = {}
        self.more_models: Mapping[str, str] = {}  # analyses beside those named here, and what makes them

    async def prepare(self) -> None:
        self.models = {"objects": f"fake-objects {self.version}", "faces": f"fake-faces {self.version}"}
        if self.embedding_version:
            self.models |= {"embedding": f"fake-looks {self.embedding_version}"}
        self.models |= self.more_models

    async def start(self) -> None:
        """Nothing to load."""

    async def look(self, frame: Path, kinds: frozenset[str]) -> Sighting:
        pixels = np.load(frame)
        self.shapes.append(pixels.shape)
        self.kinds.append(kinds)
        seen = self.sighting(pixels, kinds) if callable(self.sighting) else self.sighting
        return Sighting(
            seen.objects if "objects" in kinds else None, seen.faces if "faces" in kinds else None,
            {kind: failure for kind, failure in seen.failures.items() if kind in kinds},
            seen.embedding if "embedding" in kinds else None,
            {field: share for field, share in seen.opinions.items() if field in kinds},
        )  # fmt: skip

    def networks(self, task: str) -> tuple[AnyNetwork, ...]:
        return tuple(network for network in self.installed if network.task == task)

    async def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((question, arguments))
        return self.answers[question](arguments)

    async def stop(self) -> None:
        """Nothing to end."""
