"""The thirteen composition patterns on rendered scenes whose arrangement is known."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.fields import COMPOSITION_PATTERNS
from facetd.score.measure import measure
from facetd.score.settings import MeasureSettings
from tests.score.scenes import SCENES, render

SEEDS = range(500, 506)


def found(name: str, seed: int) -> str:
    return measure(render(name, seed), MeasureSettings()).composition_pattern


def test_there_is_a_scene_for_every_pattern() -> None:
    assert set(SCENES) == set(COMPOSITION_PATTERNS)


@pytest.mark.parametrize("name", list(SCENES))
def test_a_pattern_is_recognised_in_most_of_its_scenes(name: str) -> None:
    right = sum(found(name, seed) == name for seed in SEEDS)
    assert right >= len(SEEDS) * 0.6, f"{right} of {len(SEEDS)}"


def test_patterns_are_told_apart_in_more_than_nine_of_ten_scenes() -> None:
    answers = [found(name, seed) == name for name in SCENES for seed in (600, 601)]
    assert np.mean(answers) >= 0.9


def test_a_mirrored_scene_has_the_same_pattern_and_evidence() -> None:
    picture = render("diagonal", 500)
    first, second = (measure(p, MeasureSettings()) for p in (picture, np.ascontiguousarray(picture[:, ::-1])))
    assert first.composition_pattern == second.composition_pattern == "diagonal"
    assert second.details["pattern_scores"] == pytest.approx(first.details["pattern_scores"], abs=0.02)


def test_a_plain_picture_has_no_pattern() -> None:
    assert measure(np.full((300, 400, 3), 90, np.uint8), MeasureSettings()).composition_pattern == ""
