"""An engine that tells how long its networks take."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choices
from facetd.infer.engine import Engine


class Timed(Engine):
    """Counts, by network, the seconds that it took and how often it ran. For one thread."""

    def __init__(self, catalogue: Catalogue, choices: Choices) -> None:
        super().__init__(catalogue, choices)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.runs: Counter[str] = Counter()

    @property
    def total_s(self) -> float:
        """The seconds of all networks."""
        return sum(self.seconds.values())

    def run(self, model_id: str, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """See Engine."""
        start = time.perf_counter()
        outputs = super().run(model_id, batch)
        self.seconds[model_id] += time.perf_counter() - start
        self.runs[model_id] += 1
        return outputs
