"""All photos with a position, in memory and in the order of a quadtree: kept in step with the library, and seen by each viewer in part."""

from __future__ import annotations

import math
import struct
import time
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from facetd.db.connection import Connection
from facetd.db.spots import Spot, all_spots, changed_since, spots_of, spots_version
from facetd.db.statscache import kept
from facetd.db.visibility import Hide, admitted
from facetd.library.quadtree import Points, key_of
from facetd.records.viewer import Viewer

KEPT_AS = "globe"  # in the cache of the database
HEAD = struct.Struct("<8sqq")  # the layout, the version and the number of points before their columns, as this machine writes them
LAYOUT = b"globe  1"
MOST_PATCHED = 2000  # changes that are taken over one by one; with more, everything is read again


@dataclass
class Globe:
    """Every photo with a position as of `version`; who may see which is not decided yet. `read_at` is a monotonic time."""

    version: int = -1
    read_at: float = -math.inf
    points: Points = field(default_factory=Points)
    roots: array[int] = field(default_factory=lambda: array("q"))
    hides: array[int] = field(default_factory=lambda: array("B"))
    days: array[int] = field(default_factory=lambda: array("q"))

    @property
    def columns(self) -> tuple[array[Any], ...]:
        """All arrays, in the order of `_values`."""
        points = self.points
        return points.keys, points.ids, points.latitudes, points.longitudes, points.scores, self.roots, self.hides, self.days


def stored(connection: Connection) -> Globe:
    """All positions as they are now: from what was kept, as far as that goes."""
    found = kept(connection, KEPT_AS)
    return refreshed(connection, (unpacked(found) if found is not None else None) or Globe())


def packed(globe: Globe) -> bytes:
    """What `unpacked` reads."""
    head = HEAD.pack(LAYOUT, globe.version, len(globe.points))
    return head + b"".join(column.tobytes() for column in globe.columns)


def unpacked(data: bytes) -> Globe | None:
    """What was packed; None for what was not, or by another program."""
    globe = Globe()
    if len(data) < HEAD.size:
        return None
    layout, globe.version, count = HEAD.unpack_from(data)
    at = HEAD.size
    if layout != LAYOUT or len(data) != at + count * sum(column.itemsize for column in globe.columns):
        return None
    for column in globe.columns:
        column.frombytes(data[at : at + count * column.itemsize])
        at += count * column.itemsize
    return globe


def refreshed(connection: Connection, known: Globe) -> Globe:
    """What is known, with what changed since."""
    version = spots_version(connection)
    if version == known.version:
        known.read_at = time.monotonic()
        return known
    changed = changed_since(connection, known.version, MOST_PATCHED) if known.version >= 0 else None
    if changed is None:
        return _sorted(version, all_spots(connection))
    gone = set(changed)
    made = _chosen(known, [number not in gone for number in known.points.ids], version)
    for spot in spots_of(connection, changed):
        values = _values(spot)
        at = bisect_left(made.points.keys, values[0])
        for column, value in zip(made.columns, values, strict=True):
            column.insert(at, value)
    return made


def seen(known: Globe, viewer: Viewer, hide: Hide, date_from: str | None, date_to: str | None) -> Points:
    """The points that a viewer may see, of these days (YYYY-MM-DD); a photo without a date is of no day."""
    wanted = list(admitted(viewer, hide, known.roots, known.hides.tobytes()))
    if date_from is not None or date_to is not None:
        first, last = _day(date_from, 1), _day(date_to, 99999999)
        wanted = [want and first <= day <= last for want, day in zip(wanted, known.days, strict=True)]
    return known.points if all(wanted) else known.points.chosen(wanted)


def _sorted(version: int, spots: Sequence[tuple[Any, ...]]) -> Globe:
    made = Globe(version, time.monotonic())
    if spots:
        photos, roots, hides, latitudes, longitudes, aggregates, days = spots
        keys = list(map(key_of, latitudes, longitudes))
        order = sorted(range(len(keys)), key=keys.__getitem__)
        columns = (keys, photos, latitudes, longitudes, aggregates, roots, hides, days)
        for column, values in zip(made.columns, columns, strict=True):
            column.extend(map(values.__getitem__, order))
    return made


def _chosen(known: Globe, wanted: Sequence[bool], version: int) -> Globe:
    columns = (array(column.typecode, compress(column, wanted)) for column in (known.roots, known.hides, known.days))
    return Globe(version, time.monotonic(), known.points.chosen(wanted), *columns)


def _day(text: str | None, without: int) -> int:
    return without if text is None else int(text.replace("-", ""))


def _values(spot: Spot) -> tuple[Any, ...]:
    key = key_of(spot.latitude, spot.longitude)
    return key, spot.photo_id, spot.latitude, spot.longitude, spot.aggregate, spot.root_id, spot.hide, spot.day
