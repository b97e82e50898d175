"""The photos that capsules are made of, as columns, and what a rule finds among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Moments = NDArray[np.datetime64]
Value = str | int


@dataclass(frozen=True, slots=True)
class Links:
    """Which photos have which of some things: photo `rows[i]` has thing `codes[i]`. Each thing has a key and a name."""

    rows: Numbers
    codes: Numbers
    keys: tuple[Value, ...]
    names: tuple[Value, ...]

    @classmethod
    def none(cls) -> Links:
        """Nothing has anything."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), (), ())

    @classmethod
    def of(cls, codes: NDArray[np.integer], names: tuple[Value, ...]) -> Links:
        """One thing for each photo at most: `codes` (n,), -1 for none. The names are the keys."""
        rows = np.flatnonzero(codes >= 0)
        return cls(rows, codes[rows].astype(np.int64), names, names)

    def among(self, chosen: Flags) -> Links:
        """The same for the photos that `chosen` (n,) marks."""
        kept = chosen[self.rows]
        return Links(self.rows[kept], self.codes[kept], self.keys, self.names)

    def of_row(self, row: int) -> Numbers:
        """What one photo has."""
        return np.asarray(self.codes[self.rows == row], np.int64)

    def having(self, code: int) -> Numbers:
        """The photos that have one thing."""
        return np.asarray(self.rows[self.codes == code], np.int64)


@dataclass(frozen=True, slots=True)
class Photos:
    """n photos that one viewer may be shown; unknown numbers are NaN, unknown moments NaT.

    `good` marks those whose score reaches the least one; rules that do not say otherwise take only these. `taken` is local wall time in
    seconds, `focal` mm (of 35 mm film where known), `saturation` and `luminance` 0..1, `scores` metrics 0..10 by key. `places` has the
    name of the nearest town, its region and country (empty where unknown) by `place` (-1: none). `hashes` are perceptual hashes, valid
    where `hashed`. `persons` are the named ones that nobody hid.
    """

    ids: Numbers
    good: Flags
    aggregate: Floats
    scores: Mapping[str, Floats]
    taken: Moments
    latitude: Floats
    longitude: Floats
    place: Numbers
    places: tuple[tuple[str, str, str], ...]
    focal: Floats
    saturation: Floats
    luminance: Floats
    mono: Flags
    stars: Numbers
    favorite: Flags
    hashes: NDArray[np.uint64]
    hashed: Flags
    camera: Links = field(default_factory=Links.none)
    lens: Links = field(default_factory=Links.none)
    category: Links = field(default_factory=Links.none)
    composition: Links = field(default_factory=Links.none)
    tags: Links = field(default_factory=Links.none)
    persons: Links = field(default_factory=Links.none)

    @property
    def dated(self) -> Flags:
        """Those whose moment is known."""
        return ~np.isnat(self.taken)

    @property
    def placed(self) -> Flags:
        """Those whose coordinates are known."""
        return ~np.isnan(self.latitude)

    @property
    def year(self) -> Numbers:
        """The year of each; meaningless without a date."""
        return self.taken.astype("M8[Y]").astype(np.int64) + 1970

    @property
    def month(self) -> Numbers:
        """Months since the year 0."""
        return self.taken.astype("M8[M]").astype(np.int64) + 1970 * 12

    def best_first(self, rows: Numbers, values: Floats | None = None) -> Numbers:
        """`rows` by `values` (n,; the score if absent), greatest first, unknown last; equal ones by id."""
        chosen = np.nan_to_num((self.aggregate if values is None else values)[rows], nan=-1.0)
        return rows[np.lexsort((self.ids[rows], -chosen))]


@dataclass(frozen=True, slots=True)
class Draft:
    """What could become a capsule: photos in the order of `values` (n,), which are what its photos are chosen by (0..10).

    `key` tells it from others of its type and stays the same for the same subject. `params` are what its title is made of: names, numbers
    and words of the vocabulary. `persons` are those it is about, whose names are not in `params`. `by_time`: to be shown in order of time.
    Where other capsules show its best photos already, others stand in, if there are `least` of them; None: nothing can.
    """

    type: str
    key: str
    rows: Numbers
    title: str
    params: Mapping[str, Value] = field(default_factory=dict)
    persons: tuple[int, ...] = ()
    values: Floats | None = None
    by_time: bool = False
    least: int | None = None

    @property
    def id(self) -> str:
        """What names it, in an address as it is."""
        return f"{self.type}:{self.key}"


def month_text(month: int) -> str:
    """`2024-07` for months since the year 0."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def moment_month(moment: np.datetime64) -> str:
    """`2024-07` for a moment."""
    return str(moment.astype("M8[M]"))


def mean(values: Floats) -> float:
    """Of the known ones; 0 without any."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
