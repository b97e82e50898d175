"""What score/ makes of a photo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScoreComponent:
    """One line of "why this score".

    `value` is the stored metric, `normalized` the 0..10 that was weighed, `weight` its share 0..1 of the sum after missing
    metrics gave theirs away, `contribution` = normalized x weight.
    """

    key: str
    value: float
    normalized: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A bonus (positive) or penalty (negative) in points 0..10 that was added to the weighted sum, and why."""

    key: str
    points: float
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What score/ makes of a photo: its category, its aggregate 0..10 and how that came about.

    `aesthetic` is the measured estimate 0..10. `missing` names weighed metrics that this photo does not have; their weight went to the
    others.
    """

    category: str
    aggregate: float | None
    top_picks_score: float | None
    aesthetic: float | None = None
    components: tuple[ScoreComponent, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    missing: tuple[str, ...] = ()
