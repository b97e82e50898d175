"""What shows the same photos as an earlier capsule is left out."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from facetd.score.capsules.overlap import Shown


def test_the_smaller_one_counts() -> None:
    shown = Shown(0.2)
    assert shown.keep(range(100))
    assert not shown.keep([1, 2, 3, 200, 201, 202, 203, 204, 205, 206]), "3 of 10"
    assert shown.keep([1, 2, 200, 201, 202, 203, 204, 205, 206, 207]), "2 of 10"
    assert 200 in shown
    assert 99 in shown
    assert 300 not in shown


@given(st.lists(st.sets(st.integers(0, 40), min_size=1, max_size=20), max_size=20), st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_no_two_that_are_kept_share_more(sets: list[set[int]], most: float) -> None:
    shown = Shown(most)
    kept: list[set[int]] = []
    for photos in sets:
        fits = all(len(photos & other) <= most * min(len(photos), len(other)) for other in kept)
        assert shown.keep(photos) == fits
        kept += [photos] if fits else []
    assert all(len(one & other) <= most * min(len(one), len(other)) for one, other in combinations(kept, 2))
