"""An open library for tests: real files, real SQLite, the decode workers in this process so that their coverage counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from facetd.accounts.viewers import single_viewer
from facetd.config import Config
from facetd.filters import PhotoFilter
from facetd.house import House, open_house
from facetd.ingest.progress import Progress
from facetd.ingest.scan import ScanOptions
from facetd.ingest.seeing import Eyes
from facetd.ingest.workers import Workers
from facetd.library.gallery import Gallery

T = TypeVar("T")


class InlineWorkers(Workers):
    """Visits in a thread of this process. `visited` lists the paths, in order."""

    def __init__(self) -> None:
        super().__init__(1, memory_mb=1024, timeout_s=60)
        self.visited: list[str] = []
        self.kinds: list[frozenset[str]] = []

    def start(self) -> None:
        """There is nothing to start."""

    async def compute(self, function: Callable[..., T], *arguments: object, timeout_s: float) -> T:
        return await asyncio.to_thread(function, *arguments)

    async def _run(self, function: Callable[..., T], *arguments: object, timeout_s: float | None = None) -> T:
        task = arguments[0]
        self.visited.append(getattr(task, "path", str(task)))
        self.kinds.append(getattr(task, "kinds", frozenset()))
        return await asyncio.to_thread(function, *arguments)


class HaltingWorkers(InlineWorkers):
    """They come no further than `most` visits until they may `go_on`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.go_on = asyncio.Event()

    async def _run(self, function: Callable[..., T], *arguments: object, timeout_s: float | None = None) -> T:
        if len(self.visited) >= self.most:
            await self.go_on.wait()
        return await super()._run(function, *arguments, timeout_s=timeout_s)


def config(**sections: Any) -> Config:
    """The defaults for tests, files settled at once and no models, with changes by section."""
    scanning = {"settle_s": 0, "watch": False, **sections.pop("scanning", {})}
    inference = {"enabled": False, **sections.pop("inference", {})}
    return Config.model_validate({"scanning": scanning, "inference": inference, **sections})


@asynccontextmanager
async def opened(
    data: Path, settings: Config | None = None, workers: Workers | None = None, eyes: Eyes | None = None
) -> AsyncIterator[House]:
    """The library in `data`."""
    async with open_house(data, settings or config(), workers=workers or InlineWorkers(), eyes=eyes) as house:
        yield house


async def scan(house: House, *directories: Path | str, **options: Any) -> Progress:
    """Scan these directories (all roots without any) to the end."""
    parts = await house.add_directories([str(directory) for directory in directories])
    await house.ingest.start_scan(parts, ScanOptions(**options))
    return house.ingest.progress


async def listed(house: House, **conditions: Any) -> list[dict[str, Any]]:
    """The photos of the gallery by id, narrowed by `conditions`."""
    gallery = Gallery(house.db, house.config, house.ingest.judge)
    viewer = await single_viewer(house.db)
    page = await gallery.page(viewer, PhotoFilter(**conditions), sort="filename", descending=False, per_page=500)
    return page.photos


async def names(house: House, **conditions: Any) -> list[str]:
    """The file names of the gallery, sorted."""
    return sorted(photo["filename"] for photo in await listed(house, **conditions))
