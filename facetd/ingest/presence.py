"""Is a root there? A share that vanished is OFFLINE, not empty: its photos stay."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.records.files import Root
from facetd.watch.filesystem import filesystem_id


async def check_presence(db: Database, root: Root) -> bool:
    """Whether `root` is online; the database is told when that changed.

    OFFLINE: the directory is missing, or is empty though it had photos, or lies on another file system than before and
    none of the files remembered from the last scan is in it.
    """
    had_photos = await db_roots.photo_count(db, root.id) > 0
    samples = await db_roots.samples(db, root.id)
    online, fs_id = await asyncio.to_thread(_look, root, had_photos, samples)
    if online != root.online or (online and fs_id != root.fs_id):
        await db_roots.set_presence(db, root.id, online=online, fs_id=fs_id if online else None)
    return online


def _look(root: Root, had_photos: bool, samples: Sequence[str]) -> tuple[bool, str | None]:
    try:
        with os.scandir(root.path) as entries:
            empty = next(entries, None) is None
        fs_id = filesystem_id(root.path)
    except OSError:
        return False, None
    if empty and had_photos:
        return False, None
    if root.fs_id is not None and fs_id != root.fs_id and samples:
        there = any(os.path.lexists(os.path.join(root.path, sample)) for sample in samples)
        return there, fs_id if there else None
    return True, fs_id
