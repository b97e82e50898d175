"""What models say, brought onto the scale of 0 to 10."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.fields import BY_KEY
from facetd.score.opinions import OPINION_FIELDS, from_axis, from_share

RAW = st.floats(-5, 5)
COSINE = st.floats(-1, 1)


def test_the_fields_are_those_that_nothing_else_fills() -> None:
    assert set(OPINION_FIELDS) == {"aesthetic_iaa", "quality_score", "topiq_score", "liqe_score", "face_quality_iqa"}
    assert all(BY_KEY[key].by_model for key in OPINION_FIELDS) and not BY_KEY["aesthetic"].by_model


@given(RAW, RAW)
def test_a_scale_is_kept_in_order_and_within_bounds(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert 0 <= from_share(low) <= from_share(high) <= 10


def test_the_ends_of_a_scale_are_0_and_10() -> None:
    assert [from_share(share) for share in (-0.3, 0, 0.5, 1, 1.1)] == [0, 0, 5, 10, 10]


@given(COSINE, COSINE, COSINE)
def test_an_axis_rises_with_the_good_and_falls_with_the_bad(good: float, bad: float, other: float) -> None:
    assert 0 <= from_axis(good, bad) <= 10
    assert from_axis(good, bad) + from_axis(bad, good) == pytest.approx(10, abs=2e-4)
    assert from_axis(max(good, other), bad) >= from_axis(good, bad) >= from_axis(good, max(bad, other))
