"""Grouping of faces: the definition of average linkage, what must stay apart, and that order and arrival do not matter."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.score.people import FIXED, KNOWN, LOOSE, Groups, Numbers, apart_in_photos, join, near_pairs

NOBODY = np.empty((0, 2), np.int64)


def faces(people: int, each: int, *, seed: int = 0, spread: float = 0.09) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of `people` x `each` faces, mixed, and whose they are; faces of one person lie about `spread * 1.4` apart."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, 128)) * 0.05
    centres[:, 0] += 1  # faces have much in common
    who = np.repeat(np.arange(people), each)
    random.shuffle(who)
    vectors = centres[who] + random.normal(size=(len(who), 128)) * spread / np.sqrt(128) * 2
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), who


def loose(vectors: np.ndarray, *, apart: np.ndarray = NOBODY, fresh: np.ndarray | None = None) -> Groups:
    count = len(vectors)
    fresh = np.ones(count, bool) if fresh is None else fresh
    return Groups(vectors, np.ones(count, np.int64), np.full(count, LOOSE), fresh, apart)


def parts(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


def plain_average_linkage(vectors: np.ndarray, distance: float, apart: frozenset[frozenset[int]] = frozenset()) -> set[frozenset[int]]:
    """The definition, slowly: join the nearest two groups by the mean squared distance of their faces until none is near enough."""
    squared = ((vectors[:, None].astype(float) - vectors[None]) ** 2).sum(axis=2)
    groups = [[i] for i in range(len(vectors))]
    while True:
        best, pair = distance**2, None
        for i, a in enumerate(groups):
            for j, b in enumerate(groups[:i]):
                forbidden = any(frozenset((x, y)) in apart for x in a for y in b)
                if not forbidden and (mean := squared[np.ix_(a, b)].mean()) <= best:
                    best, pair = mean, (j, i)
        if pair is None:
            return {frozenset(group) for group in groups}
        groups[pair[0]] += groups.pop(pair[1])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("distance", [0.25, 0.36, 0.5, 0.7])
def test_it_is_average_linkage(seed: int, distance: float) -> None:
    vectors, _ = faces(6, 9, seed=seed, spread=0.16)
    assert parts(join(loose(vectors), distance)) == plain_average_linkage(vectors, distance)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_average_linkage_of_what_may_be_joined(seed: int) -> None:
    vectors, _ = faces(4, 10, seed=seed, spread=0.16)
    random = np.random.default_rng(seed)
    pairs = np.array([random.choice(len(vectors), 2, replace=False) for _ in range(40)])
    allowed = plain_average_linkage(vectors, 0.4, frozenset(frozenset(pair) for pair in pairs.tolist()))
    found = parts(join(loose(vectors, apart=pairs), 0.4))
    assert found == allowed
    assert not any(set(pair) <= group for pair in pairs.tolist() for group in found)


def test_people_are_told_apart_in_any_order() -> None:
    vectors, who = faces(30, 12)
    found = parts(join(loose(vectors), 0.36))
    assert found == parts(who)
    order = np.random.default_rng(3).permutation(len(who))
    shuffled = join(loose(vectors[order]), 0.36)
    assert parts(shuffled) == parts(who[order])


def test_a_chain_of_likenesses_is_not_one_person() -> None:
    angles = np.arange(12) * 0.3  # each is 0.3 from the next, the ends are opposite
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    sizes = [len(group) for group in parts(join(loose(vectors), 0.36))]
    assert max(sizes) <= 3


def test_identical_faces_are_joined() -> None:
    vectors = np.repeat(np.eye(128, dtype=np.float32)[:3], 50, axis=0)
    assert sorted(len(group) for group in parts(join(loose(vectors), 0.36))) == [50, 50, 50]


def test_one_by_one_comes_to_the_same_as_all_at_once() -> None:
    vectors, who = faces(12, 10, seed=4)
    whole = parts(join(loose(vectors), 0.36))
    assert whole == parts(who)
    members: list[list[int]] = []
    for start in range(0, len(who), 17):
        arrived = [[i] for i in range(start, min(start + 17, len(who)))]
        pool = members + arrived
        means = np.stack([vectors[group].mean(axis=0) for group in pool])
        counts = np.array([len(group) for group in pool])
        standing = np.where(counts > 1, KNOWN, LOOSE)
        fresh = np.arange(len(pool)) >= len(members)
        labels = join(Groups(means, counts, standing, fresh, NOBODY), 0.36)
        members = [[face for i in np.flatnonzero(labels == label) for face in pool[i]] for label in np.unique(labels)]
    assert {frozenset(group) for group in members} == whole


def test_old_pairs_are_not_looked_at_again() -> None:
    vectors, _ = faces(1, 4)
    nothing_new = np.zeros(4, bool)
    assert len(parts(join(loose(vectors, fresh=nothing_new), 0.36))) == 4
    one_new = np.array([False, False, True, False])
    assert len(parts(join(loose(vectors, fresh=one_new), 0.36))) == 1


def test_what_the_user_decided_about_is_never_joined_and_represents_the_rest() -> None:
    vector = np.eye(128, dtype=np.float32)[0]
    groups = Groups(
        np.stack([vector] * 5), np.array([1, 50, 3, 2, 9]), np.array([LOOSE, KNOWN, FIXED, FIXED, LOOSE]), np.ones(5, bool), NOBODY
    )
    labels = join(groups, 0.36)
    assert labels[2] == 2
    assert labels[3] == 3
    assert set(labels.tolist()) == {2, 3}


def test_a_known_person_represents_more_loose_faces_than_it_has() -> None:
    vector = np.eye(128, dtype=np.float32)[0]
    counts, standing = np.array([40, 2, 3]), np.array([LOOSE, KNOWN, KNOWN])
    labels = join(Groups(np.stack([vector] * 3), counts, standing, np.ones(3, bool), NOBODY), 0.36)
    assert labels.tolist() in ([1, 1, 1], [2, 2, 2])


def test_faces_of_one_photo_are_apart() -> None:
    groups: Numbers = np.array([0, 1, 2, 1, 0, 3, 3])
    photos: Numbers = np.array([7, 7, 7, 8, 9, 8, 8])
    assert apart_in_photos(groups, photos).tolist() == [[0, 1], [0, 2], [1, 2], [1, 3]]
    assert apart_in_photos(groups[:0], photos[:0]).shape == (0, 2)


def test_the_same_photo_keeps_people_apart_through_others() -> None:
    vectors, _ = faces(1, 6)
    apart = np.array([[0, 1]])
    found = parts(join(loose(vectors, apart=apart), 0.6))
    assert len(found) == 2
    assert not any({0, 1} <= group for group in found)


def test_near_pairs_are_nearest_first_and_limited() -> None:
    angles = np.array([0.0, 0.1, 0.3, 0.6, 3.0])
    means = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = list(near_pairs(means, np.array([0]), np.array([[0, 2]]), 0.7, most=5))
    assert [pair[:2] for pair in found] == [(0, 1), (0, 3)]
    assert found[0][2] == pytest.approx(2 * np.sin(0.05), abs=1e-3)
    assert [pair[1] for pair in near_pairs(means, np.array([0, 4]), NOBODY, 0.7, most=1)] == [1]


def test_nothing_to_join() -> None:
    empty = Groups(np.empty((0, 128), np.float32), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool), NOBODY)
    assert join(empty, 0.36).tolist() == []
