"""A watcher on a real folder, and a consumer that remembers what it was told."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from facetd.watch.change import Change
from facetd.watch.exclude import Excludes
from facetd.watch.lookout import Settings
from facetd.watch.observer import InotifyObserver, ObserverFactory
from facetd.watch.watcher import Watcher

SETTINGS = Settings(Excludes(), settle_s=0.5, rescan_interval_s=3600, presence_s=0.1)


class Seen:
    """Everything a watcher said so far, relative to the root."""

    def __init__(self, watcher: Watcher, root: Path) -> None:
        self.watcher = watcher
        self.root = root
        self.changes: list[Change] = []
        self._task = asyncio.create_task(self._consume())

    async def _consume(self) -> None:
        async for change in self.watcher.changes():
            self.changes.append(change)

    def _all(self, part: str) -> set[str]:
        return {os.path.relpath(path, self.root) for change in self.changes for path in getattr(change, part)}

    @property
    def paths(self) -> set[str]:
        return self._all("paths")

    @property
    def folders(self) -> set[str]:
        return self._all("folders")

    @property
    def gone(self) -> set[str]:
        return self._all("gone")

    async def until(self, met: Callable[[Seen], bool], timeout_s: float = 30.0) -> None:
        """Wait until `met(self)`."""
        start = time.monotonic()
        while not met(self):
            assert time.monotonic() - start < timeout_s, f"not seen: paths={self.paths} folders={self.folders} gone={self.gone}"
            await asyncio.sleep(0.005)

    async def quiet(self, seconds: float = 0.6) -> None:
        """Let time pass in which nothing is to be said."""
        await asyncio.sleep(seconds)

    def clear(self) -> None:
        self.changes.clear()

    async def close(self) -> None:
        await self.watcher.stop()
        await asyncio.wait_for(self._task, 20)


@asynccontextmanager
async def watching(root: Path, factory: ObserverFactory = InotifyObserver, **settings: object) -> AsyncIterator[Seen]:
    """A watcher on `root`, ready; `settings` replace those of SETTINGS."""
    watcher = Watcher(replace(SETTINGS, **settings), factory)
    watcher.add_root(1, str(root))
    await watcher.start()
    await asyncio.wait_for(watcher.ready(), 30)
    seen = Seen(watcher, root)
    try:
        yield seen
    finally:
        await seen.close()


def kernel_watches() -> int:
    """How many inotify watches this process holds, as the kernel counts them."""
    count = 0
    for fd in os.listdir("/proc/self/fdinfo"):
        try:
            count += Path(f"/proc/self/fdinfo/{fd}").read_text().count("inotify wd:")
        except OSError:
            continue
    return count
