"""A plain loop over photos, as a script would be written: one process, one photo after the other, ONNX Runtime as it comes.

`python -m bench.sequential THUMBS PHOTO...` prints seconds per photo as JSON. It computes what a scan computes, with the same functions
(scaled decode, EXIF, hash, thumbnails, metrics, faces and objects in f32), but stores nothing, and every library takes the threads that it
takes by default. Start-up, loading of the networks, and a first photo are not counted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from bench.parts import visit
from facetd.config import Config
from facetd.infer.catalogue import Catalogue, ImageEmbedding, QualityScorer
from facetd.infer.look import look
from facetd.infer.runner import Kind
from facetd.infer.settings import LookSettings
from facetd.infer.things.appearance import Projection

KINDS = frozenset({"objects", "faces"})


class DefaultSessions:
    """The networks in sessions without any options: all cores, threads that spin while they wait."""

    def __init__(self) -> None:
        catalogue = Catalogue.load()
        self._sessions = {model.id: ort.InferenceSession(str(catalogue.path(model, "f32"))) for model in catalogue.models}
        for model in catalogue.models:
            self.run(model.id, np.zeros((1, 3, model.input.size, model.input.size), np.float32))

    def run(self, model_id: str, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """See Runner."""
        session = self._sessions[model_id]
        return tuple(session.run(None, {session.get_inputs()[0].name: batch}))

    def installed(self, kind: type[Kind]) -> Kind | None:
        """None: only the starter pack is timed."""

    def scorer(self, field: str) -> QualityScorer | None:
        """None, likewise."""

    @property
    def tower(self) -> ImageEmbedding | None:
        """None, likewise."""

    def space(self, model_id: str) -> str:
        """See Runner."""
        return model_id

    def photo_space(self, model_id: str) -> str:
        """See Runner."""
        raise NotImplementedError("vectors of photos are not timed")

    def projection(self, model_id: str) -> Projection:
        """See Runner."""
        raise NotImplementedError("vectors of photos are not timed")


def time_loop(paths: Sequence[str], folder: Path) -> float:
    """Seconds per photo."""
    sessions, settings = DefaultSessions(), LookSettings.from_config(Config())
    look(sessions, visit(paths[0], folder), KINDS, settings)
    start = time.perf_counter()
    for path in paths:
        look(sessions, visit(path, folder), KINDS, settings)
    return (time.perf_counter() - start) / len(paths)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("thumbs", type=Path)
    parser.add_argument("photos", nargs="+")
    options = parser.parse_args()
    print(json.dumps(time_loop(options.photos, options.thumbs)))


if __name__ == "__main__":
    main()
