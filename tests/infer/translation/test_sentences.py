"""Where a text is cut for a translator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.infer.translation.sentences import sentences


def fits(text: str) -> bool:
    return len(text) <= 30


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("A dog", ["A dog"]),
        ("A dog. A cat! Who? Me.", ["A dog.", "A cat!", "Who?", "Me."]),
        ('He says "Go." Then he goes.', ['He says "Go."', "Then he goes."]),
        ("Dr. Who and St. Peter, no. 3", ["Dr. Who and St. Peter, no. 3"]),
        ("J. R. and 3.5 m at f/2.8 here", ["J. R. and 3.5 m at f/2.8 here"]),
        ("犬がいる。猫もいる。", ["犬がいる。", "猫もいる。"]),
        ("A very long walk; over the hills, and far away", ["A very long walk;", "over the hills, and far away"]),
        ("A walk over all the hills, and far away", ["A walk over all the hills,", "and far away"]),
        ("A walk over all the hills and then far away", ["A walk over all the hills and", "then far away"]),
        ("x" * 40, ["x" * 40]),
    ],
)
def test_cuts(text: str, found: list[str]) -> None:
    assert sentences(text, fits) == found


@given(st.lists(st.text("abcA.,;:!? ", min_size=1), max_size=30))
def test_no_word_is_lost(words: list[str]) -> None:
    text = " ".join(" ".join(words).split())
    found = sentences(text, fits)
    assert " ".join(found).split() == text.split()
    assert all(fits(part) or " " not in part for part in found)
