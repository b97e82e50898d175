"""The composition score: placement, balance, lines, clarity and pattern together."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from facetd.score.arrays import Float, weighted_mean
from facetd.score.curves import bell, hill, logistic, score
from facetd.score.subject import Subject

# How much each part counts; the strongest part counts once more, because one clear idea is enough for a composition.
PARTS = {"placement": 0.28, "prominence": 0.20, "balance": 0.08, "lines": 0.10, "pattern": 0.22, "order": 0.12}
IDEAS = ("placement", "prominence", "lines", "pattern")
STRONGEST = 0.4


def composition_score(saliency: Float, subject: Subject, leading_lines: float, patterns: Mapping[str, float]) -> float:
    """0..10 from parts 0..1: the subject's placement and prominence, the balance of visual weight, leading lines, the clearest pattern,
    and order.

    A weighted mean, drawn by 0.4 towards the strongest of placement, prominence, lines and pattern (a soft maximum).
    """
    values = {
        "placement": subject.placement / 10.0,
        "prominence": subject.prominence / 10.0,
        "balance": balance(saliency),
        "lines": leading_lines / 10.0,
        "pattern": clarity(patterns),
        "order": order(saliency),
    }
    mean = sum(PARTS[name] * value for name, value in values.items()) / sum(PARTS.values())
    strongest = float(sum(values[name] ** 6 for name in IDEAS) ** (1 / 6))
    together = (1.0 - STRONGEST) * mean + STRONGEST * min(1.2, strongest)
    return score(logistic(together, 0.505, 0.125))


def clarity(patterns: Mapping[str, float]) -> float:
    """0..1: how clear the clearest pattern is, a soft maximum."""
    return min(1.0, float(sum(value**6 for value in patterns.values()) ** (1 / 6)))


def balance(saliency: Float) -> float:
    """0..1: 1 where the visual weight is centred left to right; up and down counts a third, since weight may rest at the bottom."""
    height, width = saliency.shape
    weight = np.asarray(saliency, np.float32)
    x = weighted_mean(np.broadcast_to((np.arange(width, dtype=np.float32) + 0.5) / width, weight.shape).astype(np.float32), weight)
    y = weighted_mean(
        np.broadcast_to(((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None], weight.shape).astype(np.float32), weight
    )
    return bell(math.hypot(x - 0.5, (y - 0.5) / 3.0), 0.0, 0.07)


def order(saliency: Float) -> float:
    """0..1: how gathered the saliency is (few things to look at): 1 - its entropy against that of an even spread, stretched."""
    share = saliency.ravel().astype(np.float64) ** 2 + 1e-9
    share /= share.sum()
    entropy = float(-(share * np.log(share)).sum()) / math.log(max(2, share.size))
    return hill(max(0.0, 1.0 - entropy), 0.028, 1.5)
