"""Discoveries around photos drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.config.capsules import Seeded
from facetd.score.capsules.seeds import AXES, draw, mood, seeded
from tests.score.capsules.made import NAN, days, photos, shown

NOTHING = np.full((40, 1), NAN, np.float32)
SEED = np.array([0])


@pytest.mark.parametrize(
    ("columns", "cosines", "axis", "rows", "params"),
    [
        (
            {"taken": [*days("2024-01-01T00:00:00", 9, 20), *days("2024-01-09T00:00:00", 31)]}, NOTHING, "time",
            range(9), {"day": "2024-01-01"},
        ),
        ({}, np.array([[1.0]] * 8 + [[0.69]] * 32, np.float32), "similar", range(8), {}),
        ({"persons": {5: range(10), 6: range(7)}}, NOTHING, "person", range(10), {}),
        ({"tags": {"dog": range(8), "all": range(40), "few": range(3)}}, NOTHING, "tag", range(8), {"tag": "dog"}),
        (
            {"latitude": [41.9] * 9 + [42.3] * 31, "longitude": 12.5, "place": 0, "places": [("Rome", "Lazio", "Italy")]},
            NOTHING, "place", range(9), {"place": "Rome, Italy"},
        ),
        ({"saturation": [0.5] * 10 + [0.6] * 30, "luminance": 0.5}, NOTHING, "mood", range(10), {"mood": "medium_vivid"}),
    ],
)  # fmt: skip
def test_each_axis_finds_what_goes_with_the_seed(
    columns: dict[str, object], cosines: np.ndarray, axis: str, rows: range, params: dict[str, object]
) -> None:
    found = list(seeded(photos(40, **columns), Seeded(), SEED, cosines))
    assert {name: sorted(chosen) for name, chosen in shown(found).items()} == {f"seeded:101-{axis}": list(rows)}
    assert (found[0].title, found[0].params) == (f"seeded_{axis}", params)
    assert list(seeded(photos(40, **columns), Seeded(min_photos=11), SEED, cosines)) == []


def test_seeds_take_different_axes() -> None:
    made = photos(40, taken=days("2024-01-01T00:00:00", 40), persons={5: range(40)}, saturation=0.5, luminance=0.5)
    found = list(seeded(made, Seeded(), np.arange(4), np.full((40, 4), 0.9, np.float32)))
    assert {draft.title for draft in found} >= {"seeded_time", "seeded_person", "seeded_similar"}
    assert set(AXES) == {"time", "similar", "person", "tag", "place", "mood"}


def test_the_same_period_draws_the_same_seeds() -> None:
    made = photos(1000, aggregate=[*[7] * 900, *[5] * 100])
    first = draw(made, Seeded(), "1 20000").tolist()
    assert first == draw(made, Seeded(), "1 20000").tolist()
    assert len(first) == len(set(first)) == 10
    assert max(first) < 900, "good photos only"
    assert first != draw(made, Seeded(), "1 20001").tolist()
    assert len(draw(photos(60), Seeded(), "1")) == 2, "a small library has not more to discover"
    assert len(draw(photos(60, aggregate=1.0), Seeded(), "1")) == 0


def test_moods_have_words() -> None:
    assert mood(0.1, 0.1, mono=False) == "dark_muted"
    assert mood(0.3, 0.5, mono=False) == "medium_soft"
    assert mood(0.9, 0.9, mono=False) == "bright_vivid"
    assert mood(0.0, 0.9, mono=True) == "bright_monochrome"
