"""The best of all: the photos with the greatest scores."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from facetd.score.capsules.photos import Draft, Photos

if TYPE_CHECKING:
    from facetd.config.capsules import Golden


def golden(photos: Photos, rule: Golden) -> Iterator[Draft]:
    """The photos above a percentile of the score among all that the viewer sees."""
    scored = int((~np.isnan(photos.aggregate)).sum())
    count = min(rule.max_photos, math.ceil(round(scored * (100 - rule.percentile) / 100, 6)))
    rows = photos.best_first(np.flatnonzero(photos.good))[:count]
    if len(rows) >= rule.min_photos:
        yield Draft("golden", "all", rows, "golden")
