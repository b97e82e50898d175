"""Thumbnails of faces: cut out of a photo's thumbnail by a worker when they are first asked for, kept in a cache of limited size."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from facetd.ingest.renditions import prune, touch
from facetd.ingest.workers import Workers
from facetd.media.thumbnail_paths import SCRATCH, SIZES, thumbnail_path
from facetd.records.sightings import Box, FacePlace

SIDE = 160
QUALITY = 85
ROOM = 1.5  # as media/facecrop.py
TIMEOUT_S = 60.0
CACHE_BYTES = 128 * 1024 * 1024
PRUNE_EVERY = 500  # faces made


class FaceCrops:
    """The cache folder of faces; named by the photo's content and the face's box."""

    def __init__(self, folder: Path, thumbs: Path, workers: Workers) -> None:
        self._folder = folder
        self._thumbs = thumbs
        self._workers = workers
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._made = 0

    def name(self, place: FacePlace) -> str:
        """What identifies the pixels of a face: the photo's content, and the box."""
        box = place.box
        text = f"{SIDE} {QUALITY} {ROOM} {box.x:.4f} {box.y:.4f} {box.width:.4f} {box.height:.4f}"
        return f"{place.content_hash}_{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"

    async def jpeg_of(self, place: FacePlace) -> bytes:
        """The face as JPEG, made if need be (once, however many ask).

        Raises FileNotFoundError when the photo's thumbnail is not there, and Unavailable when the worker fails.
        """
        target = self._folder / place.content_hash[:2] / f"{self.name(place)}.jpg"
        if await asyncio.to_thread(touch, target):
            pixels = await asyncio.to_thread(_read, target)
            if pixels:  # emptied by a power cut otherwise
                return pixels
        task = self._making.get(target)
        if task is None:
            task = self._making[target] = asyncio.create_task(self._make(place, target))
            task.add_done_callback(lambda _: self._making.pop(target, None))
        await asyncio.shield(task)
        return await asyncio.to_thread(target.read_bytes)

    async def _make(self, place: FacePlace, target: Path) -> None:
        source = thumbnail_path(self._thumbs, place.content_hash, _source_size(place))
        await self._workers.compute(_cut, source, place.box, target, self._folder / SCRATCH, timeout_s=TIMEOUT_S)
        self._made += 1
        if self._made % PRUNE_EVERY == 0:
            await asyncio.to_thread(prune, self._folder, CACHE_BYTES)


def _source_size(place: FacePlace) -> int:
    """The smallest thumbnail in which the square is large enough."""
    wide, high = place.image_width or 1, place.image_height or 1
    share = ROOM * max(place.box.width * wide, place.box.height * high) / max(wide, high)
    return next((size for size in SIZES if size * share >= SIDE), SIZES[-1])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _cut(source: Path, box: Box, target: Path, scratch: Path) -> None:
    """Runs in the worker."""
    from facetd.media.facecrop import write_face  # noqa: PLC0415

    write_face(source, box, target, side=SIDE, quality=QUALITY, scratch=scratch)
