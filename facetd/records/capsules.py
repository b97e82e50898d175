"""Capsules, and when they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CapsuleOccasion:
    """When capsules are made: today's date, and what the random choices of this period follow from.

    `shuffle` counts how often the viewer asked for other ones.
    """

    today: date
    seed: str
    shuffle: int = 0


@dataclass(frozen=True, slots=True)
class Capsule:
    """A capsule as it is kept: photos in the order they are shown, and the best of them, one of which is the cover.

    `title` is the key of its text, `params` what stands in it: names, numbers, and words of the vocabulary. `persons` are those it is
    about; their names are looked up when it is shown.
    """

    id: str
    type: str
    title: str
    params: dict[str, str | int]
    persons: tuple[int, ...]
    photos: tuple[int, ...]
    best: tuple[int, ...]
