"""The best one percent, and photos that look alike."""

from __future__ import annotations

import numpy as np

from facetd.config.capsules import ColorStory, Golden
from facetd.score.capsules.best import golden
from facetd.score.capsules.stories import groups_of, newest, stories
from tests.score.capsules.made import days, photos, shown


def test_the_golden_ones_are_the_top_percent_of_all() -> None:
    made = photos(1000, aggregate=np.linspace(0, 10, 1000))
    assert shown(golden(made, Golden())) == {"golden:all": list(range(999, 989, -1))}
    assert len(shown(golden(photos(9000), Golden()))["golden:all"]) == 50, "fifty at most"
    assert shown(golden(photos(1000, aggregate=5.0), Golden())) == {}, "nothing is good"
    assert shown(golden(photos(100), Golden())) == {}, "one photo is no collection"


def clusters(*sizes: int, noise: float = 0.1) -> np.ndarray:
    random = np.random.default_rng(1)
    middles = np.eye(16)[: len(sizes)]
    made = np.concatenate([np.repeat(middles[index : index + 1], size, axis=0) for index, size in enumerate(sizes)])
    made = made + noise * random.standard_normal(made.shape) / 4
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_stories_are_photos_that_look_alike() -> None:
    sizes = (12, 9, 7, 20, 20, 20, 20)
    count = sum(sizes)
    made = photos(
        count, taken=days("2024-01-01", count), tags={"beach": range(12), "sun": range(9), "all": range(count), "dog": range(12, 21)}
    )
    rule = ColorStory(max_groups=6)
    found = list(stories(made, rule, np.arange(count), clusters(*sizes), 0.75))
    assert {name: sorted(rows) for name, rows in shown(found).items()} == {
        "color_story:129": list(range(28, 48)), "color_story:149": list(range(48, 68)), "color_story:169": list(range(68, 88)),
        "color_story:189": list(range(88, 108)), "color_story:101": list(range(12)), "color_story:113": list(range(12, 21)),
    }  # fmt: skip
    assert [draft.params.get("tags") for draft in found][4:] == ["beach, sun", "dog"], "not by what all have"
    assert len(list(stories(made, ColorStory(), np.arange(count), clusters(*sizes), 0.75))) == 5


def test_a_chain_through_everything_is_taken_apart() -> None:
    angles = np.concatenate([np.linspace(0, 0.3, 10), np.linspace(0.9, 1.2, 10), np.linspace(1.8, 2.1, 10), np.linspace(2.7, 3.0, 10)])
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert sorted(len(group) for group in groups_of(chain @ chain.T, 0.75)) == [10, 10, 10, 10]


def test_only_the_newest_good_photos_are_looked_at() -> None:
    made = photos(6, taken=[*days("2024-01-01", 3), None, *days("2025-01-01", 2)], aggregate=[7, 7, 7, 7, 7, 5])
    assert newest(made, ColorStory(newest_photos=4)).tolist() == [4, 2, 1, 0]
    assert newest(made, ColorStory()).tolist() == [4, 2, 1, 0, 3]


def test_without_vectors_there_is_no_story() -> None:
    assert list(stories(photos(20), ColorStory(), np.empty(0, np.int64), np.empty((0, 0), np.float32), 0.75)) == []
