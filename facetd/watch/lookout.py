"""The one thread that does everything slow in watching: it visits folders, looks at files, and waits."""

from __future__ import annotations

import logging
import math
import os
import queue
import stat
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from watchdog.observers.inotify_c import InotifyEvent

from facetd.watch.exclude import Excludes
from facetd.watch.filesystem import Mount, is_below, is_network_filesystem, mount_of, read_mounts
from facetd.watch.observer import LimitReached, Observer, ObserverFactory, remedy
from facetd.watch.quietlog import QuietLog
from facetd.watch.settle import Settled, Settler, Stamp
from facetd.watch.tree import Folder, Tree

logger = logging.getLogger(__name__)

_SLICE_S = 0.02  # how long folders are visited before events get their turn
_MOST_QUEUED = 200_000  # events waiting in memory; beyond this they count as lost
_RACE_S = 2.0  # file times may lag behind the clock, and a scan may begin before the watch stands


@dataclass(frozen=True, slots=True)
class Settings:
    """How the lookout works; times in seconds. `never` are absolute paths of folders left alone: the daemon's own data."""

    excludes: Excludes
    never: frozenset[str] = frozenset()
    settle_s: float = 2.0
    rescan_interval_s: float = 900.0
    presence_s: float = 5.0
    quiet_s: float = 0.1
    tick_s: float = 0.1


@dataclass(frozen=True, slots=True)
class Report:
    """What one look brought for one root, as absolute paths."""

    key: Hashable
    paths: frozenset[str]
    folders: frozenset[str]
    gone: frozenset[str]


@dataclass(slots=True)
class Guarded:
    """One root and how it is looked after: by events in `tree`, or by rescans of `timed` {folder: when next}."""

    key: Hashable
    path: str
    settler: Settler
    tree: Tree | None = None
    timed: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    identity: tuple[int, int] | None = None


def probe(path: str) -> Stamp | None:
    """The stamp of a regular file or symbolic link; None for anything else, and for nothing."""
    try:
        info = os.lstat(path)
    except OSError:
        return None
    return Stamp(info.st_size, info.st_mtime_ns) if stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode) else None


class Lookout(threading.Thread):
    """Watches roots and hands reports to `deliver` (called in this thread).

    Commands (`add`, `remove`, `call`, `stop`) may come from any thread.
    """

    def __init__(
        self,
        settings: Settings,
        observer_factory: ObserverFactory,
        deliver: Callable[[Report], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="watch", daemon=True)
        self._settings = settings
        self._observer_factory = observer_factory
        self._deliver = deliver
        self._clock = clock
        self._log = QuietLog(logger)
        self._inbox: queue.SimpleQueue[tuple[Folder, InotifyEvent | None] | Callable[[], None] | None] = queue.SimpleQueue()
        self._roots: dict[Hashable, Guarded] = {}
        self._observer: Observer | None = None
        self._no_observer: LimitReached | None = None
        self._mounts: tuple[Mount, ...] = ()
        self._next_presence = 0.0
        self.failed = False
        self._when_idle: list[Callable[[], None]] = []

    def add(self, key: Hashable, path: str) -> None:
        """Look after the root at `path` (absolute)."""
        since = time.time() - _RACE_S
        self._inbox.put(lambda: self._add(key, path, since))

    def remove(self, key: Hashable) -> None:
        """Stop looking after a root."""
        self._inbox.put(lambda: self._remove(key))

    def call(self, function: Callable[[], None]) -> None:
        """Run `function` in this thread once every known folder has been visited."""
        if self.failed:
            function()
        else:
            self._inbox.put(lambda: self._when_idle.append(function))

    def stop(self) -> None:
        """End the thread soon; join it afterwards."""
        self._inbox.put(None)

    def roots(self) -> list[Guarded]:
        """What is looked after at the moment; for showing, read from other threads."""
        return list(self._roots.values())

    def run(self) -> None:
        try:
            while self._work():
                pass
        except Exception:  # a thread that died in silence would leave the library out of date for good
            logger.exception("Watching for changes has failed; the folders are rescanned every %.0f s", self._settings.rescan_interval_s)
            self._close_observer()
            self._rescan_only()
        finally:
            self._close_observer()

    def _close_observer(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.close()

    def _rescan_only(self) -> None:
        """What is left when watching itself is broken."""
        self.failed = True
        for function in self._when_idle:
            function()
        while True:
            try:
                if self._inbox.get(timeout=self._settings.rescan_interval_s) is None:
                    return
            except queue.Empty:
                for root in self._roots.values():
                    self._report_folder(root, root.path)

    def _work(self) -> bool:
        """One turn: take what came, visit folders for a while, hand over what settled. False at the end."""
        walking = any(root.tree and root.tree.walking for root in self._roots.values())
        for wait in (not walking and not self._when_idle, *(False for _ in range(1000))):
            try:
                item = self._inbox.get(timeout=self._timeout()) if wait else self._inbox.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return False
            if callable(item):
                item()
            else:
                item[0].tree.handle(*item)
        self._visit_folders()
        self._check_presence()
        self._hand_over()
        return True

    def _timeout(self) -> float | None:
        """Seconds until something is due, None when only an event can bring work."""
        deadlines = [root.settler.deadline() for root in self._roots.values()]
        timed = [when for root in self._roots.values() for when in root.timed.values()]
        presence = [self._next_presence] if self._roots else []
        due = min((when for when in (*deadlines, *timed, *presence) if when is not None), default=None)
        return None if due is None else max(0.0, due - self._clock())

    def _visit_folders(self) -> None:
        end = self._clock() + _SLICE_S
        for root in list(self._roots.values()):
            while root.tree and root.tree.walking and self._clock() < end:
                try:
                    root.tree.visit_next()
                except LimitReached as error:
                    self._give_up(root, error)
        if self._when_idle and not any(root.tree and root.tree.walking for root in self._roots.values()):
            functions, self._when_idle = self._when_idle, []
            for function in functions:
                function()

    def _add(self, key: Hashable, path: str, since: float) -> None:
        self._remove(key)
        path = os.path.abspath(path)
        how = self._settings
        root = Guarded(key, path, Settler(how.settle_s, probe, self._clock, quiet_s=how.quiet_s, tick_s=how.tick_s))
        self._roots[key] = root
        owner = self._owner(path, but=root)
        if owner and owner.tree:
            self._set_pruned(owner, owner.tree)
            owner.tree.forget_path(path)
        self._begin(root, since, rescan=False)

    def _remove(self, key: Hashable) -> None:
        root = self._roots.pop(key, None)
        if root is None:
            return
        if root.tree:
            root.tree.drop()
        owner = self._owner(root.path, but=root)
        if owner and owner.tree:
            self._set_pruned(owner, owner.tree)
            owner.tree.look_again(root.path)

    def _owner(self, path: str, but: Guarded) -> Guarded | None:
        """The deepest other root that `path` lies in."""
        around = [root for root in self._roots.values() if root is not but and is_below(path, root.path)]
        return max(around, key=lambda root: len(root.path), default=None)

    def _begin(self, root: Guarded, since: float, *, rescan: bool) -> None:
        """Choose between events and timed rescans, and start."""
        if root.tree:
            root.tree.drop()
        root.tree, root.timed, root.reason, root.identity = None, {}, "", None
        self._mounts = read_mounts()
        mount = mount_of(root.path, self._mounts)
        if mount is None or not is_network_filesystem(mount.fstype):  # nothing is asked of a share that may not answer
            root.identity = _identity(root.path)
            mount = mount_of(os.path.realpath(root.path), self._mounts)
        if mount and is_network_filesystem(mount.fstype):
            self._use_rescans(root, f"{mount.fstype} does not report changes made elsewhere", kind=f"network {root.path}")
            if rescan:
                self._report_folder(root, root.path)
            return
        try:
            observer = self._get_observer()
        except LimitReached as error:
            self._give_up(root, error)
            return
        root.tree = Tree(root.path, self._settings.excludes, root.settler, observer, self._sink, self._overflow, self._unreadable)
        self._set_pruned(root, root.tree)
        root.tree.begin(since, rescan=rescan)

    def _set_pruned(self, root: Guarded, tree: Tree) -> None:
        """Leave out roots inside this one, and rescan network shares mounted inside it."""
        inner = {other.path for other in self._roots.values() if other is not root and is_below(other.path, root.path)}
        shares = {mount.point for mount in self._mounts if is_network_filesystem(mount.fstype) and is_below(mount.point, root.path)}
        tree.pruned = frozenset(inner | shares | self._settings.never)
        for path in shares - inner - root.timed.keys():
            logger.info("%s is a network share: it is rescanned every %.0f s", path, self._settings.rescan_interval_s)
            root.timed[path] = self._clock() + self._settings.rescan_interval_s
        for path in root.timed.keys() - shares:
            del root.timed[path]

    def _get_observer(self) -> Observer:
        if self._no_observer is not None:
            raise self._no_observer
        if self._observer is None:
            try:
                self._observer = self._observer_factory()
            except LimitReached as error:
                self._no_observer = error
                raise
        return self._observer

    def _give_up(self, root: Guarded, error: LimitReached) -> None:
        """Watch this root no more: the system has too few watches, and others need them too."""
        stood = root.tree is None or root.tree.stood
        if root.tree:
            root.tree.drop()
            root.tree = None
        self._use_rescans(root, f"{error.strerror}; to watch it: {remedy(error)}", kind="limit")
        if stood:
            self._report_folder(root, root.path)

    def _use_rescans(self, root: Guarded, reason: str, kind: str) -> None:
        every_s = self._settings.rescan_interval_s
        root.reason = reason
        root.timed = {root.path: self._clock() + every_s}
        self._log.warning(kind, "%s is rescanned every %.0f s instead of being watched: %s", root.path, every_s, reason)

    def _report_folder(self, root: Guarded, folder: str) -> None:
        self._deliver(Report(root.key, frozenset(), frozenset((folder,)), frozenset()))

    def _sink(self, folder: Folder, event: InotifyEvent | None) -> None:
        """Called by the observer's thread."""
        if self._inbox.qsize() < _MOST_QUEUED:
            self._inbox.put((folder, event))
        else:
            folder.tree.events_lost()

    def _overflow(self, tree: Tree) -> None:
        """Called by the observer's thread: events were lost, so what is known of the tree may be wrong."""
        self._inbox.put(lambda: self._start_over(tree))

    def _start_over(self, tree: Tree) -> None:
        if tree.root is not None and any(root.tree is tree for root in self._roots.values()):
            self._log.warning("overflow", "Too many changes at once below %s: it is rescanned", tree.path)
            tree.begin(math.inf, rescan=True)

    def _unreadable(self, path: str) -> None:
        self._log.warning("unreadable", "%s cannot be watched: no permission", path)

    def _check_presence(self) -> None:
        """Notice roots that went away or came back, and mounts inside them."""
        now = self._clock()
        if now < self._next_presence:
            return
        self._next_presence = now + self._settings.presence_s
        before, self._mounts = self._mounts, read_mounts()
        changed = {mount.point for mount in {*before} ^ {*self._mounts}} if before else set()
        for root in list(self._roots.values()):
            if any(is_below(root.path, point) for point in changed):
                self._begin(root, math.inf, rescan=True)
            elif root.tree:
                self._check_root(root, root.tree, {point for point in changed if is_below(point, root.path)})

    def _check_root(self, root: Guarded, tree: Tree, changed: set[str]) -> None:
        identity = _identity(root.path)
        if identity is not None and (tree.lost or identity != root.identity):
            root.settler.clear()
            tree.begin(math.inf, rescan=True)
        elif identity != root.identity and not tree.lost:
            tree.root_gone()
        root.identity = identity
        for point in sorted(changed):
            self._set_pruned(root, tree)
            if point in tree.pruned:
                tree.forget_path(point)
                tree.rescans.add(point)
            else:
                tree.look_again(point)

    def _hand_over(self) -> None:
        now = self._clock()
        for root in self._roots.values():
            folders: set[str] = set()
            for folder, when in root.timed.items():
                if when <= now:
                    folders.add(folder)
                    root.timed[folder] = now + self._settings.rescan_interval_s
            if root.tree:
                folders |= root.tree.rescans
                root.tree.rescans.clear()
            settled = root.settler.take()
            gone = {path for path, how in settled.items() if how is Settled.GONE}
            if gone and _identity(root.path) != root.identity:
                self._next_presence = now  # the whole root went away, and with it these
                settled, gone = {}, set()
            again = {path for path in gone if os.path.isdir(path) and not os.path.islink(path)}
            changed = settled.keys() - gone
            if changed or folders or gone:
                self._deliver(Report(root.key, frozenset(changed), frozenset(folders | again), frozenset(gone - again)))


def _identity(path: str) -> tuple[int, int] | None:
    """Which directory is at `path` now; None when there is none."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return (info.st_dev, info.st_ino) if stat.S_ISDIR(info.st_mode) else None
