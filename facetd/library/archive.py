"""A zip file that is written from front to back and sent while it grows: nothing of it is kept but the names."""

from __future__ import annotations

import time
import zipfile
from datetime import datetime
from typing import IO

EARLIEST, LATEST = 1980, 2107  # years that a zip file can tell
READABLE = 0o100644 << 16  # a regular file that everybody may read, as zip files have it


class _Sink:
    """Takes what is written until somebody fetches it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Everything is here already."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


class Archive:
    """Photos are stored, not compressed: they are that already. Every method gives the bytes to send next; call them in turn."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._writer: IO[bytes] | None = None

    def begin(self, name: str, size: int, modified: time.struct_time | datetime) -> bytes:
        """A file of at most `size` bytes."""
        entry = zipfile.ZipInfo(name, _dos_time(modified))
        entry.external_attr = READABLE
        entry.file_size = size  # from which the width of the fields behind it follows
        self._writer = self._zip.open(entry, "w")
        return self._sink.take()

    def add(self, data: bytes) -> bytes:
        """The next bytes of the file."""
        assert self._writer is not None
        self._writer.write(data)
        return self._sink.take()

    def end(self) -> bytes:
        """The file is complete, or as complete as it gets; nothing if none was begun."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        return self._sink.take()

    def text(self, name: str, text: str) -> bytes:
        """A whole file of text."""
        data = text.encode("utf-8", "replace")
        return self.begin(name, len(data), time.localtime()) + self.add(data) + self.end()

    def finish(self) -> bytes:
        """The list of what is in it, at the end."""
        self._zip.close()
        return self._sink.take()

    def abandon(self) -> None:
        """It is not sent to its end."""
        self.end()
        self._zip.close()
        self._sink.take()


def _dos_time(moment: time.struct_time | datetime) -> tuple[int, int, int, int, int, int]:
    """Local wall time, as near as a zip file can tell it."""
    parts = moment.timetuple() if isinstance(moment, datetime) else moment
    if parts.tm_year < EARLIEST:
        return (EARLIEST, 1, 1, 0, 0, 0)
    if parts.tm_year > LATEST:
        return (LATEST, 12, 31, 23, 59, 58)
    return (parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min, min(parts.tm_sec, 59))
