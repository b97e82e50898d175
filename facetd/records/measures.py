"""What is measured from the pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PixelMetrics:
    """Everything that is measured from the pixels at the working size (long side at most 1600 px).

    The names are the keys of fields.py, which has range, unit and source of each. `details` holds what only the
    photo page shows, as JSON values: `clipping` {r|g|b: [shadow, highlight]}, `subject_box` [x, y, width, height] as
    fractions or null, `pattern_scores` {pattern: 0..1}. `histogram` is 4 x 64 little-endian uint16 (luminance, red,
    green, blue), each channel scaled so that its largest bin is 65535.
    """

    sharpness_laplacian: float
    sharpness_multiscale: float
    tech_sharpness: float
    noise_sigma: float
    rms_contrast: float
    contrast_score: float
    dynamic_range_stops: float
    histogram_spread: float
    shadow_clipping: float
    highlight_clipping: float
    shadow_clipped: bool
    highlight_clipped: bool
    mean_luminance: float
    exposure_score: float
    color_score: float
    color_harmony: float
    color_entropy: float
    mean_saturation: float
    is_monochrome: bool
    is_silhouette: bool
    subject_sharpness: float
    subject_prominence: float
    subject_placement: float
    bg_separation: float
    comp_score: float
    power_point_score: float
    leading_lines_score: float
    isolation_bonus: float
    composition_pattern: str
    details: Mapping[str, object] = field(default_factory=dict)
    histogram: bytes = b""


@dataclass(frozen=True, slots=True)
class SubjectMetrics:
    """What of PixelMetrics depends on where the subject is. `subject_box` and `pattern_scores` are details."""

    subject_sharpness: float
    subject_prominence: float
    subject_placement: float
    bg_separation: float
    comp_score: float
    power_point_score: float
    leading_lines_score: float
    isolation_bonus: float
    composition_pattern: str
    subject_box: tuple[float, float, float, float] | None
    pattern_scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a photo looks before its pixels arrive: a thumbhash and its dominant colours (`#rrggbb`, most common first)."""

    placeholder: bytes
    colors: tuple[str, ...]
