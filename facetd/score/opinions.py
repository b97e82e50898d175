"""What models think of a photo, as scores of 0..10."""

from __future__ import annotations

from facetd.fields import by_model
from facetd.score.curves import logistic, ramp, score

OPINIONS_VERSION = 1
OPINION_FIELDS = tuple(field.key for field in by_model())
AXIS_FIELD = "quality_score"
AXIS_WIDTH = 0.01  # of a cosine: what a learned temperature of 100 makes the unit of CLIP's own logits


def from_scale(raw: float, low: float, high: float) -> float:
    """`raw` of a model whose scores run from `low` to `high` (which may be the better end in either order), kept within 0..10."""
    return score(ramp(raw, low, high) if high > low else 1.0 - ramp(raw, high, low))


def from_axis(good: float, bad: float) -> float:
    """How much better words for a good photo fit than words for a bad one; both are cosines of the picture with the mean of the words.

    10 x the softmax of the two at CLIP's temperature (as CLIP-IQA, Wang et al. 2023): 5 where both fit alike.
    """
    return score(logistic(good - bad, 0.0, AXIS_WIDTH))
