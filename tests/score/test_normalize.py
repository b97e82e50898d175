"""Percentile ranks in a library's snapshot."""

from __future__ import annotations

import pytest

from facetd.errors import ConfigError
from facetd.fields import weighable
from facetd.score.normalize import BUILT_IN, make_snapshot, snapshot_from_json


def test_ranks_are_linear_between_quantiles_and_end_at_0_and_1() -> None:
    snapshot = make_snapshot({"comp_score": [float(v) for v in range(101)]})
    assert snapshot.photos == 101
    assert [snapshot.rank("comp_score", v) for v in (-5, 0, 50, 75.5, 100, 200)] == pytest.approx([0, 0, 0.5, 0.755, 1, 1])
    assert snapshot.rank("color_score", 5.0) is None


def test_equal_values_share_the_middle_of_their_ranks() -> None:
    snapshot = make_snapshot({"color_score": [0.0] * 50 + [5.0] * 50})
    assert snapshot.rank("color_score", 0.0) == pytest.approx(0.225, abs=0.03)


def test_a_snapshot_ignores_what_is_not_a_number_and_survives_json() -> None:
    snapshot = make_snapshot({"comp_score": [1.0, float("nan"), 3.0], "color_score": []})
    assert snapshot.quantiles.keys() == {"comp_score"} and snapshot.photos == 2
    assert snapshot_from_json(snapshot.to_json()) == snapshot


def test_the_id_follows_the_numbers() -> None:
    assert make_snapshot({"a": [1.0, 2.0]}).id == make_snapshot({"a": [1.0, 2.0]}).id != make_snapshot({"a": [1.0, 3.0]}).id


def test_the_built_in_snapshot_covers_everything_that_can_be_weighed() -> None:
    """Scores of faces and opinions have no rank until the library has its own percentiles: they count on their own scale."""
    assert {field.key for field in weighable().values() if field.group not in ("face", "quality")} <= set(BUILT_IN.quantiles)
    assert BUILT_IN.photos > 300


@pytest.mark.parametrize(
    "text", ["", "[]", '{"photos": 1}', '{"photos": 1, "quantiles": {"a": [2, 1]}}', '{"photos": 1, "quantiles": {"a": "x"}}']
)
def test_a_damaged_snapshot_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="snapshot"):
        snapshot_from_json(text)
