"""The search box: what was typed as terms, with nothing of it left to be understood by the database."""

from __future__ import annotations

import pytest

from facetd.db.folding import fold
from facetd.db.phrases import FILLERS, MONTHS, MOST_TERMS, Term, alone, days_of, parse, reworded


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a dog with the ball", ["dog", "ball"]),
        ("Anna und Ben mit dem Hund für 2019", ["Anna", "Ben", "Hund", "2019"]),
        ("les enfants à la plage", ["enfants", "plage"]),
        ("una casa en el mar, una gata", ["casa", "mar,", "gata"]),
        ("i bambini nella neve", ["bambini", "neve"]),
        ('"the sea" -and of', ['"the sea"']),
        ("sea", []),
        ("the", []),
        ("* sea *", []),
    ],
)
def test_words_that_say_something_alone(text: str, words: list[str]) -> None:
    assert alone(text) == words


def test_words_that_only_join_others_are_folded_and_no_months() -> None:
    assert all(fold(word) == word for word in FILLERS)
    assert not FILLERS & MONTHS.keys()


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Ana  in Rmoe", "Anna in Rome"),
        ("the ana", "Anna"),
        ("the", ""),
        ("-ana ana", "-ana Anna"),
        ('"ana"', '"Anna"'),
        ("ANA,", "Anna"),
        ("st.gallne x", '"St Gallen" x'),
        ("sea", "sea"),
    ],
)
def test_other_words_in_place_of_some(text: str, new: str) -> None:
    assert reworded(text, {"the": "", "ana": "Anna", "rmoe": "Rome", "st gallne": "St Gallen"}) == new
