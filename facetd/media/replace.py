"""Putting a file in place of another in one step: whoever reads sees the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat

_LONGEST_NAME = 255  # bytes


class ChangedMeanwhile(Exception):
    """Somebody else wrote the file after it was read."""


def replace_file(path: str, content: bytes, *, like: str, seen: os.stat_result | None) -> os.stat_result:
    """Make `content` the file at `path`; returns what it is like then. It keeps permissions and owner of the file that was there, as far as
    the system lets us; a new one gets those of the file `like`, without execution.

    `seen` is what was there when it was read, None for nothing. Raises ChangedMeanwhile when it is another one now, and OSError; then
    nothing has changed.
    """
    folder, name = os.path.split(path)
    scratch = os.path.join(folder, scratch_name(name))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(scratch)  # left by a kill
    model = seen if seen is not None else os.stat(like)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            _make_alike(descriptor, model)
            os.fsync(descriptor)
            made = os.fstat(descriptor)
        if not _same(path, seen):
            raise ChangedMeanwhile
        os.rename(scratch, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(scratch)
        raise
    _sync(folder)
    there = os.lstat(path)  # a network share may have given it another time than its client had
    return there if (there.st_ino, there.st_size) == (made.st_ino, made.st_size) else made


def scratch_name(name: str) -> str:
    """The name under which a file is written first: always the same, so that what a kill leaves is found again; hidden from scans."""
    whole = f".{name}.facetd~"
    if len(os.fsencode(whole)) <= _LONGEST_NAME:
        return whole
    return f".{hashlib.blake2b(os.fsencode(name), digest_size=16).hexdigest()}.facetd~"


def _make_alike(descriptor: int, model: os.stat_result) -> None:
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (model.st_uid, model.st_gid):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, -1, model.st_gid)
        with contextlib.suppress(OSError):
            os.fchown(descriptor, model.st_uid, -1)
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(model.st_mode) & 0o666 | stat.S_IRUSR | stat.S_IWUSR)


def _same(path: str, seen: os.stat_result | None) -> bool:
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return seen is None
    return seen is not None and _facts(there) == _facts(seen)


def _facts(file: os.stat_result) -> tuple[int, int, int]:
    """What tells one state of a file from another. Not its number, which some network shares make up anew."""
    return file.st_size, file.st_mtime_ns, file.st_ctime_ns


def _sync(folder: str) -> None:
    """Have the rename on the disk, where the file system can be told."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
