"""How well a face can be recognised, whether people can be told by it, and whether its eyes may be closed."""

from __future__ import annotations

import math

SIZE_MIDDLE_PX, SIZE_SLOPE = 45.0, 0.75  # octaves; recognition is sound from 40 px on, expressions are read from 100 px on
YAW_MIDDLE_DEG, YAW_SLOPE_DEG = 38.0, 10.0
ROLL_COST = 0.15  # of a face turned by a quarter; the alignment takes the rest
SHARP_SHARE, SHARP = 0.5, 80.0  # what a face loses that is all blur, and where blur begins
CERTAIN, DOUBTFUL = 0.1, 0.4  # disagreement that costs nothing, and everything
CLUSTER_YAW_DEG, CLUSTER_DISAGREEMENT = 45.0, 0.15
EYES_FLAG, EYES_WIDTH_PX, EYES_YAW_DEG = 0.9, 48.0, 30.0


def quality_of(
    *, width_px: float, score: float, flag: float, roll_deg: float, yaw_deg: float, disagreement: float, sharpness: float
) -> float:
    """0..10: the product of what each fact leaves of a large, frontal, upright, sharp face that all networks are sure of.

    `width_px` is that of the box, `score` and `flag` are 0..1, `disagreement` that of Posed, `sharpness` 0..100. Half is lost at a width of
    45 px or when the head is turned by 38 degrees.
    """
    size = _logistic(math.log2(max(width_px, 1.0) / SIZE_MIDDLE_PX) / SIZE_SLOPE)
    frontal = _logistic((YAW_MIDDLE_DEG - abs(yaw_deg)) / YAW_SLOPE_DEG)
    upright = 1 - ROLL_COST * min(1.0, abs(roll_deg) / 90)
    sharp = 1 - SHARP_SHARE * (1 - min(1.0, sharpness / SHARP))
    agreed = min(1.0, max(0.0, (DOUBTFUL - disagreement) / (DOUBTFUL - CERTAIN)))
    sure = math.sqrt(score) * flag * agreed
    return round(10 * size * frontal * upright * sharp * sure, 2)


def is_clusterable(*, width_px: float, flag: float, yaw_deg: float, disagreement: float, min_width_px: float, min_flag: float) -> bool:
    """Whether an embedding of this face says who it is.

    Roll does not matter where both networks agree, because the face is turned upright first; where they do not, nobody knows how it lies.
    """
    return width_px >= min_width_px and flag >= min_flag and abs(yaw_deg) <= CLUSTER_YAW_DEG and disagreement <= CLUSTER_DISAGREEMENT


def eyes_closed(openness: tuple[float, float], *, flag: float, width_px: float, yaw_deg: float, limit: float) -> bool:
    """A hint that both eyes are shut: both aspect ratios below `limit` in a face that is sure, large and frontal enough to tell."""
    told = flag > EYES_FLAG and width_px >= EYES_WIDTH_PX and abs(yaw_deg) <= EYES_YAW_DEG
    return told and max(openness) < limit


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
