"""Keeping what loading a network needs for a moment from staying for ever, where the C library can be told (glibc)."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)
APART = 512 * 1024  # while loading, blocks from here on are mapped one by one and go back when they are freed
TOGETHER = 32 * 1024 * 1024  # afterwards pictures on their way come from the heap again: mapping them costs a page fault for each 4 kB
KEPT = 32 * 1024 * 1024


@contextmanager
def compactly() -> Iterator[None]:
    """Load something inside; what it freed goes back to the system at the end."""
    try:
        library = ctypes.CDLL(None)
        adjust, trim = library.mallopt, library.malloc_trim
    except (OSError, AttributeError):
        yield
        return
    adjust(MMAP_THRESHOLD, APART)
    try:
        yield
    finally:
        trim(0)
        adjust(MMAP_THRESHOLD, TOGETHER)
        adjust(TRIM_THRESHOLD, KEPT)
