"""One writer for each data folder: `<data>/lock` is held with flock, and says who holds it and where it listens."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from facetd.errors import Conflict, DatabaseUnusable
from facetd.i18n import _
from facetd.watch.filesystem import filesystem_type, is_network_filesystem


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds the lock; `socket` is where it can be asked, None for one that cannot."""

    pid: int
    socket: str | None


class DataLock:
    """The lock on a data folder, held until `release` or the end of the process."""

    def __init__(self, data: Path) -> None:
        self._path = data / "lock"
        self._descriptor: int | None = None

    def acquire(self, socket: str | None = None) -> None:
        """Take the lock. Raises Conflict naming the holder, DatabaseUnusable on a network file system."""
        fstype = filesystem_type(str(self._path.parent))
        if is_network_filesystem(fstype):
            raise DatabaseUnusable(
                _("{parent}: the data folder is on a network file system ({fstype}), where a database can be damaged").format(
                    parent=self._path.parent, fstype=fstype
                ),
                hint=_("Choose a folder on a local disk with --data; the photos may be anywhere."),
            )
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            holder = holder_of(self._path.parent)
            who = f"process {holder.pid}" if holder else "another process"
            raise Conflict(_("{parent}: this library is in use by {who}").format(parent=self._path.parent, who=who)) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "socket": socket}).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(data: Path) -> Holder | None:
    """Who holds the lock now, or None."""
    path = data / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            said = json.loads(os.pread(descriptor, 4096, 0))
            return Holder(int(said["pid"]), said["socket"])
        except (ValueError, KeyError, TypeError):
            return Holder(0, None)
    finally:
        os.close(descriptor)
    return None
