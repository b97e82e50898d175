"""Whole photos for browsers that cannot show the original: JPEGs made by a worker, kept in a cache of limited size."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from facetd.config import Config
from facetd.ingest.workers import Workers
from facetd.media.thumbnail_paths import SCRATCH
from facetd.records.files import FilePlace

KEEP_SHARE = 0.8  # of the limit, once it is passed


class Renditions:
    """The cache folder of renditions; named by content, so that a moved photo keeps its own."""

    def __init__(self, folder: Path, workers: Workers, config: Config) -> None:
        self._folder = folder
        self._workers = workers
        self._config = config
        self._making: dict[Path, asyncio.Task[None]] = {}

    async def jpeg_of(self, place: FilePlace) -> Path:
        """The JPEG of a photo, made if need be (once, however many ask). Raises MediaError when it cannot be."""
        quality = self._config.viewer.display.image_jpeg_quality
        target = self._folder / place.content_hash[:2] / f"{place.content_hash}_{quality}.jpg"
        if not await asyncio.to_thread(touch, target):
            task = self._making.get(target)
            if task is None:
                task = self._making[target] = asyncio.create_task(self._make(place, quality, target))
                task.add_done_callback(lambda _: self._making.pop(target, None))
            await asyncio.shield(task)
        return target

    async def _make(self, place: FilePlace, quality: int, target: Path) -> None:
        await self._workers.render(
            place.path, place.orientation, quality, target, self._folder / SCRATCH, self._config.scanning.max_megapixels
        )
        await asyncio.to_thread(prune, self._folder, self._config.server.image_cache_mb * 1024 * 1024)


def touch(path: Path) -> bool:
    """Whether the file is there; it counts as used now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def prune(folder: Path, limit: int) -> None:
    """Delete the files used longest ago until the cache is small enough. The one used last stays, however large it is."""
    found = [(facts.st_mtime, facts.st_size, path) for path in folder.glob("*/*.jpg") if (facts := path.stat())]
    total = sum(size for _, size, _ in found)
    if total <= limit:
        return
    for _, size, path in sorted(found)[:-1]:
        path.unlink(missing_ok=True)
        total -= size
        if total <= limit * KEEP_SHARE:
            return
