"""One writer and a pool of readers over one SQLite file in WAL mode."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import aiosqlite

from facetd.db import words
from facetd.db.migrate import migrate, require_newest
from facetd.db.readers import Readers
from facetd.db.revision import NUMBERS, Part, bump
from facetd.errors import DatabaseUnusable, DiskFull
from facetd.i18n import _

T = TypeVar("T")
Row = sqlite3.Row  # what a read gives: values by name or position
Connection = sqlite3.Connection  # what several statements are read with
Writer = aiosqlite.Connection  # what is written with, inside `Database.writing`
BUSY_TIMEOUT_MS = 10_000
READER_CACHE_KIB = 4 * 1024
WRITER_CACHE_KIB = 8 * 1024
MEMO_LIMIT = 1000
PARTS_LIMIT = 100  # answers that are kept for longer than a revision; those not asked for since longest go
WAL_LIMIT_BYTES = 64 * 1024 * 1024
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}",
)


class Database:
    """The library database. Reads run side by side on `readers` connections; writes run one after the other.

    Each read is one hop to a reader's thread, whether one statement (`rows`, `row`) or several (`read`). `revision` grows with
    every change that a list of photos could show, `changes` say how often a part of it did (see db/revision.py).
    """

    def __init__(self, path: Path, *, readers: int = 4) -> None:
        self.path = path
        self._reader_count = readers
        self._readers: Readers | None = None
        self._writer: aiosqlite.Connection | None = None
        self._write_lock = asyncio.Lock()
        self._memo: dict[Hashable, Any] = {}
        self._memo_of_parts: OrderedDict[Hashable, tuple[tuple[int, ...], Any]] = OrderedDict()
        self.revision = 0
        self._changes: dict[str, int] = {}

    async def open(self) -> None:
        """Open, check (after an unclean stop) and migrate. Raises DatabaseUnusable with what to do."""
        try:
            writer = await self._open_writer()
            if self._unclean_marker.exists():
                await self._check()
            self._unclean_marker.touch()
            await migrate(writer, self.path)
            await words.open_words(writer)
            await self._read_revision()
            pragmas = (*PRAGMAS, f"PRAGMA cache_size = -{READER_CACHE_KIB}", "PRAGMA query_only = ON")
            self._readers = Readers(self.path, self._reader_count, pragmas)
            await self._readers.open()
        except sqlite3.DatabaseError as error:
            await self.close(clean=False)
            raise DatabaseUnusable(
                f"{self.path}: {error}", hint=_("Move the file away to start anew, or put a backup in its place.")
            ) from error
        except BaseException:
            await self.close(clean=False)
            raise

    async def open_to_read(self) -> None:
        """Open for reading only, also beside a process that writes. Raises DatabaseUnusable, also for a library of another version."""
        try:
            if not await asyncio.to_thread(self.path.is_file):
                raise DatabaseUnusable(_("{path}: there is no library").format(path=self.path), hint=_("Choose its folder with --data."))
            # No journal mode: that is the writer's to choose.
            pragmas = (f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}", "PRAGMA temp_store = MEMORY", "PRAGMA query_only = ON")
            self._readers = Readers(self.path, self._reader_count, pragmas)
            await self._readers.open()
            await self.read(lambda connection: require_newest(connection, self.path))
            self._note(await self.rows(NUMBERS))
        except sqlite3.DatabaseError as error:
            await self.close(clean=False)
            raise DatabaseUnusable(f"{self.path}: {error}", hint=_("Choose the folder of a library with --data.")) from error
        except BaseException:
            await self.close(clean=False)
            raise

    async def close(self, *, clean: bool = True) -> None:
        """Close every connection; the write-ahead log is folded into the file."""
        was_open = self._writer is not None
        readers, writer, self._readers, self._writer = self._readers, self._writer, None, None
        if readers is not None:
            await readers.close()
        if writer is not None:
            await writer.close()
        if clean and was_open:
            self._unclean_marker.unlink(missing_ok=True)

    async def __aenter__(self) -> Database:
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, called with a read-only connection in that connection's thread: several statements in one hop."""
        if self._readers is None:
            raise DatabaseUnusable(_("{path}: the database is not open").format(path=self.path))
        return await self._readers.read(work)

    async def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of one SELECT."""
        return await self.read(lambda connection: connection.execute(sql, parameters).fetchall())

    async def row(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of one SELECT, or None."""
        found = await self.rows(sql, parameters)
        return found[0] if found else None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[aiosqlite.Connection]:
        """One transaction: committed at the end with the words of what changed, rolled back on any error or cancellation.

        Raises DiskFull when there is no room for it.
        """
        if self._writer is None:
            raise DatabaseUnusable(_("{path}: the database is not open").format(path=self.path))
        async with self._write_lock:
            writer = self._writer
            # The connection's thread finishes what it was given also when nobody waits any more, in order: a transaction that
            # was asked for when the cancellation came is there, and must be ended.
            try:
                await asyncio.shield(writer.execute("BEGIN IMMEDIATE"))
                yield writer
                await words.write_due(writer)
                await asyncio.shield(writer.execute("COMMIT"))
            except BaseException as error:
                await asyncio.shield(asyncio.ensure_future(_roll_back(writer)))
                if _is_full(error):
                    raise DiskFull(_("There is no room left on the disk of {path}.").format(path=self.path.parent)) from error
                raise
            await self._read_revision()

    async def per_revision(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """What `compute` gives, worked out once for each revision of the library."""
        before = self.revision
        if key in self._memo:
            found: T = self._memo[key]
            return found
        found = await compute()
        if before == self.revision and len(self._memo) < MEMO_LIMIT:
            self._memo[key] = found
        return found

    def changes(self, *parts: Part) -> tuple[int, ...]:
        """How often each of these parts changed."""
        return tuple(self._changes.get(part, 0) for part in parts)

    async def per_change(self, parts: Sequence[Part], key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """What `compute` gives, worked out anew when one of `parts` changed; it depends on nothing else but `key`."""
        before, (known, found) = self.changes(*parts), self._memo_of_parts.get(key, ((), None))
        if known == before:
            self._memo_of_parts.move_to_end(key)
            kept: T = found
            return kept
        made = await compute()
        if before == self.changes(*parts):
            self._memo_of_parts[key] = before, made
            self._memo_of_parts.move_to_end(key)
            if len(self._memo_of_parts) > PARTS_LIMIT:
                self._memo_of_parts.popitem(last=False)
        return made

    def remembers(self, parts: Sequence[Part], key: Hashable) -> bool:
        """Whether `per_change` has this worked out already."""
        return self._memo_of_parts.get(key, ((), None))[0] == self.changes(*parts)

    async def _read_revision(self) -> None:
        """Take note of the revision; nobody else writes, so that reading it here is enough."""
        if self._writer is not None:
            self._note(await self._writer.execute_fetchall(NUMBERS))

    def _note(self, rows: Iterable[Row]) -> None:
        """What NUMBERS found."""
        numbers = {str(row[0]): int(row[1]) for row in rows}
        current = numbers.pop("revision")
        self._changes = numbers
        if current != self.revision:
            self.revision = current
            self._memo.clear()

    @property
    def _unclean_marker(self) -> Path:
        """Exists while the database is open: found at start, it tells of a kill or a power cut."""
        return self.path.with_name(self.path.name + ".open")

    async def _open_writer(self) -> aiosqlite.Connection:
        self._writer = writer = await aiosqlite.connect(self.path, isolation_level=None, cached_statements=256)
        writer.row_factory = sqlite3.Row
        for pragma in (*PRAGMAS, f"PRAGMA cache_size = -{WRITER_CACHE_KIB}"):
            await writer.execute(pragma)
        return writer

    async def _check(self) -> None:
        """Integrity after an unclean stop. Raises DatabaseUnusable when the file is damaged."""
        problems = await self.integrity()
        if problems:
            raise DatabaseUnusable(
                _("{path}: the integrity check after an unclean stop found {found}").format(path=self.path, found=problems[0]),
                hint=_("Put a backup in its place; the photos themselves are untouched."),
            )

    async def integrity(self) -> list[str]:
        """What SQLite's quick check finds wrong, worst case ten lines; empty when the file is sound."""
        if self._writer is None:
            raise DatabaseUnusable(_("{path}: the database is not open").format(path=self.path))
        found: Iterable[sqlite3.Row] = await self._writer.execute_fetchall("PRAGMA quick_check(10)")
        return [str(row[0]) for row in found if row[0] != "ok"]

    async def repair_words(self) -> list[str]:
        """Check the index of words, and write it anew when something is wrong with it; returns what was."""
        if self._writer is None:
            raise DatabaseUnusable(_("{path}: the database is not open").format(path=self.path))
        async with self._write_lock:
            found = await words.problems(self._writer)
            if found:
                await words.rewrite(self._writer)
                await words.open_words(self._writer)
                await bump(self._writer)
                await self._read_revision()
            return found

    async def rewrite_words(self) -> None:
        """Write the index of words anew, whether something is wrong with it or not."""
        if self._writer is None:
            raise DatabaseUnusable(_("{path}: the database is not open").format(path=self.path))
        async with self._write_lock:
            await words.rewrite(self._writer)
            await words.open_words(self._writer)
            await bump(self._writer)
            await self._read_revision()

    async def outside_transaction(self, sql: str) -> None:
        """A statement that SQLite does not allow in a transaction, such as VACUUM."""
        if self._writer is None:
            raise DatabaseUnusable(_("{path}: the database is not open").format(path=self.path))
        async with self._write_lock:
            await self._writer.execute(sql)


def _is_full(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


async def _roll_back(writer: aiosqlite.Connection) -> None:
    """End the transaction, when it came to one."""
    await writer.execute("SELECT 1")  # what was given to the thread before is done when this is
    if writer.in_transaction:
        await writer.execute("ROLLBACK")
