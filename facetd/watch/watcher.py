"""The asyncio side of watching: roots in, batches of changed paths out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass, field

from facetd.watch.change import Change
from facetd.watch.lookout import Guarded, Lookout, Report, Settings
from facetd.watch.observer import InotifyObserver, ObserverFactory

_MOST_PATHS = 50_000  # a consumer that is this far behind does better with a rescan


@dataclass(frozen=True, slots=True)
class RootState:
    """How one root is looked after: `mode` is `events`, `timed` (the reason says why) or `absent`; `folders` are watched."""

    key: Hashable
    path: str
    mode: str
    reason: str = ""
    folders: int = 0


@dataclass(slots=True)
class _Waiting:
    """What one root's consumer has not taken yet."""

    paths: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def merge(self, root: str, report: Report) -> None:
        self.paths = (self.paths - report.gone) | report.paths
        self.gone = (self.gone - report.paths) | report.gone
        self.folders |= report.folders
        if len(self.paths) + len(self.gone) + len(self.folders) > _MOST_PATHS:
            self.paths, self.gone, self.folders = set(), set(), {root}


class Watcher:
    """Watches roots and yields batches of changes.

    ```
    watcher = Watcher(Settings(Excludes()))
    await watcher.start()
    watcher.add_root(7, "/photos")
    async for change in watcher.changes(): ...   # ends after stop()
    ```
    A batch that nobody takes is merged with the next one, so a slow consumer costs no memory. Roots may lie in each other:
    the deepest one reports a path. Symbolic links to folders are not followed; a link to a file is reported like a file.
    """

    def __init__(self, settings: Settings, observer_factory: ObserverFactory = InotifyObserver) -> None:
        self._settings = settings
        self._observer_factory = observer_factory
        self._paths: dict[Hashable, str] = {}
        self._waiting: dict[Hashable, _Waiting] = {}
        self._news = asyncio.Event()
        self._lookout: Lookout | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Begin with the roots that were added so far."""
        if self._lookout is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._lookout = Lookout(self._settings, self._observer_factory, self._from_thread)
        for key, path in self._paths.items():
            self._lookout.add(key, path)
        self._lookout.start()

    async def stop(self) -> None:
        """Give everything back and end `changes`."""
        lookout, self._lookout = self._lookout, None
        if lookout is not None:
            lookout.stop()
            await asyncio.to_thread(lookout.join)
        self._news.set()

    def add_root(self, key: Hashable, path: str) -> None:
        """Watch the folder `path` (absolute) from now on; a root that was known by `key` is replaced."""
        self._paths[key] = path
        self._waiting.pop(key, None)
        if self._lookout is not None:
            self._lookout.add(key, path)

    def remove_root(self, key: Hashable) -> None:
        """Watch it no more; what it reported and nobody took is dropped."""
        self._paths.pop(key, None)
        self._waiting.pop(key, None)
        if self._lookout is not None:
            self._lookout.remove(key)

    async def ready(self) -> None:
        """Wait until every folder that exists now is watched (or its root has turned to timed rescans)."""
        if self._lookout is None or self._loop is None:
            return
        loop, visited = self._loop, asyncio.Event()
        self._lookout.call(lambda: _call(loop, visited.set))
        await visited.wait()

    async def changes(self) -> AsyncIterator[Change]:
        """Batches of changes, as they come; ends when the watcher stops. For one consumer."""
        while self._lookout is not None:
            await self._news.wait()
            self._news.clear()
            while self._waiting and self._lookout is not None:
                key = next(iter(self._waiting))
                waiting = self._waiting.pop(key)
                yield Change(key, self._paths[key], *(tuple(sorted(part)) for part in (waiting.paths, waiting.folders, waiting.gone)))

    def states(self) -> list[RootState]:
        """How each root is looked after, for people."""
        return [_state(root) for root in self._lookout.roots()] if self._lookout is not None else []

    def _from_thread(self, report: Report) -> None:
        """Called by the lookout's thread."""
        if self._loop is not None:
            _call(self._loop, self._take, report)

    def _take(self, report: Report) -> None:
        path = self._paths.get(report.key)
        if path is not None:
            self._waiting.setdefault(report.key, _Waiting()).merge(path, report)
            self._news.set()


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *args: object) -> None:
    """Run `function` in the loop, unless that has been closed meanwhile."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *args)


def _state(root: Guarded) -> RootState:
    if root.tree is None:
        return RootState(root.key, root.path, "timed", root.reason)
    return RootState(root.key, root.path, "absent" if root.tree.lost else "events", "", root.tree.count)
