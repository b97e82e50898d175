"""The nearest words: how many slips they are away, and which of them come first."""

from __future__ import annotations

import pytest

from facetd.db.spelling import distance, nearest

KNOWN = {
    "anna": 3,
    "hanna": 1,
    "annabel": 1,
    "birthday": 2,
    "mountain": 9,
    "mountains": 1,
    "fountain": 1,
    "канун": 1,
    "rome": 5,
    "an": 1,
    "romy": 1,
}


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("ana", "anna", 1),
        ("birtday", "birthday", 1),
        ("moutian", "mountain", 2),
        ("ab", "ba", 1),
        ("rome", "rome", 0),
        ("abcdef", "uvwxyz", 3),
    ],
)
def test_slips_are_counted_up_to_a_bound(one: str, other: str, slips: int) -> None:
    assert distance(one, other, 2) == distance(other, one, 2) == slips


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("ana", ["anna"]),
        ("anna", ["anna", "hanna"]),
        ("moutain", ["mountain", "mountains", "fountain"]),
        ("rom", ["rome", "romy"]),
        ("hame", []),
        ("канон", ["канун"]),
        ("xirtdax", []),
    ],
)
def test_the_nearest_words_come_first(word: str, words: list[str]) -> None:
    assert [other for _, other in nearest(word, KNOWN)] == words


def test_numbers_and_short_words_stand_for_themselves() -> None:
    assert nearest("12", {"123": 1, "13": 1}) == [(0, "12")]
    assert nearest("2019", {"2018": 1}) == [(0, "2019")]
    assert nearest("ab", KNOWN) == [(0, "ab")]
