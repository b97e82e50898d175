"""The list: each capsule cut, without those that show the same, the types in turns."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from facetd.config.capsules import Capsules
from facetd.errors import ConfigError
from facetd.library.capsuletitles import title
from facetd.records.capsules import CapsuleOccasion
from facetd.score.capsules.kinds import PRIORITY, SPECIAL, check_disabled
from facetd.score.capsules.photos import Photos
from facetd.score.capsules.selection import KEPT_FIRST, Looks, select
from tests.score.capsules.made import NAN, days, photos

TODAY = CapsuleOccasion(date(2026, 6, 15), "1 20000")


def looks(made: Photos) -> Looks:
    """Nothing is alike."""
    return Looks(
        lambda rows: np.zeros((len(rows), len(rows)), np.float32),
        lambda rows: (rows[:0], np.empty((0, 0), np.float32)),
        lambda rows: np.full((len(made.ids), len(rows)), NAN, np.float32),
    )


def busy(count: int = 2000) -> Photos:
    random = np.random.default_rng(5)
    return photos(
        count, taken=days("2019-01-01", count, 30), aggregate=random.uniform(5, 9, count), aesthetic=random.uniform(5, 9, count),
        camera=[("A", "B", "C")[index % 3] for index in range(count)], category=[("street", "macro")[index % 2] for index in range(count)],
        saturation=random.random(count), luminance=random.random(count),
        favorite=random.random(count) < 0.02, stars=random.integers(0, 6, count),
        latitude=np.where(random.random(count) < 0.8, 47.4, 41.9), longitude=8.5, persons={7: range(0, 400, 3), 8: range(0, 400, 4)},
        tags={"dog": range(0, 300, 2), "cat": range(0, 300, 5)}, focal=random.uniform(10, 400, count), composition="center",
    )  # fmt: skip


def chosen(made: Photos, occasion: CapsuleOccasion = TODAY, **sections: Any) -> list[Any]:
    return select(made, Capsules.model_validate(sections), looks(made), occasion)


def test_no_two_capsules_show_the_same() -> None:
    made = busy()
    found = chosen(made)
    assert len(found) > 40
    for one, other in combinations(found, 2):
        assert len(set(one.photos) & set(other.photos)) <= 0.2 * min(len(one.photos), len(other.photos)), (one.id, other.id)
    assert len({capsule.id for capsule in found}) == len(found)
    good = set(made.ids[made.good | made.favorite | (made.stars > 0)].tolist())
    for capsule in found:
        assert 1 <= len(capsule.photos) <= 40
        assert len(set(capsule.photos)) == len(capsule.photos)
        assert set(capsule.photos) <= good
        assert set(capsule.best) <= set(capsule.photos)
        assert 1 <= len(capsule.best) <= 5
        names = dict(zip(("person", "other"), ("Ann", "Ben"), strict=True))
        assert "{" not in title(capsule.title, {**capsule.params, **names})


def test_a_cover_is_one_of_the_five_best_whatever_comes_first() -> None:
    made = photos(30, aggregate=np.linspace(9, 6.1, 30), camera="A")
    like = np.zeros((30, 30), np.float32)
    like[:10, :10] = 1.0  # the best ones look alike, so that others follow the first
    alike = replace(looks(made), likeness=lambda rows: like[np.ix_(rows, rows)])
    found = select(made, Capsules(), alike, TODAY)
    camera = next(capsule for capsule in found if capsule.type == "camera")
    assert set(camera.photos[:5]) != set(range(101, 106)), "varied"
    for occasion in (TODAY, replace(TODAY, shuffle=3)):
        camera = next(capsule for capsule in select(made, Capsules(), alike, occasion) if capsule.type == "camera")
        assert camera.best == tuple(range(101, 106))


def test_types_come_in_turns_by_priority() -> None:
    order = [PRIORITY.index(capsule.type) for capsule in chosen(busy())]
    rises = [index for index in range(1, len(order)) if order[index] <= order[index - 1]]
    first = order[: rises[0]]
    assert first == sorted(set(order)), "one of each type first"
    assert sorted(KEPT_FIRST) == sorted(SPECIAL)


def test_attributes_have_a_budget() -> None:
    for most in (0, 7, 200):
        found = chosen(busy(), dimensions={"max_capsules": most})
        assert sum(capsule.type not in SPECIAL for capsule in found) <= most
    assert {capsule.type for capsule in chosen(busy(), disabled=["dimensions", "seeded", "golden"])}.isdisjoint(
        {"year", "seeded", "golden"}
    )


def test_where_the_best_are_shown_already_others_stand_in() -> None:
    aggregate = np.linspace(9, 6.5, 100)
    made = photos(100, taken=days("2024-07-01", 100), aggregate=aggregate, favorite=[True] * 40 + [False] * 60)
    found = {capsule.id: capsule for capsule in chosen(made, disabled=["dimensions", "seeded", "golden"])}
    assert set(found) == {"favorites:2024", "seasonal:2024-summer"}
    assert set(found["favorites:2024"].photos) == set(range(101, 141))
    assert set(found["seasonal:2024-summer"].photos) == set(range(141, 181))
    few = photos(45, taken=days("2024-07-01", 45), favorite=[True] * 40 + [False] * 5)
    assert [capsule.id for capsule in chosen(few, disabled=["dimensions", "seeded", "golden"])] == ["favorites:2024"]
    top = photos(1000, taken=days("2024-07-01", 1000, 0.1), aggregate=np.linspace(9, 6, 1000), favorite=[True] * 30 + [False] * 970)
    assert "golden:all" not in [capsule.id for capsule in chosen(top, disabled=["dimensions", "seeded"])], "the second best are not golden"


def test_journeys_are_shown_in_order_of_time() -> None:
    made = photos(
        60, taken=[*days("2024-01-01", 40, 24), *days("2024-04-01", 20)], latitude=[47.4] * 40 + [41.9] * 20, longitude=8.5,
        aggregate=np.linspace(6, 9, 60)[::-1],
    )  # fmt: skip
    journey = next(capsule for capsule in chosen(made) if capsule.type == "journey")
    assert list(journey.photos) == sorted(journey.photos)
    assert journey.best == (141, 142, 143, 144, 145)


def test_the_same_occasion_gives_the_same_list_and_a_shuffle_another() -> None:
    made = busy()
    assert chosen(made) == chosen(made)
    other = chosen(made, CapsuleOccasion(TODAY.today, TODAY.seed, shuffle=1))
    assert other != chosen(made)
    kept = {capsule.id for capsule in other} & {capsule.id for capsule in chosen(made)}
    assert len(kept) > 20, "subjects keep their ids"
    rotated = chosen(made, CapsuleOccasion(TODAY.today, "1 20001"))
    assert {c.id for c in rotated if c.type == "seeded"} != {c.id for c in chosen(made) if c.type == "seeded"}


def test_what_is_kept_is_plain_data() -> None:
    for capsule in chosen(busy()):
        values = [*capsule.params.values(), *capsule.photos, *capsule.best, *capsule.persons]
        assert {type(value) for value in values} <= {int, str}


def test_of_no_photos_there_are_no_capsules() -> None:
    assert chosen(photos(0)) == []


def test_a_misspelt_type_is_named() -> None:
    check_disabled(["seeded", "dimensions", "camera_year"])
    with pytest.raises(ConfigError, match=r"capsules\.disabled: expected types of capsules.*found seded"):
        check_disabled(["journey", "seded"])


def test_odd_metadata_is_no_harm() -> None:
    made = photos(
        60, taken=["0001-01-01T00:00:00", "9999-12-31T23:59:59"] * 30,
        camera="\udcff{x}\u202e", category="a/b?c#d%", composition="unheard of",
        latitude=[90, -90] * 30, longitude=[180, -180] * 30, focal=0.0, stars=5, favorite=True, persons={1: range(60), 2: range(60)},
        tags={"{tag}": range(60)}, saturation=0.7, luminance=0.1, aesthetic=np.inf,
    )  # fmt: skip
    found = chosen(made, max_photo_overlap=1.0)
    assert len(found) > 30
    for capsule in found:
        assert re.fullmatch(r"[a-z_]+:[a-z0-9._-]+", capsule.id), capsule.id
        assert (
            title(capsule.title, {**capsule.params, "person": "{A}", "other": "B"})
            if capsule.persons
            else title(capsule.title, capsule.params)
        )
