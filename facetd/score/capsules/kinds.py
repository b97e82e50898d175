"""The types of capsules. Light to import: no NumPy."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from facetd.errors import ConfigError, FieldError
from facetd.i18n import _

SCORES = {
    "score_aesthetic": "aesthetic",
    "score_iaa": "aesthetic_iaa",
    "score_composition": "comp_score",
    "score_sharpness": "tech_sharpness",
    "score_face_quality": "face_quality",
}
SINGLE = (
    "star_rating", "year", "month", "camera", "lens", "tag", "category", "composition", "focal_range", "time_of_day", "week", "day_of_week",
)  # fmt: skip
CROSSED: Mapping[str, tuple[str, ...]] = {
    "camera": ("year", "lens", "month"),
    "lens": ("year", "month"),
    "tag": ("year", "month"),
    "person": ("year", "month", "lens", "camera", "tag"),
    "score": ("person", "camera", "year", "lens"),
    "composition": ("camera", "year"),
    "focal_range": ("category", "year"),
    "category": ("year", "camera"),
}
DIMENSIONS = (*SINGLE, *SCORES, *(f"{first}_{second}" for first, seconds in CROSSED.items() for second in seconds))
SPECIAL = (
    "journey", "this_week", "faces_of", "seasonal", "golden", "favorites", "location", "person_pair", "color_story", "seeded", "progress",
    "color_palette", "rare_pair",
)  # fmt: skip
PRIORITY = (*SPECIAL, *DIMENSIONS)
ALL_DIMENSIONS = "dimensions"  # stands for all that follow from one attribute or two


def check_disabled(names: Collection[str]) -> None:
    """Raise ConfigError for names that are no types."""
    unknown = [name for name in names if name not in {*PRIORITY, ALL_DIMENSIONS}]
    if unknown:
        expected = _("expected types of capsules, for example {known}; found {names}")
        message = expected.format(known=", ".join((*SPECIAL[:3], ALL_DIMENSIONS)), names=", ".join(unknown))
        raise ConfigError(_("the configuration names capsules that there are not"), errors=[FieldError("capsules.disabled", message)])
