"""The map: clusters and photos in a part of the globe, and positions that users give."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from facetd.config import Config
from facetd.db import positions
from facetd.db.conditions import hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.spots import map_photos
from facetd.db.visibility import Hide
from facetd.errors import FieldError, InvalidInput
from facetd.filters import PhotoConditions
from facetd.i18n import _
from facetd.library.gallery import Gallery
from facetd.library.globe import Globe, refreshed, seen, stored
from facetd.library.memo import SizedMemo
from facetd.library.quadtree import Box, Points
from facetd.records.viewer import Viewer

COARSEST = 2  # zoom of the largest cells
MADE_BYTES = 4 * 1024 * 1024  # answers, kept for the next who asks the same
VIEWS_KEPT = 6  # ways to see the map: viewers, dates, what is hidden


@dataclass(frozen=True, slots=True)
class MapPart:
    """The answer as JSON: `clusters` and `photos`. `exact` unless a scan changes the library and this is of a moment ago."""

    json: bytes
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """What is asked for: a part of the globe at a zoom, at most `limit` clusters or photos, of days from ... to (YYYY-MM-DD)."""

    box: Box
    zoom: int
    limit: int
    date_from: str | None = None
    date_to: str | None = None


class Map:
    """What the map asks of the library. `busy` tells whether a scan runs: then an answer may be `viewer.cache_ttl_seconds` old."""

    def __init__(self, db: Database, config: Config, gallery: Gallery, busy: Callable[[], bool], placed: Callable[[int], None]) -> None:
        """`placed` is told that a photo is somewhere else now."""
        self._db = db
        self._config = config
        self._gallery = gallery
        self._busy = busy
        self._placed = placed
        self._known = Globe()
        self._revision = -1
        self._exact = False
        self._made: SizedMemo[bytes] = SizedMemo(MADE_BYTES)
        self._views: OrderedDict[tuple[object, ...], Points] = OrderedDict()
        self._refreshing = asyncio.Lock()

    async def shown(self, viewer: Viewer, chosen: PhotoConditions, wanted: Shown) -> MapPart:
        """Clusters, largest first, or from `map.cluster_zoom_threshold` on photos, best first."""
        known = await self._current()
        asked, exact = (self._revision, viewer.root_ids, int(hide_bits(chosen)), wanted), self._exact
        if made := self._made.get(asked):
            return MapPart(made, exact)
        points = await self._points(known, viewer, hide_bits(chosen), wanted.date_from, wanted.date_to)
        in_clusters = wanted.zoom < self._config.map.cluster_zoom_threshold

        def read(connection: Connection) -> bytes:
            clusters = _clusters(connection, viewer, points, wanted) if in_clusters else []
            photos = [] if in_clusters else _photos(connection, viewer, points, wanted)
            return to_json({"clusters": clusters, "photos": photos}, inf_nan_mode="null")

        made = await self._db.read(read)
        self._made.put(asked, made, size=len(made))
        return MapPart(made, exact)

    async def count(self, viewer: Viewer, chosen: PhotoConditions) -> int:
        """How many photos are on the map."""
        return len(await self._points(await self._current(), viewer, hide_bits(chosen), None, None))

    async def set_position(self, viewer: Viewer, photo_id: int, latitude: float | None, longitude: float | None) -> dict[str, Any]:
        """Say where a photo was taken; with neither, what its file says stands again. Raises NotFound, InvalidInput."""
        if (latitude is None) != (longitude is None):
            missing = "gps_latitude" if latitude is None else "gps_longitude"
            raise InvalidInput(_("half a position is none"), errors=[FieldError(missing, _("expected both coordinates, or neither"))])
        await self._gallery.content(viewer, photo_id)
        if latitude is None or longitude is None:
            await positions.place_by_file(self._db, photo_id)
        elif latitude == 0 and longitude == 0:
            nowhere = _("expected a place; 0, 0 is what devices write that do not know theirs")
            raise InvalidInput(_("0, 0 is no position"), errors=[FieldError("gps_latitude", nowhere)])
        else:
            await positions.place_by_hand(self._db, photo_id, latitude, longitude)
        self._known.read_at = -math.inf  # shown at once, also during a scan
        self._placed(photo_id)
        photo = await self._gallery.photo(viewer, photo_id)
        return {key: photo[key] for key in ("id", "path", "gps_latitude", "gps_longitude")}

    async def _points(self, known: Globe, viewer: Viewer, hide: Hide, date_from: str | None, date_to: str | None) -> Points:
        """The points that this viewer may see, of these days."""
        key = (known.version, viewer.root_ids, int(hide), date_from, date_to)
        points = self._views.get(key)
        if points is None:
            self._views[key] = points = await asyncio.to_thread(seen, known, viewer, hide, date_from, date_to)
            while len(self._views) > VIEWS_KEPT:
                self._views.popitem(last=False)
        self._views.move_to_end(key)
        return points

    async def _current(self) -> Globe:
        """All points, as the library has them now."""
        async with self._refreshing:
            known, revision = self._known, self._db.revision
            self._exact = revision == self._revision
            young = time.monotonic() - known.read_at < self._config.viewer.cache_ttl_seconds
            if not self._exact and not (self._busy() and young):
                self._known = await self._db.read(lambda c: refreshed(c, known) if known.version >= 0 else stored(c))
                self._revision, self._exact = revision, True
                if self._known.version != known.version:
                    self._views.clear()
            return self._known


def _clusters(connection: Connection, viewer: Viewer, points: Points, wanted: Shown) -> list[dict[str, Any]]:
    found = points.clusters(wanted.box, max(COARSEST, wanted.zoom), wanted.limit)
    covers = {photo.id: photo.path for photo in map_photos(connection, viewer, [cluster.best for cluster in found])}
    return [
        {
            "lat": round(cluster.latitude, 6),
            "lng": round(cluster.longitude, 6),
            "count": cluster.count,
            "representative_id": cluster.best,
            "representative_path": covers[cluster.best],
        }
        for cluster in found
        if cluster.best in covers  # not gone meanwhile
    ]


def _photos(connection: Connection, viewer: Viewer, points: Points, wanted: Shown) -> list[dict[str, Any]]:
    return [photo._asdict() for photo in map_photos(connection, viewer, points.best(wanted.box, wanted.limit))]
