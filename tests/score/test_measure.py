"""All metrics of odd and ordinary pictures."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from facetd.config import Config
from facetd.fields import BY_KEY
from facetd.score.measure import measure
from facetd.score.settings import MEASURE_VERSION, MeasureSettings
from tests.score.pictures import photo_like

SETTINGS = MeasureSettings.from_config(Config())


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (16, 16), (3, 2000), (2000, 3), (90, 120)])
@pytest.mark.parametrize("content", ["black", "white", "gray", "noise"])
def test_any_picture_has_metrics_within_their_ranges(shape: tuple[int, int], content: str) -> None:
    level = {"black": 0, "white": 255, "gray": 128}
    picture = np.full((*shape, 3), level.get(content, 0), np.uint8)
    if content == "noise":
        picture = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    metrics = measure(picture, SETTINGS)
    for name in metrics.__dataclass_fields__:
        field, value = BY_KEY.get(name), getattr(metrics, name)
        if field is None or field.low is None:
            continue
        assert math.isfinite(value), name
        assert field.low <= value <= (math.inf if field.high is None else field.high), name


def test_every_field_made_from_pixels_is_measured() -> None:
    groups = ("technical", "color", "exposure", "composition", "saliency")
    pixels = {f.key for f in BY_KEY.values() if f.group in groups} - {"megapixels", "jpeg_quality"}  # these are the file's
    assert pixels <= set(measure(photo_like(), SETTINGS).__dataclass_fields__)


def test_measuring_twice_gives_the_same_numbers_and_plain_json() -> None:
    picture = photo_like(3)
    first, second = measure(picture, SETTINGS), measure(picture.copy(), SETTINGS)
    assert first == second
    assert json.loads(json.dumps(first.details)) == first.details


def test_the_histogram_has_four_rows_scaled_to_their_largest_bin() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:50] = (255, 0, 64)
    rows = np.frombuffer(measure(picture, SETTINGS).histogram, "<u2").reshape(4, 64)
    assert rows.max(axis=1).tolist() == [65535] * 4
    assert rows[1, [0, 63]].tolist() == [65535, 65535] and rows[1, 1:63].sum() == 0
    assert rows[2].tolist() == [65535] + [0] * 63
    assert rows[3, [0, 16]].tolist() == [65535, 65535]


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_something_that_is_no_picture_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        measure(wrong, SETTINGS)


def test_the_fingerprint_changes_with_settings_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    first = SETTINGS.fingerprint
    assert MeasureSettings.from_config(Config()).fingerprint == first
    changed = Config.model_validate({"exposure": {"highlight_level": 250}})
    assert MeasureSettings.from_config(changed).fingerprint != first
    monkeypatch.setattr("facetd.score.settings.MEASURE_VERSION", MEASURE_VERSION + 1)
    assert SETTINGS.fingerprint != first


def test_the_pattern_needs_the_configured_confidence() -> None:
    picture = photo_like(2)
    sure = measure(picture, MeasureSettings(pattern_confidence=0.0))
    assert sure.composition_pattern == max(sure.details["pattern_scores"], key=sure.details["pattern_scores"].get)
    assert measure(picture, MeasureSettings(pattern_confidence=1.0)).composition_pattern == ""
