"""Captions by rule, as they read."""

from __future__ import annotations

import pytest

from facetd.library.sentences import counted, month, plural, sentence

DAY = "2019-07-14T12:00:00"


@pytest.mark.parametrize(
    ("names", "others", "things", "place", "date", "text"),
    [
        (["Anna", "Ben"], 0, {"dog": 1}, "Rome", DAY, "Anna and Ben with a dog in Rome, July 2019"),
        (["Anna"], 0, {}, None, None, "Anna"),
        (["Anna"], 1, {}, "Rome", None, "Anna and one other in Rome"),
        (["Anna", "Ben", "Carla", "Dora", "Emil"], 2, {}, None, None, "Anna, Ben, Carla, Dora and three others"),
        ([], 1, {"umbrella": 1, "car": 2, "bus": 12, "cat": 1}, None, DAY, "A person with an umbrella, two cars and 12 buses, July 2019"),
        ([], 4, {}, "Oslo", None, "Four people in Oslo"),
        ([], 0, {"sheep": 3}, None, None, "Three sheep"),
        ([], 0, {}, "Rome", DAY, "Rome, July 2019"),
        ([], 0, {}, None, DAY, "July 2019"),
        ([], 0, {}, None, None, None),
        ([], 0, {}, None, "0000-00-00", None),
        (["élodie"], 0, {}, None, None, "Élodie"),
    ],
)
def test_sentences(names: list[str], others: int, things: dict[str, int], place: str | None, date: str | None, text: str | None) -> None:
    assert sentence(names, others, things, place, date) == text


def test_numbers_and_plurals() -> None:
    assert [counted("sheep", 1), counted("apple", 1), counted("knife", 2), counted("teddy bear", 11)] == [
        "sheep", "an apple", "two knives", "11 teddy bears",
    ]  # fmt: skip
    assert [plural(word) for word in ("bench", "toothbrush", "mouse", "boy", "strawberry", "wine glass")] == [
        "benches", "toothbrushes", "mice", "boys", "strawberries", "wine glasses",
    ]  # fmt: skip
    assert month("2019-12") == "December 2019"
    assert month("2019") is None
