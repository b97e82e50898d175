"""Each metric on pictures for which the answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facetd.records.measures import PixelMetrics
from facetd.score.measure import measure
from facetd.score.noise import measure_noise
from facetd.score.settings import MeasureSettings
from tests.score.pictures import Picture, blur, expose, fade, noise, photo_like

RNG_SIZE = (600, 900)


def metrics(picture: Picture) -> PixelMetrics:
    return measure(picture, MeasureSettings())


def plain(*color: int) -> Picture:
    return np.full((*RNG_SIZE, 3), color, np.uint8)


def disc(x: float, y: float, radius: float = 0.1, ground: tuple[int, int, int] = (90, 110, 130)) -> Picture:
    picture = plain(*ground)
    cv2.circle(picture, (int(x * 900), int(y * 600)), int(radius * 600), (230, 120, 40), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0, 20.0])
def test_the_noise_of_a_flat_picture_is_found_within_a_tenth(sigma: float) -> None:
    grain = np.random.default_rng(2).normal(128, sigma, (800, 1200)).round().clip(0, 255).astype(np.uint8)
    found = measure_noise(grain)
    assert found.sigma == pytest.approx(sigma, rel=0.1)
    assert found.steady == pytest.approx(sigma, rel=0.1)


def test_texture_beside_a_flat_part_does_not_read_as_noise() -> None:
    picture = np.full((600, 900), 128, np.uint8)
    picture[:, :600] = np.random.default_rng(3).integers(0, 256, (600, 600))
    assert measure_noise(picture).sigma < 0.5


def test_a_bokeh_portrait_is_as_sharp_as_its_subject() -> None:
    picture = photo_like(1)
    assert metrics(picture).tech_sharpness > 5
    assert metrics(blur(picture, 3)).tech_sharpness < 3


def test_noise_does_not_read_as_sharpness() -> None:
    soft = blur(photo_like(1), 3)
    assert metrics(noise(soft, 6)).tech_sharpness < metrics(soft).tech_sharpness + 1.0
    grain = np.random.default_rng(5).normal(128, 12, (600, 900, 3)).clip(0, 255).astype(np.uint8)
    assert metrics(grain).sharpness_laplacian < 0.2 * 20 * 144


def test_contrast_and_range_of_two_tones() -> None:
    picture = plain(64, 64, 64)
    picture[:, 450:] = 191
    found = metrics(picture)
    assert found.rms_contrast == pytest.approx(63.5 / 255, abs=0.002)
    assert found.mean_luminance == pytest.approx(0.5, abs=0.002)
    assert found.histogram_spread == pytest.approx(127 / 255, abs=0.02)
    assert found.dynamic_range_stops == pytest.approx(np.log2((0.5209 + 1 / 1024) / (0.0513 + 1 / 1024)), abs=0.1)


def test_clipping_is_told_per_channel_and_only_counts_where_detail_is_lost() -> None:
    picture = plain(120, 120, 120)
    picture[:60] = (255, 90, 30)
    found = metrics(picture)
    assert found.details["clipping"]["r"] == pytest.approx([0, 0.1], abs=0.002)
    assert found.highlight_clipping == 0 and not found.highlight_clipped
    picture[:60] = 255
    assert metrics(picture).highlight_clipping == pytest.approx(0.1, abs=0.002)
    picture[:60] = 0
    assert metrics(picture).shadow_clipping == pytest.approx(0.1, abs=0.002) and metrics(picture).shadow_clipped


def test_good_light_scores_above_too_much_and_too_little() -> None:
    picture = photo_like(2)
    good = metrics(picture).exposure_score
    assert good > 6
    assert metrics(expose(picture, 2.5)).exposure_score < 4
    assert metrics(expose(picture, -3.5)).exposure_score < 3


def test_monochrome_is_grey_or_one_tint_but_not_a_coloured_thing() -> None:
    picture = photo_like(1)
    gray = fade(picture, 0.0)
    assert metrics(gray).is_monochrome and metrics(gray).mean_saturation == 0
    sepia = np.clip(gray * np.array([1.0, 0.86, 0.66]), 0, 255).astype(np.uint8)
    assert metrics(sepia).is_monochrome
    assert not metrics(picture).is_monochrome
    spotted = gray.copy()
    spotted[250:330, 400:480] = (220, 30, 30)
    assert not metrics(spotted).is_monochrome


def test_harmony_prefers_complementary_colours_to_many() -> None:
    two = plain(200, 90, 40)
    two[:, 450:] = (40, 150, 200)
    hues = np.zeros((60, 90, 3), np.uint8)
    hues[..., 0], hues[..., 1:] = np.arange(90)[None, :] * 2, 200
    many = cv2.cvtColor(cv2.resize(hues, (900, 600)), cv2.COLOR_HSV2RGB)
    assert metrics(two).color_harmony > metrics(many).color_harmony + 2
    assert metrics(many).color_entropy > metrics(two).color_entropy + 1.5


def test_a_dark_shape_before_a_bright_sky_is_a_silhouette() -> None:
    picture = plain(250, 200, 150)
    cv2.ellipse(picture, (450, 380), (190, 330), 0, 0, 360, (6, 5, 5), -1)
    assert metrics(picture).is_silhouette
    assert not metrics(photo_like(1)).is_silhouette
    assert not metrics(plain(6, 5, 5)).is_silhouette


@pytest.mark.parametrize(("x", "y"), [(1 / 3, 1 / 3), (2 / 3, 2 / 3)])
def test_a_subject_on_a_power_point_beats_one_in_the_corner(x: float, y: float) -> None:
    there, corner = metrics(disc(x, y)), metrics(disc(0.12, 0.12))
    assert there.power_point_score > 7
    assert corner.power_point_score < 4
    assert there.subject_placement > corner.subject_placement + 2


def test_the_subject_box_surrounds_the_subject() -> None:
    left, top, width, height = metrics(disc(0.35, 0.6)).details["subject_box"]
    assert left < 0.35 < left + width and top < 0.6 < top + height
    assert width < 0.35 and height < 0.5
    assert metrics(plain(90, 90, 90)).details["subject_box"] is None


def test_a_lone_subject_is_prominent_separated_and_isolated() -> None:
    lone, busy = metrics(disc(0.5, 0.5)), metrics(np.random.default_rng(4).integers(60, 200, (600, 900, 3), dtype=np.uint8))
    for name in ("subject_prominence", "bg_separation", "isolation_bonus"):
        assert getattr(lone, name) > getattr(busy, name) + 4, name


def test_lines_that_meet_lead_and_those_of_a_horizon_do_not() -> None:
    road = plain(90, 110, 130)
    for share in (0.1, 0.35, 0.65, 0.9):
        cv2.line(road, (int(share * 900), 600), (450, 230), (220, 210, 190), 7, cv2.LINE_AA)
    horizon = plain(90, 110, 130)
    horizon[330:] = (60, 120, 60)
    assert metrics(road).leading_lines_score > 6
    assert metrics(horizon).leading_lines_score < 2
