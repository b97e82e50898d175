"""What happens in the library, told to plugins and webhooks: gathered for some seconds, so that each photo is told of once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

from facetd.db.announcing import photo_facts
from facetd.db.connection import Database
from facetd.plugins.hooks import Photo, ScanSummary
from facetd.plugins.running import PluginThread
from facetd.plugins.webhooks import Webhooks

logger = logging.getLogger(__name__)
SETTLE_S = 3.0  # after which a photo is told of: models look at it soon after it was read
WAITING = 20_000  # photos of one event; further ones are left out
AT_ONCE = 200


class Notifier:
    """Takes ids from the pipeline, at no cost to it, and tells what the photos are then."""

    def __init__(self, db: Database, plugins: PluginThread | None, webhooks: Webhooks, settle_s: float = SETTLE_S) -> None:
        self._db = db
        self._plugins = plugins
        self._webhooks = webhooks
        self._settle_s = settle_s
        self._waiting: dict[str, dict[int, None]] = {"photo_added": {}, "photo_scored": {}}
        self._came = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell."""
        if self._plugins is not None:
            self._plugins.start()
        self._webhooks.start()
        self._task = asyncio.create_task(self._work(), name="notifier")

    async def stop(self) -> None:
        """Tell no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._webhooks.stop()
        if self._plugins is not None:
            self._plugins.stop()

    def photos_added(self, ids: Collection[int]) -> None:
        """These photos are new."""
        self._gather("photo_added", ids)

    def photos_scored(self, ids: Collection[int]) -> None:
        """These photos were judged."""
        self._gather("photo_scored", ids)

    def scan_finished(self, summary: Mapping[str, object]) -> None:
        """A scan is over: its progress."""
        told = ScanSummary(**{name: summary[name] for name in ScanSummary.__dataclass_fields__})  # type: ignore[arg-type]
        self._tell("scan_finished", "summary", told)

    def _gather(self, event: str, ids: Collection[int]) -> None:
        waiting = self._waiting[event]
        if len(waiting) + len(ids) > WAITING:
            logger.warning("too much happens at once: plugins and webhooks are not told of %d photos", len(ids))
            return
        waiting.update(dict.fromkeys(ids))
        self._came.set()

    async def _work(self) -> None:
        while True:
            await self._came.wait()
            await asyncio.sleep(self._settle_s)
            self._came.clear()
            for event, waiting in self._waiting.items():
                while waiting:
                    ids = list(waiting)[:AT_ONCE]
                    for number in ids:
                        del waiting[number]
                    try:
                        await self._tell_of(event, ids)
                    except Exception:
                        logger.exception("plugins and webhooks are not told of %d photos", len(ids))

    async def _tell_of(self, event: str, ids: Sequence[int]) -> None:
        for facts in await self._db.read(lambda connection: photo_facts(connection, ids)):
            photo = Photo(**facts)
            if photo.aggregate is not None or event != "photo_scored":
                self._tell(event, "photo", photo)

    def _tell(self, event: str, argument: str, what: Photo | ScanSummary) -> None:
        if self._plugins is not None:
            self._plugins.tell(event, argument, what)
        self._webhooks.tell(event, what)
