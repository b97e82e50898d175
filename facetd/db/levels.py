"""The photos of a search that finds many, by how well they fit: sets of ids instead of rows that SQL would have to group and sort.

Photos fall into few levels, as a score depends only on which sources of a term have them. Gives what db/hits.py's `scored` gives.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from facetd.db.hits import SATURATION, WEIGHTS, Found, Source, rarity

if TYPE_CHECKING:
    from facetd.db.connection import Connection

Levels = dict[float, set[int]]  # photos by score, or by the weight of one term


def levels(connection: Connection, found: Sequence[Found], photos: int) -> Levels:
    """The photos that all terms of `found` hold for, by score, in a library of so many photos. At least one term is not negated."""
    wanted = sorted((each for each in found if not each.term.negated), key=lambda each: each.count)
    unwanted: set[int] = set()
    for each in found:
        if each.term.negated:
            unwanted.update(*(_ids(connection, source) for source in each.sources))
    scores: Levels = {}
    for number, each in enumerate(wanted):
        rare = rarity(each.count, photos)
        weights = {rare * weight / (weight + SATURATION): ids for weight, ids in _by_weight(connection, each).items()}
        scores = _both(scores, weights) if number else weights
    return {score: ids - unwanted if unwanted else ids for score, ids in scores.items()}


def in_order(found: Levels, by_score: Sequence[int], hidden: Collection[int]) -> list[tuple[int, float]]:
    """The best level first; within one the order of `by_score`, which has all photos. Those `hidden` are left out."""
    ordered: list[tuple[int, float]] = []
    for score in sorted(found, reverse=True):
        ids = found[score].difference(hidden)
        if ids:
            ordered += [(number, score) for number in filter(ids.__contains__, by_score)]
    return ordered


def _both(one: Levels, other: Levels) -> Levels:
    """Photos of both, by the sum of their scores."""
    joined: Levels = {}
    for score, ids in one.items():
        for more, others in other.items():
            if common := ids & others:
                joined.setdefault(score + more, set()).update(common)
    return joined


def _by_weight(connection: Connection, found: Found) -> Levels:
    """The photos of one term by what its sources count together."""
    parts: Levels = {}
    for source in found.sources:
        for ids in _layers(_ids(connection, source)):
            parts = _refined(parts, WEIGHTS[source.field], ids)
    return parts


def _refined(parts: Levels, weight: float, ids: set[int]) -> Levels:
    """`parts` with `weight` added to those of `ids`."""
    refined: Levels = {}
    left = set(ids)
    for known, some in parts.items():
        if inside := some & left:
            refined.setdefault(known + weight, set()).update(inside)
            left -= inside
        if len(inside) < len(some):
            refined.setdefault(known, set()).update(some - inside)
    if left:
        refined.setdefault(weight, set()).update(left)
    return refined


def _layers(ids: list[int]) -> Iterator[set[int]]:
    """Each photo once, then once more those that are there twice, and so on: every hit counts."""
    while ids:
        once = set(ids)
        yield once
        ids = list((Counter(ids) - Counter(once)).elements()) if len(once) < len(ids) else []


def _ids(connection: Connection, source: Source) -> list[int]:
    """One text of all ids is read several times as fast as a row for each."""
    found: list[int] = json.loads(connection.execute(f"SELECT json_group_array(id) FROM ({source.sql})", source.parameters).fetchone()[0])
    return found
