"""Sentences for the photo page."""

from __future__ import annotations

import pytest

from facetd.records.judgement import ScoreComponent
from facetd.score.explain import explain, grade


def test_a_component_is_told_with_its_value_unit_and_grade() -> None:
    assert explain(ScoreComponent("tech_sharpness", 7.84, 7.0, 0.2, 1.4)).startswith("Sharpness 7.8: good. How much fine detail")
    assert explain(ScoreComponent("noise_sigma", 12.0, 2.0, 0.1, 0.2)).startswith("Noise 12.0 levels: poor. ")


@pytest.mark.parametrize(("value", "word"), [(10, "excellent"), (8, "excellent"), (7.9, "good"), (5, "fair"), (3, "weak"), (0, "poor")])
def test_grades(value: float, word: str) -> None:
    assert grade(value) == word
