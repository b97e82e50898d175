"""Color stories: photos that look alike to a model, whenever they were taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facetd.score.capsules.photos import Draft, Flags, Floats, Links, Numbers, Photos, Value

if TYPE_CHECKING:
    from facetd.config.capsules import ColorStory

MOST = 0.25  # share of all that may hang together; from more, chains are told apart by a higher cosine
STEP, HIGHEST = 0.03, 0.97
NAMES = 2  # tags in a title
COMMON = 0.4  # share of a story's photos that have a tag which names it


def newest(photos: Photos, rule: ColorStory) -> Numbers:
    """The photos that stories are looked for in: the newest good ones, those without date last."""
    rows = np.flatnonzero(photos.good)
    age = np.where(photos.dated[rows], -photos.taken[rows].astype(np.int64), np.iinfo(np.int64).max)
    return rows[np.argsort(age, kind="stable")][: rule.newest_photos]


def stories(photos: Photos, rule: ColorStory, rows: Numbers, vectors: Floats, least: float) -> Iterator[Draft]:
    """The largest groups among `rows` (n,), which have the unit vectors (n, d), that hang together at a cosine of `least`."""
    if not len(rows):
        return
    # the names first: what all photos have tells nothing of a group
    shares = _shares(photos.tags, rows)
    groups = [group for group in groups_of(vectors @ vectors.T, least) if len(group) >= rule.min_group_size]
    groups.sort(key=lambda group: (-len(group), int(rows[group].min())))
    for group in groups[: rule.max_groups]:
        some = rows[group]
        names = _named(photos.tags, some, shares)
        params: dict[str, Value] = {"tags": ", ".join(names)} if names else {}
        key = f"{int(photos.ids[some].min())}"
        yield Draft(
            "color_story", key, photos.best_first(some), "color_story" if names else "color_story_plain", params, least=rule.min_group_size
        )


def groups_of(cosines: Floats, least: float) -> list[Numbers]:
    """Parts of n photos that hang together at a cosine of `least`, each ascending.

    Chains that lead through a large share of all photos are no story: such a part is taken apart at higher cosines.
    """
    limit = max(2, int(MOST * len(cosines)))
    waiting, found = [(np.arange(len(cosines)), least)], []
    while waiting:
        rows, threshold = waiting.pop()
        for part in _components(cosines[np.ix_(rows, rows)] >= threshold):
            if len(part) > limit and threshold + STEP <= HIGHEST:
                waiting.append((rows[part], threshold + STEP))
            else:
                found.append(rows[part])
    return found


def _components(near: Flags) -> list[Numbers]:
    """Connected components of a symmetric relation (n, n)."""
    left = np.ones(len(near), np.bool_)
    found = []
    for start in range(len(near)):
        if not left[start]:
            continue
        members: NDArray[np.bool_] = np.zeros(len(near), np.bool_)
        edge = np.array([start])
        while len(edge):
            members[edge] = True
            left[edge] = False
            edge = np.flatnonzero(near[edge].any(axis=0) & left)
        found.append(np.flatnonzero(members))
    return found


def _shares(tags: Links, rows: Numbers) -> Floats:
    """Which share of `rows` has each tag."""
    inside = tags.codes[np.isin(tags.rows, rows)]
    return (np.bincount(inside, minlength=len(tags.keys)) / max(1, len(rows))).astype(np.float32)


def _named(tags: Links, rows: Numbers, usual: Floats) -> list[str]:
    """The tags that most of `rows` have, before all those that others have less."""
    shares = _shares(tags, rows)
    if not len(shares):
        return []
    gain = shares * np.log2((shares + 0.01) / (usual + 0.01))
    return [str(tags.names[code]) for code in np.argsort(-gain, kind="stable")[:NAMES] if shares[code] >= COMMON]
