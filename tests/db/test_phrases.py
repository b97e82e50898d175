"""The search box: what was typed as terms, with nothing of it left to be understood by the database."""

from __future__ import annotations

import pytest

from facetd.db.phrases import MONTHS, MOST_TERMS, Term, days_of, parse


def test_words_phrases_and_what_is_not_wanted() -> None:
    assert parse('Anna "New York" -dog bea') == (
        Term("anna"),
        Term("new york", whole=True),
        Term("dog", negated=True, whole=True),
        Term("bea", prefix=True),
    )
    assert parse('-"Old Town" sea') == (Term("old town", negated=True, whole=True), Term("sea", prefix=True))
    assert parse("sea sea sea") == (Term("sea"), Term("sea", prefix=True))


@pytest.mark.parametrize("text", ["", " ", "-", '"', '""', '-""', "*", "() ^ : + ~", "\0", "' -- ;"])
def test_nothing_that_is_a_word_is_no_term(text: str) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AND OR NOT NEAR(a b)", ["and", "or", "not", "near a", "b"]),
        ('name:x* ^y {z} "unclosed phr', ["name x", "y", "z", "unclosed phr"]),
        ("a-b --c", ["a b", "c"]),
        ("\0null\0 \U0001f642", ["null", "\U0001f642"]),
    ],
)
def test_everything_else_is_literal(text: str, words: list[str]) -> None:
    assert [term.words for term in parse(text)] == words


def test_more_terms_than_anybody_types_are_left_out() -> None:
    assert len(parse(" ".join(f"{letter}x" for letter in "abcdefghijklmnopqrstuvwxyz" * 3))) == MOST_TERMS


@pytest.mark.parametrize(
    ("word", "days"),
    [
        ("2019", ("2019-01-01", "2020-01-01")),
        ("2019-07", ("2019-07-01", "2019-08-01")),
        ("2019-12", ("2019-12-01", "2020-01-01")),
        ("2019/7/4", ("2019-07-04", "2019-07-05")),
        ("31.12.2019", ("2019-12-31", "2020-01-01")),
        ("29.2.2019", None),
        ("2019-13", None),
        ("1066", None),
        ("12345", None),
        ("٢٠١٩", None),
        ("dog", None),
    ],
)
def test_dates(word: str, days: tuple[str, str] | None) -> None:
    assert days_of(word) == days


def test_months_in_five_languages() -> None:
    assert {MONTHS[name] for name in ("july", "juli", "juillet", "julio", "luglio")} == {7}
    assert MONTHS["marz"] == 3  # März, folded
    assert [(term.words, term.month, term.days) for term in parse("Août 2019")] == [
        ("aout", 8, None),
        ("2019", None, ("2019-01-01", "2020-01-01")),
    ]
    assert parse('"2019" "may"') == (Term("2019", whole=True), Term("may", whole=True))
