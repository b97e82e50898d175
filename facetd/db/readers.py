"""The readers: read-only connections, each used by one thread at a time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
STATEMENTS_KEPT = 256


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """What is read inside is one state of the library: nothing changes between the statements."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


class Readers:
    """`count` connections with as many threads: what is to be read runs there, however many statements it takes."""

    def __init__(self, path: Path, count: int, pragmas: Sequence[str]) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="reader")
        self._free: list[sqlite3.Connection] = []  # the one used last is taken first: it has most of what is asked for in memory
        self._all: list[sqlite3.Connection] = []
        self._path = path
        self._count = count
        self._pragmas = pragmas

    async def open(self) -> None:
        """Open every connection. Raises sqlite3.DatabaseError."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._open)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` gives, called in a reader's thread with its connection."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    async def close(self) -> None:
        """Close every connection when what runs has ended."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._all:
            connection.close()
        self._all.clear()

    def _open(self) -> None:
        for _ in range(self._count):
            # A connection goes from thread to thread, but is with one of them at a time.
            connection = sqlite3.connect(self._path, isolation_level=None, cached_statements=STATEMENTS_KEPT, check_same_thread=False)
            self._all.append(connection)
            connection.row_factory = sqlite3.Row
            for pragma in self._pragmas:
                connection.execute(pragma)
            self._free.append(connection)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._free.pop()  # there are as many as threads
        try:
            return work(connection)
        finally:
            self._free.append(connection)
