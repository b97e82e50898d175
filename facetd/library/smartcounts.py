"""How many photos each smart album has, and which comes first, for each viewer: counted in the background, one album after the other.

A count of before the last change is given until the new one is there; who asks waits a moment only for albums that were never counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from facetd.db.albums import AlbumRow
from facetd.records.viewer import Viewer

logger = logging.getLogger(__name__)
PATIENCE_S = 0.006
KEPT = 5000
Key = tuple[int, str, int, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a smart album has: how many photos, the first of them, and why it has none where its filter cannot be looked up.

    `exact` unless the number may be that of a moment ago.
    """

    photos: int
    first: int | None
    error: str | None = None
    exact: bool = True


class SmartCounts:
    """Counts by album and viewer. `count` looks an album up; `revision` is the library's."""

    def __init__(self, count: Callable[[Viewer, AlbumRow], Awaitable[Counted]], revision: Callable[[], int]) -> None:
        self._count = count
        self._revision = revision
        self._known: OrderedDict[Key, tuple[int, Counted]] = OrderedDict()
        self._wanted: OrderedDict[Key, tuple[Viewer, AlbumRow]] = OrderedDict()
        self._new = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def of(
        self, viewer: Viewer, albums: Iterable[AlbumRow], *, patience_s: float | None = PATIENCE_S
    ) -> dict[int, tuple[Counted, bool]]:
        """What is known of these smart albums, by id, and whether it is of now.

        Waits at most `patience_s` for those never counted; without it, until all are counted anew.
        """
        keys = {_key(viewer, row): row for row in albums}
        for key, row in keys.items():
            if not self._is_current(key):
                self._wanted.setdefault(key, (viewer, row))
        if self._wanted and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._work(), name="smart albums")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s), self._new:
                await self._new.wait_for(
                    lambda: all(key not in self._wanted or (key in self._known and patience_s is not None) for key in keys)
                )
        return {row.id: (self._known[key][1], self._is_current(key)) for key, row in keys.items() if key in self._known}

    async def stop(self) -> None:
        """Count no more."""
        self._wanted.clear()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _is_current(self, key: Key) -> bool:
        known = self._known.get(key)
        return known is not None and known[0] == self._revision() and known[1].exact

    async def _work(self) -> None:
        while self._wanted:
            key, (viewer, row) = next(iter(self._wanted.items()))
            try:
                revision = self._revision()
                counted = await self._count(viewer, row)
                self._known[key] = revision, counted
                self._known.move_to_end(key)
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
            except Exception:  # the album is shown as not counted, and counted again when it is asked for
                logger.exception("a smart album could not be counted")
            async with self._new:
                self._wanted.pop(key, None)
                self._new.notify_all()


def _key(viewer: Viewer, row: AlbumRow) -> Key:
    return row.id, row.smart_filter or "", viewer.user_id, viewer.root_ids
