"""One inotify instance for all directories, by way of watchdog's reader thread."""

from __future__ import annotations

import errno
import logging
import math
import os
from collections.abc import Callable, Sequence
from typing import Protocol

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyFD, Mask, WatchCallback, WatchDescriptor

MODIFY = InotifyConstants.IN_MODIFY
ATTRIB = InotifyConstants.IN_ATTRIB
CLOSE_WRITE = InotifyConstants.IN_CLOSE_WRITE
MOVED_FROM = InotifyConstants.IN_MOVED_FROM
MOVED_TO = InotifyConstants.IN_MOVED_TO
CREATE = InotifyConstants.IN_CREATE
DELETE = InotifyConstants.IN_DELETE
MOVE_SELF = InotifyConstants.IN_MOVE_SELF
UNMOUNT = InotifyConstants.IN_UNMOUNT
ISDIR = InotifyConstants.IN_ISDIR

_CONTENT = MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE
_FLAGS = InotifyConstants.IN_ONLYDIR | InotifyConstants.IN_EXCL_UNLINK
_MASK = Mask(_CONTENT | _FLAGS | InotifyConstants.IN_DONT_FOLLOW)
_ROOT_MASK = Mask(_CONTENT | _FLAGS | MOVE_SELF)

_LIMIT_ERRORS = frozenset((errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM))


class LimitReached(OSError):
    """The system gives no more watches or instances."""


class Watched(WatchCallback, Protocol):
    """A directory that an observer reports on, called in the observer's thread."""

    wd: int


class Observer(Protocol):
    """What watching needs of the operating system; tests bring their own."""

    def watch(self, path: str, watched: Watched, *, is_root: bool) -> bool:
        """Report what happens in the directory `path` to `watched`. False when it cannot be opened; raises LimitReached."""

    def unwatch(self, watched: Sequence[Watched]) -> None:
        """Report no more to any of `watched`, which all were watched once."""

    def close(self) -> None:
        """Give back everything and end the thread."""


ObserverFactory = Callable[[], Observer]


class InotifyObserver:
    """Watches directories one by one, so that what is pruned never costs a watch, with one thread for all of them.

    watchdog's own recursive emitter watches excluded trees too, and its scheduled watches take a thread each.
    Raises LimitReached when the system gives no inotify instance. Takes at most `share` of the watches that a user may
    have, because other services need some too.
    """

    def __init__(self, share: float = 0.8) -> None:
        allowed = read_limit("max_user_watches")
        self._allowed = math.inf if allowed is None else allowed * share
        self._count = 0
        logging.getLogger("watchdog").setLevel(logging.ERROR)  # it logs every overflow; the worker does so at a bounded rate
        try:
            self._inotify = InotifyFD()
        except OSError as error:
            raise _translated(error) from error
        self._inotify.start()

    def watch(self, path: str, watched: Watched, *, is_root: bool) -> bool:
        if self._count >= self._allowed:
            raise LimitReached(errno.ENOSPC, "this program's share of the inotify watches is used up")
        try:
            watched.wd = self._inotify.add_callback(os.fsencode(path), _ROOT_MASK if is_root else _MASK, watched, CallbackId(id(watched)))
        except OSError as error:
            if error.errno in _LIMIT_ERRORS:
                raise _translated(error) from error
            return False
        if watched.wd < 0:  # no permission: watchdog keeps a book entry without a watch
            self._inotify.remove_callbacks([(WatchDescriptor(-1), CallbackId(id(watched)))])
            return False
        self._count += 1
        return True

    def unwatch(self, watched: Sequence[Watched]) -> None:
        self._count -= len(watched)
        self._inotify.remove_callbacks([(WatchDescriptor(item.wd), CallbackId(id(item))) for item in watched])

    def close(self) -> None:
        self._inotify.stop()
        self._inotify.join()


def _translated(error: OSError) -> OSError:
    return LimitReached(error.errno, error.strerror) if error.errno in _LIMIT_ERRORS else error


def remedy(error: OSError) -> str:
    """The setting to raise, as a command, for a limit that was reached."""
    if error.errno == errno.ENOSPC:
        return f"sysctl fs.inotify.max_user_watches={max(524288, 2 * (read_limit('max_user_watches') or 0))}"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return f"sysctl fs.inotify.max_user_instances={max(1024, 2 * (read_limit('max_user_instances') or 0))}"
    return "more memory"


def read_limit(name: str) -> int | None:
    """A limit of /proc/sys/fs/inotify, None where the kernel does not say."""
    try:
        with open(f"/proc/sys/fs/inotify/{name}", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
