"""What compression left in the pixels is found again, whatever happened to the file since."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facetd.score.compression import Traces, compression_traces
from tests.score.pictures import Picture, jpeg, noise, photo_like

QUALITIES = {90: 0.2, 80: 0.4, 60: 0.8, 40: 1.25, 20: 2.5, 8: 6.25}  # scale of the standard table in libjpeg


def gray(picture: Picture) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY), np.uint8)


def traces(picture: Picture) -> Traces:
    plane = gray(picture)
    return compression_traces(plane, np.asarray(cv2.Laplacian(plane, cv2.CV_16S), np.int16))


@pytest.mark.parametrize("quality", [80, 60, 40, 20, 8])
def test_the_table_of_a_jpeg_is_read_from_its_pixels(quality: int) -> None:
    assert traces(jpeg(photo_like(1), quality)).quantisation == pytest.approx(QUALITIES[quality], rel=0.06)


def test_stronger_compression_costs_more_and_none_costs_nothing() -> None:
    picture = photo_like(2)
    costs = [traces(jpeg(picture, quality)).cost for quality in QUALITIES]
    assert costs == sorted(costs)
    assert costs[-1] > 1.0
    assert traces(picture).quantisation == 0.0
    assert traces(picture).cost < 0.02


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_saving_again_in_good_quality_hides_nothing(seed: int) -> None:
    poor = jpeg(photo_like(seed), 50)
    assert traces(jpeg(poor, 95)).quantisation == pytest.approx(traces(poor).quantisation, rel=0.05)


@pytest.mark.parametrize(("top", "left"), [(3, 5), (0, 1), (7, 0)])
def test_a_cut_or_mirrored_jpeg_shows_the_same_table(top: int, left: int) -> None:
    poor = jpeg(photo_like(3, 903, 602), 30)
    whole = traces(poor).quantisation
    assert traces(poor[top:, left:]).quantisation == pytest.approx(whole, rel=0.1)
    for turned in (poor[:, ::-1], poor[::-1]):
        assert traces(turned).quantisation == whole
        assert traces(turned).blockiness == pytest.approx(traces(poor).blockiness, rel=0.01)


def test_scaling_and_noise_wipe_the_trace_out() -> None:
    poor = jpeg(photo_like(1), 40)
    smaller = np.asarray(cv2.resize(poor, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA), np.uint8)
    assert traces(smaller).quantisation == 0.0
    assert traces(noise(poor, 5)).quantisation == 0.0


@pytest.mark.parametrize("shape", [(16, 16), (16, 700), (31, 64), (200, 23)])
def test_small_and_flat_pictures_have_no_trace(shape: tuple[int, int]) -> None:
    flat = np.full((*shape, 3), 90, np.uint8)
    assert traces(flat) == Traces(0.0, 0.0, 0.0)
    grain = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    assert traces(grain).quantisation == 0.0
