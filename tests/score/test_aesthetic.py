"""Measured aesthetics: bounds, direction, and what it makes of what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.score.aesthetic import COLORS, NEEDED, WEIGHTS, measured_aesthetic
from facetd.score.measure import measure
from facetd.score.settings import MeasureSettings
from tests.score.pictures import DEGRADATIONS, Picture, load, photo_like

SCORES = ("comp_score", "tech_sharpness", "subject_sharpness", *(key for key in WEIGHTS if key not in ("comp_score", "sharpness")))
VALUES = st.fixed_dictionaries(
    {key: st.floats(0, 10) for key in SCORES} | {"noise_sigma": st.floats(0, 60), "is_monochrome": st.booleans()}
)


def estimate(picture: Picture) -> float:
    metrics = measure(picture, MeasureSettings())
    found = measured_aesthetic({name: getattr(metrics, name) for name in metrics.__dataclass_fields__})
    assert found is not None
    return found


@given(VALUES, st.sampled_from((*SCORES, "noise_sigma")), st.floats(0, 10))
def test_it_stays_within_0_and_10_and_follows_each_score(values: dict[str, float], key: str, other: float) -> None:
    found = measured_aesthetic(values)
    assert found is not None and 0 <= found <= 10
    changed = measured_aesthetic({**values, key: other})
    assert changed is not None
    higher = (other > values[key]) is not (key == "noise_sigma")
    if other == values[key]:
        assert changed == found
    else:
        assert changed >= found if higher else changed <= found


@given(VALUES)
def test_colors_say_nothing_about_a_photo_in_black_and_white(values: dict[str, float]) -> None:
    gray = {**values, "is_monochrome": True}
    assert measured_aesthetic(gray) == measured_aesthetic({key: value for key, value in gray.items() if key not in COLORS})
    assert measured_aesthetic(gray) == measured_aesthetic({**gray, "color_score": 0.0, "color_harmony": 10.0})


@given(VALUES)
def test_without_what_it_needs_there_is_none(values: dict[str, float]) -> None:
    for key in NEEDED:
        lacking = ("tech_sharpness", "subject_sharpness") if key == "sharpness" else (key,)
        assert measured_aesthetic({**values, **dict.fromkeys(lacking)}) is None
    assert measured_aesthetic({}) is None
    assert measured_aesthetic({**values, "subject_prominence": float("nan")}) is not None


def test_the_scale_is_used() -> None:
    best, worst = dict.fromkeys(SCORES, 10.0), dict.fromkeys(SCORES, 0.0)
    assert measured_aesthetic(best) == pytest.approx(9.53, abs=0.01)
    assert measured_aesthetic({**worst, "noise_sigma": 60.0}) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_mirrored_picture_keeps_it(number: int) -> None:
    picture = photo_like(number)
    assert estimate(np.ascontiguousarray(picture[:, ::-1])) == pytest.approx(estimate(picture), abs=0.15)


@pytest.mark.corpus
def test_what_spoils_a_photo_lowers_it(corpus: Path) -> None:
    for name in ("Trips/USA 2015/IMG_6220.jpg", "Trips/Misc/ladybug.jpg"):
        picture = load(corpus / name)
        whole = estimate(picture)
        for kind in ("blur", "noise", "under", "contrast"):
            worsen, strengths = DEGRADATIONS[kind]
            assert estimate(worsen(picture, strengths[-1])) < whole - 0.3, (name, kind)
