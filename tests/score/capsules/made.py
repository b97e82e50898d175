"""Photos for the rules, made of the columns that a test is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from facetd.score.capsules.dimensions import SCORES
from facetd.score.capsules.photos import Draft, Links, Photos

NAN = float("nan")


def photos(count: int, *, least: float = 6.0, **columns: Any) -> Photos:
    """`count` good photos, numbered from 101; a column is one value for all or one for each. `taken` are texts, None for no date."""

    def column(name: str, default: Any, kind: Any) -> Any:
        return np.array(np.broadcast_to(np.asarray(columns.pop(name, default), kind), count))

    taken = columns.pop("taken", None)
    texts = [taken] * count if taken is None or isinstance(taken, str) else list(taken)
    aggregate = column("aggregate", 7.0, np.float32)
    scores = {key: np.full(count, NAN, np.float32) for key in SCORES.values()}
    scores |= {key: np.array(np.broadcast_to(np.asarray(columns.pop(key), np.float32), count)) for key in SCORES.values() if key in columns}
    hashes = column("hashes", 0, np.uint64)
    made = Photos(
        ids=np.arange(101, 101 + count),
        good=aggregate >= least,
        aggregate=aggregate,
        scores=scores,
        taken=np.array([text or "NaT" for text in texts], "M8[s]"),
        latitude=column("latitude", NAN, np.float32),
        longitude=column("longitude", NAN, np.float32),
        place=column("place", -1, np.int64),
        places=tuple(columns.pop("places", ())),
        focal=column("focal", NAN, np.float32),
        saturation=column("saturation", NAN, np.float32),
        luminance=column("luminance", NAN, np.float32),
        mono=column("mono", False, np.bool_),
        stars=column("stars", 0, np.int64),
        favorite=column("favorite", False, np.bool_),
        hashes=hashes,
        hashed=column("hashed", False, np.bool_),
        **{name: words(columns.pop(name), count) for name in ("camera", "lens", "category", "composition") if name in columns},
        **{name: links(columns.pop(name)) for name in ("tags", "persons") if name in columns},
    )
    assert not columns, f"no such columns: {set(columns)}"
    return made


def words(values: str | Sequence[str | None], count: int) -> Links:
    """One word for each photo."""
    each = [values] * count if isinstance(values, str) else list(values)
    names = list(dict.fromkeys(value for value in each if value))
    return Links.of(np.array([names.index(value) if value else -1 for value in each]), tuple(names))


def links(rows: Mapping[Any, Iterable[int]]) -> Links:
    """Which rows have which thing."""
    pairs = [(row, code) for code, some in enumerate(rows.values()) for row in some]
    keys = tuple(rows)
    both = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return Links(both[:, 0], both[:, 1], keys, tuple(str(key) for key in keys))


def days(first: str, count: int, hours: float = 1.0) -> list[str]:
    """Moments from `first` on, `hours` apart."""
    start = np.datetime64(first, "s")
    return [str(start + np.timedelta64(round(number * hours * 3600), "s")) for number in range(count)]


def shown(drafts: Iterable[Draft]) -> dict[str, list[int]]:
    """The rows of each draft by its id."""
    return {draft.id: draft.rows.tolist() for draft in drafts}
