"""Frames: decoded pictures on their way from a decode worker to the inference process, as short-lived files.

They lie in memory (/dev/shm) where there is room, else in the data folder. Nobody else can read them, and what a kill left goes at
the next start.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, for nobody else
ROOM = 512 * 1024 * 1024  # bytes that must be free in memory


class Frames:
    """The folder of frames of one library."""

    def __init__(self, data: Path, shared_memory: Path = SHARED_MEMORY) -> None:
        self._data = data
        self._shared_memory = shared_memory
        self._numbers = itertools.count()
        self._folder: Path | None = None

    def clear(self) -> None:
        """Remove what a kill left, in either place."""
        for folder in self._places():
            if _ours(folder):
                shutil.rmtree(folder, ignore_errors=True)
        self._folder = None

    def new(self) -> Path:
        """A name for one more frame. Raises OSError where no folder can be made."""
        if self._folder is None:
            self._folder = self._choose()
        return self._folder / f"{next(self._numbers)}.npy"

    def _places(self) -> tuple[Path, Path]:
        name = hashlib.blake2b(os.fsencode(self._data), digest_size=6).hexdigest()
        return self._shared_memory / f"facetd-{os.getuid()}-{name}", self._data / "frames"

    def _choose(self) -> Path:
        in_memory, on_disk = self._places()
        with contextlib.suppress(OSError):
            if os.access(self._shared_memory, os.W_OK) and shutil.disk_usage(self._shared_memory).free >= ROOM:
                in_memory.mkdir(mode=0o700, exist_ok=True)
                if _ours(in_memory):
                    return in_memory
        on_disk.mkdir(mode=0o700, parents=True, exist_ok=True)
        return on_disk


def drop(frame: Path) -> None:
    """A frame that nobody needs any more."""
    with contextlib.suppress(OSError):
        frame.unlink(missing_ok=True)


def _ours(folder: Path) -> bool:
    """Whether `folder` is a real folder of this user that nobody else may enter."""
    try:
        facts = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
