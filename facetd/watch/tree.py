"""The watched folders of one root: which exist, which are pruned, and what an event in one of them means."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from watchdog.observers.inotify_c import InotifyEvent

from facetd.watch import observer as on
from facetd.watch.exclude import Excludes
from facetd.watch.observer import Observer
from facetd.watch.settle import Settler

Sink = Callable[["Folder", InotifyEvent | None], None]


def join(folder: str, name: str) -> str:
    """`name` in `folder`, which may be `/`."""
    return f"{folder}{name}" if folder.endswith("/") else f"{folder}/{name}"


class Folder:
    """One watched folder; a link in the chain that gives an event its path. Small, because there may be 100,000."""

    __slots__ = ("alive", "children", "name", "parent", "tree", "wd")

    def __init__(self, tree: Tree, parent: Folder | None, name: str) -> None:
        self.tree = tree
        self.parent = parent
        self.name = name
        self.children: dict[str, Folder] | None = None
        self.alive = True
        self.wd = -1

    def path(self) -> str:
        """The absolute path, by way of the parents."""
        names = []
        folder = self
        while folder.parent is not None:
            names.append(folder.name)
            folder = folder.parent
        return join(folder.name, "/".join(reversed(names))) if names else folder.name

    def on_event(self, event: InotifyEvent) -> None:
        """Called by the observer's thread."""
        self.tree.sink(self, event)

    def on_watch_deleted(self, wd: int) -> None:
        """Called by the observer's thread when the folder itself is no more."""
        self.tree.sink(self, None)

    def on_queue_overflow(self) -> None:
        """Called by the observer's thread once per folder."""
        self.tree.events_lost()


@dataclass(slots=True)
class _Walk:
    """Folders still to visit. Files changed at or after `since` (wall clock) are handed on; `rescan` is asked for at the end."""

    since: float
    rescan: str | None
    stack: list[tuple[Folder | None, str]] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    """One root that is watched by events.

    `sink` and `overflow` are called in the observer's thread, everything else runs in one other thread. `pruned` holds
    absolute paths of folders that somebody else looks after (roots inside this one, network mounts). What is to be
    rescanned collects in `rescans`. `lost` means that there is no root to watch, `stood` that all folders were visited once.
    """

    path: str
    excludes: Excludes
    settler: Settler
    observer: Observer
    sink: Sink
    overflow: Callable[[Tree], None]
    unreadable: Callable[[str], None]
    pruned: Collection[str] = frozenset()
    wall_clock: Callable[[], float] = time.time
    root: Folder | None = None
    count: int = 0
    lost: bool = False
    stood: bool = False
    overflowed: bool = False
    rescans: set[str] = field(default_factory=set)
    _walks: deque[_Walk] = field(default_factory=deque)

    def begin(self, since: float, *, rescan: bool) -> None:
        """Watch everything from the root down, afresh. Files that changed since `since` (wall clock, s) are handed on."""
        self.drop()
        self.lost = self.overflowed = False
        self._walks.append(_Walk(since, self.path if rescan else None, [(None, self.path)]))

    def drop(self) -> None:
        """Give all watches back and forget what was planned."""
        self._walks.clear()
        if self.root is not None:
            self.forget(self.root)
            self.root = None

    @property
    def walking(self) -> bool:
        """Whether folders wait to be visited."""
        return bool(self._walks)

    def visit_next(self) -> None:
        """Visit one folder: watch it, then look into it, so that nothing falls between. Raises LimitReached."""
        walk = self._walks[0]
        if walk.stack:
            parent, name = walk.stack.pop()
            if parent is None or parent.alive:
                self._visit(walk, parent, name)
        if not walk.stack and self._walks and self._walks[0] is walk:
            self._walks.popleft()
            if walk.rescan is not None and not self.lost:
                self.rescans.add(walk.rescan)
            self.stood = self.stood or not self._walks

    def events_lost(self) -> None:
        """Called by the observer's thread when it could not keep up."""
        if not self.overflowed:
            self.overflowed = True
            self.overflow(self)

    def root_gone(self) -> None:
        """The root is not there any more; whoever owns the library has to find out what that means."""
        self.drop()
        self.settler.clear()
        self.lost = True
        self.rescans.add(self.path)

    def look_again(self, path: str) -> None:
        """Watch the part below `path` afresh and ask for its rescan, as far as this tree has its parent folder."""
        parent = self.forget_path(path)
        if parent is not None:
            self._walk(parent, os.path.basename(path), math.inf, path)

    def forget_path(self, path: str) -> Folder | None:
        """Drop the watches at and below `path`; its parent folder, if that is watched."""
        parent = None if path == self.path else self.find(os.path.dirname(path))
        if parent is not None:
            self.forget_child(parent, os.path.basename(path))
        return parent

    def find(self, path: str) -> Folder | None:
        """The watched folder at `path`."""
        folder = self.root
        for name in [] if path == self.path else path[len(self.path) :].strip("/").split("/"):
            folder = (folder.children or {}).get(name) if folder else None
        return folder

    def forget_child(self, parent: Folder, name: str) -> None:
        """Drop the watches at and below a folder that went away."""
        child = (parent.children or {}).pop(name, None)
        if child is not None:
            self.forget(child)

    def forget(self, folder: Folder) -> None:
        """Drop the watches at and below `folder`."""
        dead, stack = [], [folder]
        while stack:
            item = stack.pop()
            item.alive = False
            dead.append(item)
            stack.extend((item.children or {}).values())
            item.children = None
        self.count -= len(dead)
        self.observer.unwatch(dead)

    def handle(self, folder: Folder, event: InotifyEvent | None) -> None:
        """Take in one event."""
        if not folder.alive:
            return
        mask = int(event.mask) if event else 0
        if event is None or mask & (on.UNMOUNT | on.MOVE_SELF):
            self._self_gone(folder, unmounted=bool(mask & on.UNMOUNT))
        elif event.name:
            name = os.fsdecode(event.name)
            path = join(folder.path(), name)
            if mask & on.ISDIR:
                self._folder_event(folder, name, path, mask)
            elif not self.excludes.excluded_file(name, self._rel(path)):
                self._file_event(path, mask)

    def _file_event(self, path: str, mask: int) -> None:
        if mask & (on.DELETE | on.MOVED_FROM):
            self.settler.removed(path)
        elif mask & on.MOVED_TO:
            self.settler.complete(path)
        elif mask & on.CLOSE_WRITE:
            self.settler.closed(path)
        elif mask & (on.CREATE | on.MODIFY):
            self.settler.growing(path)
        elif mask & on.ATTRIB:
            self.settler.touched(path)

    def _folder_event(self, parent: Folder, name: str, path: str, mask: int) -> None:
        if path in self.pruned or self.excludes.excluded_dir(name, self._rel(path)):
            return
        if mask & (on.DELETE | on.MOVED_FROM):
            self.forget_child(parent, name)
            self.settler.forget_below(path)
            self.settler.removed(path)
        elif mask & on.CREATE:
            self._walk(parent, name, -math.inf, None)
        elif mask & on.MOVED_TO or (mask & on.ATTRIB and name not in (parent.children or {})):
            self._walk(parent, name, math.inf, path)

    def _self_gone(self, folder: Folder, *, unmounted: bool) -> None:
        if folder.parent is None:
            self.root_gone()
        elif unmounted:
            self.look_again(folder.path())
        else:
            self.forget_child(folder.parent, folder.name)

    def _walk(self, parent: Folder, name: str, since: float, rescan: str | None) -> None:
        self._walks.appendleft(_Walk(since, rescan, [(parent, name)]))

    def _visit(self, walk: _Walk, parent: Folder | None, name: str) -> None:
        path = join(parent.path(), name) if parent else name
        folder = (parent.children or {}).get(name) if parent else None
        if folder is None:
            folder = Folder(self, parent, name)
            if not self.observer.watch(path, folder, is_root=parent is None):
                self._cannot_watch(path, is_root=parent is None)
                return
            self.count += 1
            if parent is None:
                self.root = folder
            elif parent.children is None:
                parent.children = {name: folder}
            else:
                parent.children[name] = folder
        try:
            self._look_into(walk, folder, path)
        except OSError:
            self._cannot_watch(path, is_root=parent is None)

    def _cannot_watch(self, path: str, *, is_root: bool) -> None:
        if is_root:
            self.lost = True
        elif os.path.isdir(path):
            self.unreadable(path)

    def _look_into(self, walk: _Walk, folder: Folder, path: str) -> None:
        files_too = walk.since < math.inf and os.stat(path).st_mtime >= walk.since
        with os.scandir(path) as entries:
            for entry in entries:
                child = join(path, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if child not in self.pruned and not self.excludes.excluded_dir(entry.name, self._rel(child)):
                        walk.stack.append((folder, entry.name))
                elif files_too and not self.excludes.excluded_file(entry.name, self._rel(child)):
                    self._found_file(child, walk.since)

    def _found_file(self, path: str, since: float) -> None:
        try:
            changed = os.lstat(path).st_ctime
        except OSError:
            return
        if changed < since:
            return
        if 0 <= self.wall_clock() - changed < self.settler.settle_s:
            self.settler.growing(path)
        else:
            self.settler.complete(path)

    def _rel(self, path: str) -> str:
        return path[len(self.path) :].lstrip("/")
