"""Cutting many photos down to few: good ones, unlike each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facetd.score.capsules.diversity import choose, likeness_of


@st.composite
def pools(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Relevances and vectors of some photos."""
    count, seed = draw(st.integers(1, 30)), draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, 6)).astype(np.float32)
    return random.random(count).astype(np.float32), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def alike(vectors: np.ndarray) -> np.ndarray:
    count = len(vectors)
    return likeness_of(vectors, np.ones(count, bool), np.zeros(count, np.uint64), np.zeros(count, bool))


def by_the_book(relevance: np.ndarray, likeness: np.ndarray, count: int, weight: float) -> list[int]:
    """The definition, one by one."""
    chosen: list[int] = []
    while len(chosen) < min(count, len(relevance)):
        gains = {
            index: weight * relevance[index] - (1 - weight) * max(likeness[index][other] for other in chosen)
            if chosen
            else relevance[index]
            for index in range(len(relevance))
            if index not in chosen
        }
        chosen.append(max(gains, key=lambda index: (gains[index], -index)))
    return chosen


@given(pools(), st.integers(1, 40), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_it_is_maximal_marginal_relevance(pool: tuple[np.ndarray, np.ndarray], count: int, weight: float) -> None:
    relevance, vectors = pool
    found = choose(relevance, alike(vectors), count, weight).tolist()
    assert len(found) == len(set(found)) == min(count, len(relevance))
    assert found == by_the_book(relevance, alike(vectors), count, weight)
    assert found[0] == int(np.argmax(relevance)), "the best one is shown in any case"


@given(pools(), st.integers(1, 40))
def test_score_alone_takes_the_best(pool: tuple[np.ndarray, np.ndarray], count: int) -> None:
    relevance, vectors = pool
    found = choose(relevance, alike(vectors), count, 1.0)
    assert sorted(relevance[found], reverse=True) == sorted(relevance, reverse=True)[:count]


@given(pools(), st.integers(1, 20))
def test_fewer_are_the_beginning_of_more(pool: tuple[np.ndarray, np.ndarray], count: int) -> None:
    relevance, vectors = pool
    more = choose(relevance, alike(vectors), count + 5, 0.5).tolist()
    assert choose(relevance, alike(vectors), count, 0.5).tolist() == more[:count]


def test_of_twins_one_is_shown_before_both() -> None:
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 1, 2]]
    assert choose(np.array([0.9, 0.89, 0.6, 0.6], np.float32), alike(vectors), 3, 0.5).tolist() == [0, 2, 3]


def test_without_vectors_hashes_tell_what_is_alike() -> None:
    vectors, none, hashed = np.zeros((4, 0), np.float32), np.zeros(4, bool), np.array([True, True, True, False])
    found = likeness_of(vectors, none, np.array([0, 0b11, 2**64 - 1, 0], np.uint64), hashed)
    assert found[0].tolist() == [1.0, 1 - 4 / 64, 0.0, 0.0], "what differs by chance is not alike"
    some = np.array([True, False, False, True])
    mixed = likeness_of(np.eye(4, dtype=np.float32)[[0, 1, 1, 0]], some, np.array([0, 0, 0, 0], np.uint64), hashed)
    assert mixed[0].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert mixed[1].tolist() == [1.0, 1.0, 1.0, 0.0], "nothing to compare"


def test_of_nothing_there_is_nothing() -> None:
    assert choose(np.empty(0, np.float32), np.empty((0, 0), np.float32), 5, 0.5).tolist() == []
