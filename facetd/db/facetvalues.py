"""What is read from a database of Facet, and values as SQLite's loose types let them through."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})")
WINNERS = ("a", "b", "tie", "skip")


@dataclass(frozen=True, slots=True)
class ForeignPhoto:
    """A photo as Facet names it: its path as stored, date (`YYYY:MM:DD HH:MM:SS`), and size in pixels."""

    path: str
    filename: str
    date_taken: str | None
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody thinks of a photo."""

    stars: int
    is_favorite: bool
    is_rejected: bool


@dataclass(frozen=True, slots=True)
class ForeignCaption:
    """A caption and its translation, where there is one."""

    path: str
    text: str
    translated: str | None


@dataclass(frozen=True, slots=True)
class ForeignPerson:
    """Somebody with a name, and the face that stands for them."""

    id: int
    name: str
    hidden: bool
    avatar: int | None


@dataclass(frozen=True, slots=True)
class ForeignFace:
    """A face: left, top, right and bottom in pixels of the upright picture, and whose it is."""

    id: int
    corners: tuple[int, int, int, int]
    person: int | None


@dataclass(frozen=True, slots=True)
class ForeignAlbum:
    """An album: `user` owns it (None: nobody in particular), `photos` are its paths in order; `smart_filter` is JSON."""

    id: int
    user: str | None
    name: str
    description: str
    cover: str | None
    smart_filter: str | None
    shared: bool
    created_at: str | None
    updated_at: str | None
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignComparison:
    """Which of two photos somebody prefers; `winner` is one of WINNERS, or what was there in its place."""

    user: str | None
    one: str
    other: str
    winner: str
    category: str | None
    source: str
    session: str
    made_at: str | None


@dataclass(frozen=True, slots=True)
class ForeignSnapshot:
    """Weights of a category as they once were, a JSON text."""

    id: int
    category: str
    weights: str
    description: str
    accuracy_before: float | None
    accuracy_after: float | None
    comparisons_used: int | None
    created_by: str
    made_at: str | None


def text_of(value: object) -> str | None:
    """A text, also where it was stored as bytes."""
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    return value if isinstance(value, str) else None


def words_of(value: object) -> str | None:
    """A text for people: what is no UTF-8 becomes a replacement character."""
    text = text_of(value)
    return None if text is None else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def whole(value: object) -> int | None:
    """A whole number that SQLite can keep, also where it was stored as a text or with a fraction of nothing."""
    number = value if isinstance(value, int) else real(value)
    return int(number) if number is not None and number == int(number) and abs(number) < 2**63 else None


def real(value: object) -> float | None:
    """A number, also where it was stored as a text."""
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def moment_of(value: object) -> str | None:
    """A moment in UTC, ISO 8601 with seconds, from how SQLite writes it."""
    found = MOMENT.match(text_of(value) or "")
    return f"{found[1]}T{found[2]}Z" if found else None


def opinion_of(values: Sequence[object]) -> Opinion | None:
    """Stars, favorite and rejected; None when they make no sense."""
    stars, favorite, rejected = (0 if value is None else whole(value) for value in values)
    if stars is None or favorite is None or rejected is None or not 0 <= stars <= 5:
        return None
    return Opinion(stars, bool(favorite), bool(rejected))
