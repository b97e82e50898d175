"""The folder that a pack grows in, beside the installed ones: it takes its place by one rename, or leaves nothing.

`.<id>.partial` beside `<id>`; names with a dot are no packs for the catalogue. Nothing here is asynchronous.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facetd.errors import Conflict
from facetd.i18n import _

RESERVE = 64 * 1024 * 1024  # bytes that have to stay free: the library lies on the same disk
EXCHANGE = 2  # RENAME_EXCHANGE of renameat2
HERE = -100  # AT_FDCWD


class Staging:
    """Where one pack is made ready. Use it in `locked`."""

    def __init__(self, packs: Path, pack_id: str) -> None:
        self._packs = packs
        self.target = packs / pack_id
        self.folder = packs / f".{pack_id}.partial"
        self._old = packs / f".{pack_id}.old"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else installs or removes packs meanwhile. Raises Conflict. Puts right what a killed command left."""
        self._packs.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._packs / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(_("Another command is installing or removing a pack."), hint=_("Wait for it to end.")) from error
            if self._old.exists():
                if self.target.exists():
                    shutil.rmtree(self._old)
                else:
                    self._old.rename(self.target)
            yield
        finally:
            os.close(descriptor)

    def free_bytes(self) -> int:
        """How much may be written without touching the reserve."""
        facts = os.statvfs(self._packs)
        return max(0, facts.f_bavail * facts.f_frsize - RESERVE)

    def there_bytes(self) -> int:
        """How much is staged already."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*") if path.is_file())

    def keep_only(self, paths: frozenset[str]) -> None:
        """Throw away what is staged beside these files and their parts."""
        for path in sorted(self.folder.rglob("*"), reverse=True):
            inside = path.relative_to(self.folder).as_posix()
            if path.is_dir() and not path.is_symlink():
                with suppress(OSError):
                    path.rmdir()
            elif not any(inside == wanted or inside in (f"{wanted}.part", f"{wanted}.part.json") for wanted in paths):
                path.unlink()

    def publish(self) -> None:
        """Put the staged pack in its place; the one that was there stays until then."""
        for path in self.folder.rglob("*"):
            _sync(path)
        _sync(self.folder)
        if not self.target.exists():
            self.folder.rename(self.target)
        elif _exchange(self.folder, self.target):
            shutil.rmtree(self.folder)
        else:
            self.target.rename(self._old)
            self.folder.rename(self.target)
            shutil.rmtree(self._old)
        _sync(self._packs)

    def discard(self) -> bool:
        """Throw away what is staged; whether there was something."""
        if not self.folder.exists():
            return False
        shutil.rmtree(self.folder)
        return True

    def remove(self) -> bool:
        """Take the installed pack away, by one rename first; whether there was one."""
        if not self.target.exists():
            return False
        self.discard()
        self.target.rename(self.folder)
        shutil.rmtree(self.folder)
        return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system or its file system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0)
