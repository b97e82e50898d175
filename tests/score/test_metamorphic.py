"""What must happen to the numbers when a picture gets worse, is mirrored, re-encoded or scaled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from facetd.config import Config
from facetd.records.measures import PixelMetrics
from facetd.score.judge import judge
from facetd.score.measure import measure
from facetd.score.normalize import BUILT_IN
from facetd.score.rules import Rules
from facetd.score.settings import MeasureSettings
from tests.score.pictures import BOUNDS, DEGRADATIONS, FOLLOWS, Picture, from_best, jpeg, load, photo_like, spearman

RENDERED = ("rendered 1", "rendered 2", "rendered 3")
REAL = (
    "Trips/USA 2015/IMG_6220.jpg", "Trips/USA 2015/IMG_6455.jpg", "Trips/Mongolia/mongolels.jpg", "Trips/Misc/ladybug.jpg",
    "Family/People/df_007.jpg", "Family/Friends/fr_16.jpg", "Family/Friends/fr_02.jpg",
    "Saved/2012/pic_0058.jpg", "Saved/2010/pic_0074.jpg", "Saved/2014/pic_0114.jpg", "Saved/2011/pic_0033.jpg",
    "Trips/Arezzo/DSCN0012.jpg", "Trips/Utah/thompson-springs.jpg", "Family/People/df_037.jpg", "Trips/Safari/IMG_2001.JPG",
)  # fmt: skip
RULES = Rules.from_config(Config())
SCORES = (
    *(name for name in PixelMetrics.__dataclass_fields__ if name.endswith("_score")),
    *(
        "tech_sharpness",
        "color_harmony",
        "subject_sharpness",
        "subject_prominence",
        "subject_placement",
        "bg_separation",
        "isolation_bonus",
    ),
)
FOLLOWERS = [(name, metric, sign) for name, metrics in FOLLOWS.items() for metric, sign in metrics.items()]


def values_of(metrics: PixelMetrics) -> Mapping[str, object]:
    return {name: getattr(metrics, name) for name in metrics.__dataclass_fields__}


def aggregate(metrics: PixelMetrics) -> float:
    found = judge(values_of(metrics), RULES, BUILT_IN).aggregate
    assert found is not None
    return found


@lru_cache(maxsize=2)
def series(source: str, corpus: Path | None) -> tuple[Picture, dict[str, list[PixelMetrics]]]:
    """The picture, and for each degradation its metrics untouched and at five strengths."""
    picture = photo_like(int(source.split()[1])) if corpus is None else load(corpus / source)
    first = measure(picture, MeasureSettings())
    return picture, {
        name: [first, *(measure(worsen(picture, strength), MeasureSettings()) for strength in strengths)]
        for name, (worsen, strengths) in DEGRADATIONS.items()
    }


def correlations(source: str, corpus: Path | None) -> dict[str, float]:
    """Rank correlation with the strength, signed so that 1 is perfect, for each follower and for the falling aggregate."""
    _, steps = series(source, corpus)
    found = {f"{name} {metric}": sign * spearman(range(6), [getattr(m, metric) for m in steps[name]]) for name, metric, sign in FOLLOWERS}
    found["over exposure_score"] = from_best([m.exposure_score for m in steps["over"]])
    return found | {f"{name} aggregate": -spearman(range(6), [aggregate(m) for m in steps[name]]) for name in steps}


def drifts(source: str, corpus: Path | None) -> dict[tuple[str, str], float]:
    """How far each score that need not follow a degradation moves, at the strength where it moves most."""
    _, steps = series(source, corpus)
    return {
        (name, metric): max(abs(getattr(m, metric) - getattr(steps[name][0], metric)) for m in steps[name][1:])
        for name, bounds in BOUNDS.items()
        for metric in bounds
    }


def check_small_changes(picture: Picture) -> None:
    first = measure(picture, MeasureSettings())
    mirrored = measure(np.ascontiguousarray(picture[:, ::-1]), MeasureSettings())
    encoded = measure(jpeg(picture, 95), MeasureSettings())
    assert mirrored.composition_pattern == first.composition_pattern
    for metric in SCORES:
        assert getattr(mirrored, metric) == pytest.approx(getattr(first, metric), abs=0.1), f"mirrored {metric}"
        assert getattr(encoded, metric) == pytest.approx(getattr(first, metric), abs=0.3), f"re-encoded {metric}"
    assert aggregate(mirrored) == pytest.approx(aggregate(first), abs=0.1)
    assert aggregate(encoded) == pytest.approx(aggregate(first), abs=0.3)


@pytest.mark.parametrize("source", RENDERED)
def test_metrics_follow_what_is_done_to_a_rendered_picture(source: str) -> None:
    found = correlations(source, None)
    for name, metric, _ in FOLLOWERS:
        assert found[f"{name} {metric}"] >= 0.8, f"{name} {metric}"
    for name in ("blur", "noise", "jpeg", "over", "under", "contrast"):
        assert found[f"{name} aggregate"] >= 0.8, name


@pytest.mark.parametrize("source", RENDERED)
def test_a_rendered_picture_mirrored_or_encoded_again_keeps_its_scores(source: str) -> None:
    check_small_changes(series(source, None)[0])


@pytest.mark.corpus
def test_metrics_follow_what_is_done_to_real_photos(corpus: Path) -> None:
    table = [correlations(source, corpus) for source in REAL]
    for key in table[0]:
        column = [row[key] for row in table]
        if key.endswith("aggregate"):
            # Without colour another subject may stand out, and the photo is judged by its tones.
            assert np.median(column) >= (0.8 if key.startswith("color") else 0.9), key
        else:
            assert np.median(column) >= 0.95, key
            assert min(column) >= 0.8, f"{key}: {REAL[int(np.argmin(column))]}"


@pytest.mark.corpus
def test_other_metrics_of_real_photos_stay_within_their_bounds(corpus: Path) -> None:
    moved = [drifts(source, corpus) for source in REAL[::3]]
    usual = 0
    for (name, metric), away in (item for found in moved for item in found.items()):
        assert away <= BOUNDS[name][metric][1], f"{name} moves {metric} by {away:.2f}"
        usual += away <= BOUNDS[name][metric][0]
    assert usual >= 0.95 * sum(len(found) for found in moved)


@pytest.mark.corpus
@pytest.mark.parametrize("source", REAL)
def test_a_real_photo_mirrored_or_encoded_again_keeps_its_scores(source: str, corpus: Path) -> None:
    check_small_changes(load(corpus / source))


@pytest.mark.corpus
def test_encoding_again_keeps_the_order_of_raw_sharpness_and_noise(corpus: Path) -> None:
    found = sorted(path for folder in ("Saved", "Trips", "Family") for path in (corpus / folder).rglob("*.jpg") if path.is_file())
    pictures = [load(path, 800) for path in found[::3]]
    before = [measure(picture, MeasureSettings()) for picture in pictures]
    after = [measure(jpeg(picture, 95), MeasureSettings()) for picture in pictures]
    for metric in ("sharpness_laplacian", "sharpness_multiscale", "noise_sigma"):
        assert spearman([getattr(m, metric) for m in before], [getattr(m, metric) for m in after]) >= 0.98, metric


@pytest.mark.corpus
@pytest.mark.parametrize("source", REAL[:6])
def test_a_smaller_copy_is_judged_alike(source: str, corpus: Path) -> None:
    picture = load(corpus / source, 1600)
    copy = cv2.resize(picture, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    first, small = measure(picture, MeasureSettings()), measure(np.asarray(copy, np.uint8), MeasureSettings())
    assert small.composition_pattern == first.composition_pattern
    for metric in ("contrast_score", "exposure_score", "color_score", "comp_score", "subject_prominence"):
        assert getattr(small, metric) == pytest.approx(getattr(first, metric), abs=0.7), metric
    assert small.tech_sharpness == pytest.approx(first.tech_sharpness, abs=2.0)
