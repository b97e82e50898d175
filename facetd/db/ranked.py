"""What a search found: photos with their scores, best first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

PAIR_BYTES = 100  # of one photo: a tuple with two numbers

Pair = tuple[int, float]  # photo and score


class Ranked(Protocol):
    """Photos with their scores, best first; `exact` unless photos of the last moment may be missing."""

    @property
    def exact(self) -> bool: ...

    def __len__(self) -> int: ...

    def pairs(self) -> Iterator[Pair]:
        """All of them."""

    @property
    def size(self) -> int:
        """Bytes that it takes."""

    def part(self, start: int, count: int) -> Sequence[Pair]:
        """`count` photos from the one at `start` on."""

    def place_of(self, photo: int) -> int | None:
        """How many come before it; None where it was not found."""

    def place_below(self, score: float) -> int:
        """How many have at least this score."""

    def rescored(self, new: Callable[[float], float]) -> Ranked:
        """The same in the same order with other scores: `new` is never less for a higher one."""


class Listed:
    """A result that is short, or whose photos each have a score of their own."""

    exact = True

    def __init__(self, pairs: Sequence[Pair] = ()) -> None:
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self._pairs)

    def pairs(self) -> Iterator[Pair]:
        """All of them."""
        return iter(self._pairs)

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return PAIR_BYTES * len(self._pairs)

    def part(self, start: int, count: int) -> Sequence[Pair]:
        """`count` photos from the one at `start` on."""
        return self._pairs[start : start + count]

    def place_of(self, photo: int) -> int | None:
        """How many come before it; None where it was not found."""
        return next((place for place, (number, _) in enumerate(self._pairs) if number == photo), None)

    def place_below(self, score: float) -> int:
        """How many have at least this score."""
        return bisect_right(self._pairs, -score, key=lambda pair: -pair[1])

    def rescored(self, new: Callable[[float], float]) -> Listed:
        """The same in the same order with other scores."""
        scores = {score: new(score) for score in {score for _, score in self._pairs}}
        return Listed([(number, scores[score]) for number, score in self._pairs])
