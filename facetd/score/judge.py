"""What a photo is worth: its category, its aggregate score and how that came about."""

from __future__ import annotations

import math

from facetd.fields import weighable
from facetd.i18n import _
from facetd.records.judgement import Adjustment, Judgement, ScoreComponent
from facetd.score.aesthetic import measured_aesthetic
from facetd.score.curves import hill, logistic
from facetd.score.filters import Values, flag, matches, numeric
from facetd.score.normalize import Snapshot
from facetd.score.rules import Category, Rules

# Weighted sums crowd around their middle; the aggregate is spread over the scale by a logistic through these.
SPREAD_MIDDLE = 5.2
SPREAD_WIDTH = 1.15

REASONS = {
    "noise": _("The picture is noisy."),
    "shadow": _("A large part of the shadows is black."),
    "highlight": _("A large part of the lights is burnt out."),
    "exposure": _("The picture is far too dark or too bright."),
    "blur": _("Nothing in the picture is sharp."),
    "small": _("The picture is very small."),
    "compression": _("The JPEG is strongly compressed."),
    "blink": _("Somebody blinks."),
}


def judge(values: Values, rules: Rules, snapshot: Snapshot) -> Judgement:
    """Judge a photo by its `values` (by registry key; None counts as absent) under `rules`, in relation to the library's `snapshot`.

    Aggregate = sum of weight x normalized metric, spread over 0..10, plus the category's bonus, minus penalties, kept within 0..10; it is
    None when no metric of the category is there. Components and adjustments add up to it.
    """
    aesthetic = measured_aesthetic(values)
    values = {**values, "aesthetic": aesthetic}
    category = categorize(values, rules)
    components, missing = _components(values, category, rules, snapshot)
    if not components:
        return Judgement(category.name, None, None, aesthetic, missing=missing)
    total = sum(component.contribution for component in components)
    adjustments = [_spread(total), *_bonus(category), *_penalties(values, category, rules)]
    aggregate = total + sum(adjustment.points for adjustment in adjustments)
    kept = min(10.0, max(0.0, aggregate))
    if abs(kept - aggregate) > 1e-9:
        adjustments.append(Adjustment("limit", round(kept - aggregate, 4), _("Scores end at 0 and 10.")))
    top_picks = top_picks_score(values, kept, rules)
    return Judgement(category.name, round(kept, 4), top_picks, aesthetic, tuple(components), tuple(adjustments), missing)


def categorize(values: Values, rules: Rules) -> Category:
    """The first category in order of priority whose filters all pass; a category without filters takes nothing; else the default."""
    for category in rules.categories:
        if category.filters and matches(category.filters, values):
            return category
    return rules.default


def normalized(key: str, value: float, rules: Rules, snapshot: Snapshot) -> float:
    """The metric `key` (a key of the registry) as 0..10, higher is better.

    (1 - s) x own scale + s x 10 x percentile rank, s = `normalization.strength`. The own scale is the score itself; for noise a Hill curve
    falling to 5 at 6 levels, for dynamic range one rising to 5 at 7 stops. Noise has no rank: who has the least of what nobody sees is
    no merit.
    """
    own = value
    if key == "noise_sigma":
        own = 10.0 * (1.0 - hill(value, 6.0, 1.5))
    elif key == "dynamic_range_stops":
        own = 10.0 * hill(value, 7.0, 4.0)
    strength = rules.normalization.strength if rules.normalization.enabled else 0.0
    rank = None if key == "noise_sigma" else snapshot.rank(key, value)
    return own if rank is None else (1.0 - strength) * own + strength * 10.0 * rank


def _components(values: Values, category: Category, rules: Rules, snapshot: Snapshot) -> tuple[list[ScoreComponent], tuple[str, ...]]:
    fields = weighable()
    weights = {fields[name].key: percent for name, percent in category.weights.items() if percent > 0}
    present = {key: number for key in weights if (number := numeric(values, key)) is not None}
    whole = sum(weights[key] for key in present)
    components = []
    for key, value in present.items():
        points, share = normalized(key, value, rules, snapshot), weights[key] / whole
        components.append(ScoreComponent(key, value, round(points, 4), round(share, 6), points * share))
    components.sort(key=lambda c: -c.weight)
    return components, tuple(key for key in weights if key not in present)


def _spread(total: float) -> Adjustment:
    points = 10.0 * logistic(total, SPREAD_MIDDLE, SPREAD_WIDTH) - total
    return Adjustment("spread", points, _("Weighted sums crowd around the middle; this spreads them over the scale."))


def _bonus(category: Category) -> list[Adjustment]:
    points = float(category.modifiers.get("bonus", 0.0))
    return [Adjustment("bonus", points, _("This category is judged with other measures; this makes it comparable."))] if points else []


def _penalties(values: Values, category: Category, rules: Rules) -> list[Adjustment]:
    limits, modifiers = rules.penalties, category.modifiers
    sharpness = _best(values, "tech_sharpness", "subject_sharpness")
    noise, blacks, whites = (numeric(values, key) for key in ("noise_sigma", "shadow_clipping", "highlight_clipping"))
    exposure = _negative(numeric(values, "exposure_score"))
    blink = 1.0 if flag(values, "is_blink") else 0.0
    found = {
        "noise": _excess(noise, limits.noise_sigma_start, 8.0) * limits.noise_max_points,
        "shadow": _excess(blacks, limits.shadow_clipping_start, 0.15) * limits.shadow_clipping_max_points,
        "highlight": _excess(whites, limits.highlight_clipping_start, 0.12) * limits.highlight_clipping_max_points,
        "exposure": _excess(exposure, -limits.exposure_start, 2.0) * limits.exposure_max_points,
        "blur": _excess(_negative(sharpness), -limits.blur_start, 1.0) * limits.blur_max_points,
        "compression": _excess(_negative(numeric(values, "jpeg_quality")), -limits.compression_start, 30.0) * limits.compression_max_points,
        "small": _excess(_negative(numeric(values, "megapixels")), -limits.small_start_megapixels, 0.08) * limits.small_max_points,
        "blink": blink * limits.blink_points,
    }
    kept = {key: points * (1.0 - float(modifiers.get(f"{key}_tolerance", 0.0))) for key, points in found.items()}
    return [Adjustment(key, -points, REASONS[key]) for key, points in kept.items() if points > 0]


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _best(values: Values, *keys: str) -> float | None:
    found = [number for key in keys if (number := numeric(values, key)) is not None]
    return max(found, default=None)


def _excess(value: float | None, start: float, scale: float) -> float:
    """0 up to `start`, then towards 1: 1 - exp(-(value - start) / scale)."""
    return 0.0 if value is None or value <= start else 1.0 - math.exp(-(value - start) / scale)


def top_picks_score(values: Values, aggregate: float, rules: Rules) -> float | None:
    """The score of Top Picks, 0..10: aggregate, aesthetics, composition and face quality as configured.

    The aesthetics are those of a model that learned taste where there is one, else the measured ones. Without a face of at least
    `top_picks_min_face_ratio` the face's share goes in halves to aesthetics and composition; what is missing gives its share to the rest.
    """
    weights = rules.top_picks.top_picks_weights
    parts: dict[str, float] = {
        "aggregate": weights.aggregate_percent,
        "aesthetic": weights.aesthetic_percent,
        "comp_score": weights.composition_percent,
        "face_quality": weights.face_quality_percent,
    }
    ratio = numeric(values, "face_ratio")
    if ratio is None or ratio < rules.top_picks.top_picks_min_face_ratio:
        share = parts.pop("face_quality")
        parts["aesthetic"] += share / 2
        parts["comp_score"] += share / 2
    own: dict[str, float | None] = {key: aggregate if key == "aggregate" else numeric(values, key) for key in parts}
    if (learned := numeric(values, "aesthetic_iaa")) is not None:
        own["aesthetic"] = learned
    there = {key: value for key, value in own.items() if value is not None and parts[key] > 0}
    whole = sum(parts[key] for key in there)
    return round(sum(parts[key] * value for key, value in there.items()) / whole, 4) if whole > 0 else None
