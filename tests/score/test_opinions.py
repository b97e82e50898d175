"""What models say, brought onto the scale of 0 to 10."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.fields import BY_KEY
from facetd.score.opinions import AXIS_FIELD, OPINION_FIELDS, from_axis, from_scale

RAW = st.floats(-50, 50)
COSINE = st.floats(-1, 1)


def test_the_fields_are_those_that_nothing_else_fills() -> None:
    assert set(OPINION_FIELDS) == {"aesthetic_iaa", "quality_score", "topiq_score", "liqe_score", "face_quality_iqa"}
    assert AXIS_FIELD in OPINION_FIELDS
    assert all(BY_KEY[key].by_model for key in OPINION_FIELDS) and not BY_KEY["aesthetic"].by_model


@given(RAW, RAW)
def test_a_scale_is_kept_in_order_and_within_bounds(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0 <= from_scale(low, 1, 10) <= from_scale(high, 1, 10) <= 10
    assert 10 >= from_scale(low, 100, 0) >= from_scale(high, 100, 0) >= 0


def test_the_ends_of_a_scale_are_0_and_10() -> None:
    assert [from_scale(raw, 1, 10) for raw in (-3, 1, 5.5, 10, 11)] == [0, 0, 5, 10, 10]
    assert [from_scale(raw, 100, 0) for raw in (120, 100, 25, 0)] == [0, 0, 7.5, 10]


@given(COSINE, COSINE, COSINE)
def test_an_axis_rises_with_the_good_and_falls_with_the_bad(good: float, bad: float, other: float) -> None:
    assert 0 <= from_axis(good, bad) <= 10
    assert from_axis(good, bad) + from_axis(bad, good) == pytest.approx(10, abs=2e-4)
    assert from_axis(max(good, other), bad) >= from_axis(good, bad) >= from_axis(good, max(bad, other))
