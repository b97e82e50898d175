"""The loop without a network: likelihoods from a table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from facetd.infer.arrays import Floats
from facetd.infer.generation.decoding import NoText, Tokens, generate
from facetd.infer.generation.settings import GenerationSettings

START, END = 0, 1


class Table:
    """Says what follows by what was said: texts (without the start) to {token: likelihood}; all other tokens are hardly likely."""

    def __init__(self, follows: dict[tuple[int, ...], dict[int, float]], usual: dict[int, float] | None = None, size: int = 8) -> None:
        self.follows, self.usual, self.size = follows, usual or {END: 1.0}, size
        self.rows: list[tuple[int, ...]] = [()]

    def logits(self, tokens: Tokens) -> Floats:
        assert [tuple(text[1 : len(text)]) for text in tokens[:, :-1].tolist()] == [row[:-1] for row in self.rows] or tokens.shape[1] == 1
        found = np.full((len(tokens), self.size), 1e-9, np.float64)
        for row, text in enumerate(tokens.tolist()):
            assert text[0] == START
            for token, likelihood in self.follows.get(tuple(text[1:]), self.usual).items():
                found[row, token] = likelihood
        self.seen = [tuple(text[1:]) for text in tokens.tolist()]
        return np.log(found).astype(np.float32)

    def keep(self, rows: Sequence[int]) -> None:
        self.rows = [(*self.seen[row], -1) for row in rows]


def settings(**changes: object) -> GenerationSettings:
    return GenerationSettings(**{"start": START, "ends": frozenset({END}), "most": 12, **changes})


def test_the_likeliest_token_is_taken_each_time() -> None:
    found = generate(Table({(): {2: 0.6, 3: 0.4}, (2,): {4: 0.7, END: 0.3}}), settings())
    assert found.tokens == (2, 4)
    assert found.ended
    assert found.likelihood == pytest.approx(np.log(0.6 * 0.7) / 3, abs=1e-3)


def test_beams_find_the_text_that_is_likelier_as_a_whole() -> None:
    follows = {(): {2: 0.6, 3: 0.4}, (2,): {4: 0.2, 5: 0.2, 6: 0.2, 7: 0.2}, (3,): {5: 0.99}}
    assert generate(Table(follows), settings()).tokens[0] == 2
    assert generate(Table(follows), settings(beams=2)).tokens == (3, 5)


def test_a_text_ends_at_the_limit() -> None:
    never = {(): {2: 1.0}, (2,): {3: 1.0}, (2, 3): {4: 1.0}, (2, 3, 4): {5: 1.0}}
    cut = generate(Table(never), settings(most=3))
    assert (cut.tokens, cut.ended) == ((2, 3, 4), False)
    assert generate(Table(never), settings(most=3, beams=3)).tokens == (2, 3, 4)
    forced = generate(Table(never), settings(most=3, forced_last=END))
    assert (forced.tokens, forced.ended) == ((2, 3), True)


def test_the_first_token_can_be_forced_and_others_forbidden() -> None:
    table = {(): {2: 0.9, 7: 0.1}, (7,): {2: 0.8, 3: 0.2}}
    assert generate(Table(table), settings(forced_first=7)).tokens == (7, 2)
    assert generate(Table(table), settings(forced_first=7, suppressed=frozenset({2}))).tokens == (7, 3)


def test_no_sequence_comes_twice_where_that_is_asked_for() -> None:
    again = Table({}, usual={2: 0.6, 3: 0.3, END: 0.1})
    text = generate(again, settings(no_repeat=2, most=6)).tokens
    pairs = list(itertools.pairwise(text))
    assert len(pairs) == len(set(pairs))
    assert text[:4] == (2, 2, 3, 2)


@pytest.mark.parametrize("block", [(2,), (2, 3), (2, 3, 4, 5, 6)])
def test_a_text_that_runs_in_circles_ends_with_its_turns_once(block: tuple[int, ...]) -> None:
    turns = [7, *(block * 10)]
    follows = {tuple(turns[:i]): {turns[i]: 1.0} for i in range(len(turns))}
    found = generate(Table(follows), settings(most=40))
    assert (found.tokens, found.ended) == ((7, *block), False)


def test_answers_that_are_no_numbers_are_told() -> None:
    class Broken(Table):
        def logits(self, tokens: Tokens) -> Floats:
            return np.full((len(tokens), 8), np.nan, np.float32)

    with pytest.raises(NoText, match="not numbers"):
        generate(Broken({}), settings())
