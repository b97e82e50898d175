"""How alike photos are, and by how much a camera turned."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.score.components import components
from facetd.score.similar import BINS, CHANNELS, ONE, camera_shift, colour, colour_bins, visual
from tests.photos import scene


def test_hash_and_embedding_weigh_seven_to_three() -> None:
    bits, cosines = np.array([0, 32, 64, 16], np.uint8), np.array([1.0, 0.5, -0.2, np.nan], np.float32)
    assert visual(bits, cosines).tolist() == pytest.approx([1.0, 0.35 + 0.15, 0.0, 0.75])


def histograms(*peaks: int) -> np.ndarray:
    found = np.zeros((len(peaks), CHANNELS, 64), np.uint16)
    for row, peak in enumerate(peaks):
        found[row, :, peak : peak + 8] = ONE
    return found.reshape(len(peaks), -1)


def test_each_channel_counts_the_same_whatever_its_scale() -> None:
    one = histograms(8)
    one[0, :64] //= 50
    assert colour_bins(one).reshape(CHANNELS, BINS).sum(axis=1).tolist() == pytest.approx([ONE] * 4, abs=BINS)


def test_colour_follows_its_formula() -> None:
    bins = colour_bins(histograms(8, 8, 12, 40, 8))
    saturation, luminance = np.array([0.3, 0.3, 0.2, 0.3, 0.9], np.float32), np.array([0.5, 0.5, 0.4, 0.5, 0.5], np.float32)
    mono = np.zeros(5, bool)
    found = colour(bins, 0, saturation, luminance, mono)
    assert found[:2].tolist() == pytest.approx([1.0, 1.0], abs=1e-3)
    assert found[2] == pytest.approx((0.7 * 0.5 + 0.1 * 0.9 + 0.1 * 0.9) / 0.9, abs=1e-3), "half of the histogram"
    assert found[3] == pytest.approx(0.2 / 0.9, abs=1e-3), "nothing in common but brightness and saturation"
    assert found[4] == 0, "far more saturated"
    assert colour(bins, 0, saturation, luminance, np.array([True, True, False, False, False]))[:3].tolist() == pytest.approx(
        [1, 1, 0], abs=1e-3
    )


def test_pairs_make_groups() -> None:
    assert sorted(components([(1, 2), (5, 6), (2, 3), (9, 6)])) == [[1, 2, 3], [5, 6, 9]]
    assert components([]) == []


@pytest.mark.parametrize("share", [0.25, 0.4, 0.6])
@pytest.mark.parametrize("down", [False, True])
def test_the_turn_of_a_camera_is_measured(share: float, down: bool) -> None:
    wide = np.asarray(scene(3, (900, 300)).convert("L"))
    if down:
        wide = np.ascontiguousarray(wide.T)
    step = round(300 * share)
    one, other = (wide[:300], wide[step : step + 300]) if down else (wide[:, :300], wide[:, step : step + 300])
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    assert camera_shift(one, other) == pytest.approx(share, abs=0.03)
    assert camera_shift(other, one) == pytest.approx(-share, abs=0.03)


def test_the_same_view_or_another_scene_is_no_turn() -> None:
    pictures = [np.asarray(scene(seed, (300, 300)).convert("L")) for seed in (3, 4)]
    assert camera_shift(pictures[0], pictures[0]) is None
    assert camera_shift(*pictures) is None
    flat = np.full((300, 300), 90, np.uint8)
    assert camera_shift(flat, flat) is None
