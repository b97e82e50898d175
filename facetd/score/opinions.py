"""What models think of a photo, as scores of 0..10."""

from __future__ import annotations

from facetd.fields import by_model
from facetd.score.curves import logistic, score

OPINIONS_VERSION = 1
OPINION_FIELDS = tuple(field.key for field in by_model())
AXIS_WIDTH = 0.01  # of a cosine: the unit of CLIP's logits at its learned temperature of 100


def from_share(share: float) -> float:
    """Where a model's score stands between the low (0) and the high end (1) of its scale, as 0..10; what is beyond is kept within."""
    return score(share)


def from_axis(good: float, bad: float) -> float:
    """How much better words for a good photo fit than words for a bad one; both are cosines of the picture with the mean of the words.

    10 x the softmax of the two at CLIP's temperature (as CLIP-IQA, Wang et al. 2023): 5 where both fit alike.
    """
    return score(logistic(good - bad, 0.0, AXIS_WIDTH))
