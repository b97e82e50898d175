"""Capsules that follow from one attribute, or from two."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.config.capsules import Capsules
from facetd.score.capsules.dimensions import dimension_drafts, slug
from facetd.score.capsules.kinds import CROSSED, DIMENSIONS, SCORES, SINGLE
from facetd.score.capsules.photos import Draft
from tests.score.capsules.made import days, photos

SMALL = {"min_photos": 2}
RULES = Capsules.model_validate({
    "max_photos_per_capsule": 2, "monthly": SMALL, "yearly": SMALL, "camera": SMALL, "tag_collection": SMALL, "dimensions": SMALL
})  # fmt: skip


def found(kind: str, rules: Capsules = RULES, count: int = 10, **columns: Any) -> dict[str, list[int]]:
    """The rows, ascending, of the drafts of one type."""
    drafts = list(dimension_drafts(photos(count, **columns), rules, frozenset(DIMENSIONS) - {kind}))
    assert {draft.type for draft in drafts} <= {kind}
    return {draft.key: sorted(draft.rows.tolist()) for draft in drafts}


SINGLES: list[tuple[str, dict[str, Any], dict[str, list[int]]]] = [
    (
        "year", {"taken": [*days("2024-01-01", 4), None, "2023-12-31T23:59:59", *days("2022-05-01", 4)]},
        {"2024": [0, 1, 2, 3], "2022": [6, 7, 8, 9]},
    ),
    ("month", {"taken": [*days("2024-02-29T22:00:00", 4), *[None] * 6]}, {"2024-02": [0, 1], "2024-03": [2, 3]}),
    ("week", {"taken": [*days("2024-12-29T22:00:00", 4), *[None] * 6]}, {"2024-w52": [0, 1], "2025-w01": [2, 3]}),
    ("day_of_week", {"taken": [*days("2024-07-14T22:00:00", 4), *[None] * 6]}, {"6": [0, 1], "0": [2, 3]}),
    (
        "time_of_day", {"taken": [
            *days("2024-07-14T04:59:59", 2, 0), *days("2024-07-14T05:00:00", 2, 0.1), *days("2024-07-14T19:59:00", 2, 0),
            *days("2024-07-14T20:00:00", 4),
        ]},
        {"night": [0, 1, 6, 7, 8, 9], "golden-morning": [2, 3], "golden-evening": [4, 5]},
    ),
    (
        "focal_range", {"focal": [14, 23.9, 24, 35, 36, 70, 71, 135, 300, 301]},
        {"ultra-wide": [0, 1], "wide": [2, 3], "standard": [4, 5], "portrait": [6, 7]},
    ),
    ("star_rating", {"stars": [5, 5, 4, 3, 3, 2, 2, 1, 0, 0], "aggregate": 2.0}, {"5": [0, 1], "3": [3, 4]}),
    ("camera", {"camera": ["EOS 6D"] * 3 + ["X-T5", "X-T5", "M10"] + [None] * 4}, {"eos-6d": [0, 1, 2], "x-t5": [3, 4]}),
    ("lens", {"lens": ["EF 50mm f/1.8"] * 3 + [None] * 7}, {"ef-50mm-f-1-8-423bc6": [0, 1, 2]}),
    ("category", {"category": ["portrait"] * 3 + ["street"] + [None] * 6}, {"portrait": [0, 1, 2]}),
    ("composition", {"composition": ["rule_of_thirds"] * 3 + [None] * 7}, {"rule-of-thirds": [0, 1, 2]}),
    ("tag", {"tags": {"dog": [1, 2], "cat": [2, 3, 4], "cow": [5]}}, {"dog": [1, 2], "cat": [2, 3, 4]}),
    ("score_aesthetic", {"aesthetic": [1, 2, 3, 4, 5, 6, 7, 8, 9, float("nan")]}, {"best": [5, 6, 7, 8]}),
    ("score_iaa", {"aesthetic_iaa": [9, 8, 7, 6, *[float("nan")] * 6]}, {"best": [0, 1, 2, 3]}),
    ("score_composition", {"comp_score": [9, *[float("nan")] * 9]}, {}),
    ("score_sharpness", {"tech_sharpness": list(range(10)), "aggregate": [5.9] * 5 + [7] * 5}, {"best": [6, 7, 8, 9]}),
    ("score_face_quality", {"face_quality": 5}, {"best": [0, 1, 2, 3]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "columns", "expected"), SINGLES, ids=[kind for kind, _, _ in SINGLES])
def test_one_attribute(kind: str, columns: dict[str, Any], expected: dict[str, list[int]]) -> None:
    assert found(kind, **columns) == expected


VALUES: dict[str, dict[str, Any]] = {
    "year": {"taken": [*days("2024-01-10", 5), *days("2023-01-10", 5)]},
    "month": {"taken": [*days("2024-01-10", 5), *days("2024-02-10", 5)]},
    "camera": {"camera": ["A"] * 5 + ["B"] * 5},
    "lens": {"lens": ["L"] * 5 + ["M"] * 5},
    "tag": {"tags": {"dog": range(5), "cat": range(5, 10), "all": range(10)}},
    "person": {"persons": {7: range(5), 8: range(5, 10), 9: range(10)}},
    "composition": {"composition": ["center"] * 5 + ["curved"] * 5},
    "focal_range": {"focal": [10] * 5 + [500] * 5},
    "category": {"category": ["street"] * 5 + ["macro"] * 5},
}
KEYS = {
    "year": ("2024", "2023"), "month": ("2024-01", "2024-02"), "camera": ("a", "b"), "lens": ("l", "m"), "tag": ("dog", "cat", "all"),
    "person": ("7", "8", "9"), "composition": ("center", "curved"), "focal_range": ("ultra-wide", "super-telephoto"),
    "category": ("street", "macro"),
}  # fmt: skip
CROSSES = [(first, second) for first, seconds in CROSSED.items() if first != "score" for second in seconds]


@pytest.mark.parametrize(("first", "second"), CROSSES)
def test_two_attributes_together(first: str, second: str) -> None:
    halves = [list(range(5)), list(range(5, 10)), list(range(10))]
    expected = {
        f"{one}_{other}": sorted(set(some) & set(others))
        for one, some in zip(KEYS[first], halves, strict=False)
        for other, others in zip(KEYS[second], halves, strict=False)
        if set(some) & set(others)
    }
    assert found(f"{first}_{second}", **VALUES[first], **VALUES[second]) == expected
    drafts = list(dimension_drafts(photos(10, **VALUES[first], **VALUES[second]), RULES, frozenset(DIMENSIONS) - {f"{first}_{second}"}))
    assert all((len(draft.persons) == 1) == (first == "person") for draft in drafts)
    assert {name for draft in drafts for name in draft.params} == {first, second} - {"person"}
    many = Capsules.model_validate({"dimensions": {"min_photos": 6}})
    assert len(found(f"{first}_{second}", many, **VALUES[first], **VALUES[second])) <= 1


@pytest.mark.parametrize("second", CROSSED["score"])
def test_the_best_of_something_by_one_measure(second: str) -> None:
    made = found(f"score_{second}", comp_score=[1, 2, 3, 4, 5, 9, 8, 7, 6, 5], **VALUES[second])
    assert made["comp-score_" + KEYS[second][0]] == [3, 4]
    assert made["comp-score_" + KEYS[second][1]] == [5, 6]


def test_all_types_are_covered() -> None:
    assert {kind for kind, _, _ in SINGLES} == {*SINGLE, *SCORES}
    assert set(DIMENSIONS) == {
        *SINGLE,
        *SCORES,
        *(f"{first}_{second}" for first, second in CROSSES),
        *(f"score_{s}" for s in CROSSED["score"]),
    }


def test_types_come_in_turns_and_bad_photos_not_at_all() -> None:
    columns = {"camera": ["A"] * 5 + ["B"] * 5, "taken": [*days("2024-01-10", 5), *days("2023-01-10", 5)]}
    drafts: list[Draft] = list(dimension_drafts(photos(10, **columns), RULES, frozenset()))
    kinds = [draft.type for draft in drafts]
    assert kinds.index("camera_year") < len(kinds) - 1 - kinds[::-1].index("year"), "not one type after the other"
    assert [draft.key for draft in drafts if draft.type == "year"] == ["2024", "2023"], "the newest first"
    assert list(dimension_drafts(photos(10, aggregate=3.0, **columns), RULES, frozenset())) == []


@given(st.text(min_size=1, max_size=300))
def test_a_value_in_an_address_is_short_and_plain(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(text))
    assert len(slug(text)) < 90


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_two_values_have_two_addresses(one: str, other: str) -> None:
    same = one.replace("_", " ").replace("-", " ").lower() == other.replace("_", " ").replace("-", " ").lower()
    assert same or slug(one) != slug(other)
