"""Which photos a category takes: the meaning of its filter keys."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from facetd.fields import FIELDS, Filter, Kind

FilterValue = bool | float | str | list[str]
Values = Mapping[str, object]

FLAGS = ("has_face", "is_monochrome", "is_silhouette", "is_group_portrait")
TAG_KEYS = ("required_tags", "excluded_tags")
TAG_MODES = ("any", "all")
_FACES = {"face_count": "face_count", "face_ratio": "face_ratio"}
# light_value is the light of the scene at ISO 100: log2(N^2 / t) - log2(ISO / 100); full sun 15, lit street at night 2..5, stars below -4.
NUMERIC: dict[str, str] = {
    **{
        f.param: f.key
        for f in FIELDS
        if f.filter is Filter.RANGE and f.kind in (Kind.REAL, Kind.INTEGER, Kind.SCORE, Kind.RATIO) and f.group != "general"
    },
    **_FACES,
    "light_value": "light_value",
}


def filter_keys() -> list[str]:
    """Every key that a category's filters may have."""
    ranges = [f"{name}_{end}" for name in NUMERIC for end in ("min", "max")]
    return [*ranges, *FLAGS, *TAG_KEYS, "tag_match_mode"]


def matches(filters: Mapping[str, FilterValue], values: Values) -> bool:
    """Whether a photo with `values` (by registry key) passes every filter; a value that is missing never passes."""
    mode = filters.get("tag_match_mode", "any")
    return all(_passes(key, wanted, values, mode) for key, wanted in filters.items() if key != "tag_match_mode")


def _passes(key: str, wanted: FilterValue, values: Values, mode: object) -> bool:
    if key in TAG_KEYS:
        assert isinstance(wanted, list)
        return _tags_pass(key, wanted, values.get("tags"), mode)
    if key in FLAGS:
        found = flag(values, key)
        return found is not None and found is bool(wanted)
    stem, _, end = key.rpartition("_")
    number = numeric(values, NUMERIC[stem])
    if number is None or not isinstance(wanted, int | float):
        return False
    return number >= wanted if end == "min" else number <= wanted


def _tags_pass(key: str, wanted: list[str], tags: object, mode: object) -> bool:
    own = {str(tag).casefold() for tag in tags} if isinstance(tags, Collection) and not isinstance(tags, str) else set()
    hits = [tag for tag in wanted if tag.casefold() in own]
    if key == "excluded_tags":
        return not hits
    return len(hits) == len(wanted) if mode == "all" else bool(hits)


def flag(values: Values, key: str) -> bool | None:
    """A yes or no of the photo; `has_face` follows from `face_count`."""
    if key == "has_face" and values.get(key) is None:
        count = numeric(values, "face_count")
        return None if count is None else count >= 1
    value = values.get(key)
    return None if value is None else bool(value)


def numeric(values: Values, key: str) -> float | None:
    """A finite number of the photo, or None; `light_value` follows from aperture, time and sensitivity."""
    if key == "light_value":
        return _light_value(values)
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float(value) if isinstance(value, bool) else None
    return float(value) if math.isfinite(value) else None


def _light_value(values: Values) -> float | None:
    aperture, time, iso = (numeric(values, key) for key in ("f_stop", "shutter_speed", "iso"))
    if not aperture or not time or not iso or min(aperture, time, iso) <= 0:
        return None
    return math.log2(aperture * aperture / time) - math.log2(iso / 100.0)
