"""The order of an album: a new one for some of its photos, or some of them moved before or after another."""

from __future__ import annotations

from collections.abc import Sequence


def rearranged(current: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """`current` with those of `wanted` among them in the order of `wanted`, in the places that they have together.

    All others stay where they are: photos that nobody sees at the moment, and those that came meanwhile.
    """
    there = set(current)
    named = [photo for photo in dict.fromkeys(wanted) if photo in there]
    places = set(named)
    following = iter(named)
    return [next(following) if photo in places else photo for photo in current]


def moved(current: Sequence[int], wanted: Sequence[int], neighbour: int, *, after: bool) -> list[int]:
    """`current` with those of `wanted` among them, in the order of `wanted`, right before `neighbour`, or right `after` it.

    `neighbour` is in `current` and not among `wanted`.
    """
    there = set(current)
    named = [photo for photo in dict.fromkeys(wanted) if photo in there]
    going = set(named)
    rest = [photo for photo in current if photo not in going]
    place = rest.index(neighbour) + after
    return rest[:place] + named + rest[place:]
