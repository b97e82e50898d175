"""Capsules that show the same photos as an earlier one are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


class Shown:
    """The photos of the capsules that are kept, each under a number."""

    def __init__(self, most: float) -> None:
        """`most` is the share (0..1) of the smaller one's photos that two capsules may have in common."""
        self._most = most
        self._sizes: list[int] = []
        self._capsules_of: dict[int, list[int]] = {}

    def __contains__(self, photo: int) -> bool:
        """Whether a capsule that was taken shows this photo."""
        return photo in self._capsules_of

    def keep(self, photos: Iterable[int]) -> bool:
        """Take a capsule of these photos, unless it shares too many with one that was taken; returns whether it was."""
        wanted = set(photos)
        shared = Counter(number for photo in wanted for number in self._capsules_of.get(photo, ()))
        if any(count > self._most * min(len(wanted), self._sizes[number]) for number, count in shared.items()):
            return False
        for photo in wanted:
            self._capsules_of.setdefault(photo, []).append(len(self._sizes))
        self._sizes.append(len(wanted))
        return True
