"""Decode workers: separate processes with a time limit per photo, a memory limit, and crashes that cost one photo."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import resource
import signal
import threading
import time
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from facetd.errors import DiskFull, MediaError, Unavailable
from facetd.i18n import _
from facetd.ingest.nursery import open_nursery
from facetd.ingest.tasks import VisitResult, VisitTask
from facetd.records.sightings import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")
IDLE_S = 60.0  # without a visit, after which the workers end
WORKER_LIFE = 2000  # visits after which a worker is replaced, against slow leaks in decoders
STUCK_S = 20.0  # without any work going on, though there is some, after which a pool is given up
JOIN_S = 10.0  # for a pool to end
TRIES = 3  # of work whose worker is killed from outside: by a system short of memory, by an impatient person


def default_workers() -> int:
    """One for each core that this process may use, leaving nothing for luck: the daemon itself needs little."""
    return max(1, len(os.sched_getaffinity(0)))


def _visit(task: VisitTask) -> VisitResult:
    """Runs in the worker; the import stays out of the daemon."""
    from facetd.ingest.visit import visit  # noqa: PLC0415

    return visit(task)


def _render(path: str, orientation: int, quality: int, target: Path, scratch: Path, max_megapixels: float) -> None:
    """Runs in the worker: a browser's JPEG of a RAW, HEIF, TIFF or JPEG XL file."""
    from facetd.media.headers import check_limits, read_header  # noqa: PLC0415
    from facetd.media.render import render_jpeg  # noqa: PLC0415

    header = read_header(path)
    check_limits(header, max_megapixels=max_megapixels)
    render_jpeg(path, header, orientation, quality, target, scratch=scratch)


def _prepare(memory_mb: int) -> None:
    """Limit a fresh worker: memory on top of what the libraries took, low priority, and Ctrl-C is the daemon's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders talk about damaged files; the failures list says it better
    with open("/proc/self/statm", encoding="ascii") as statm:
        base = int(statm.read().split()[0]) * resource.getpagesize()
    limit = base + memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


class Stuck(Exception):
    """The pool has work and does none of it."""


class Workers:
    """The pool. Started by the first visit and ended after a minute without one, so that an idle NAS gets its memory back.

    `memory_mb` is what a worker may take for one photo; `timeout_s` how long one photo may take. `visit` runs in a worker.
    """

    def __init__(
        self, count: int, *, memory_mb: int, timeout_s: float, visit: Callable[[VisitTask], VisitResult] = _visit, idle_s: float = IDLE_S
    ) -> None:
        self.count = count or default_workers()
        self._memory_mb = memory_mb
        self._timeout_s = timeout_s
        self._pool: ProcessPool | None = None
        self._starting: asyncio.Task[bool] | None = None
        self._heavy = asyncio.Semaphore(1)
        # One for each core at work, also for models that run on the processor, and one that is on its way: no core waits for the daemon.
        self.slots = asyncio.Semaphore(self.count + 1)
        self._visit = visit
        self._idle_s = idle_s
        self._busy = 0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._futures: set[ProcessFuture[Any]] = set()  # what the pool was given and has not answered

    @property
    def started(self) -> bool:
        """Whether there are worker processes."""
        return self._pool is not None

    def start(self) -> None:
        """Begin to start the processes, if there are none; a visit waits for them, nothing else does."""
        if self._pool is None:
            self._pool = pool = ProcessPool(
                max_workers=self.count, max_tasks=WORKER_LIFE, initializer=_prepare, initargs=[self._memory_mb], context=open_nursery()
            )
            self._starting = asyncio.create_task(asyncio.to_thread(lambda: bool(pool.active)))  # asking starts it, and takes its time

    async def visit(self, task: VisitTask) -> VisitResult:
        """Visit one file. A crash or a hang comes back as a recorded failure of every kind asked for. Raises DiskFull."""
        async with self.slots:
            result = await self._guarded(task)
        if result.too_heavy:
            async with self._heavy, self.slots:
                result = await self._guarded(dataclasses.replace(task, heavy=True, content_hash=result.content_hash))
        return result

    async def render(self, path: str, orientation: int, quality: int, target: Path, scratch: Path, max_megapixels: float) -> None:
        """Write a full-size JPEG of `path` to `target`. Raises MediaError, also for a decoder that hangs or crashes."""
        async with self._heavy:
            try:
                await self._run(_render, path, orientation, quality, target, scratch, max_megapixels)
            except (TimeoutError, FutureTimeout, ProcessExpired, MemoryError, OSError) as error:
                raise MediaError("render", _("The photo could not be converted for the browser.")) from error

    async def compute(self, function: Callable[..., T], *arguments: object, timeout_s: float) -> T:
        """What `function` gives, called in a worker. Raises Unavailable when it crashes, hangs or needs too much memory."""
        try:
            return await self._run(function, *arguments, timeout_s=timeout_s)
        except (TimeoutError, FutureTimeout) as error:
            raise Unavailable(_("The computation took longer than {limit:g} s.").format(limit=timeout_s)) from error
        except (ProcessExpired, MemoryError) as error:
            hint = _("It may need more memory than scanning.worker_memory_mb ({limit}) allows.").format(limit=self._memory_mb)
            raise Unavailable(_("The computation crashed."), hint=hint) from error

    async def _guarded(self, task: VisitTask) -> VisitResult:
        try:
            return await self._run(self._visit, task)
        except (TimeoutError, FutureTimeout):
            failure = Failure("timeout", _("Reading the photo took longer than {limit:g} s.").format(limit=self._timeout_s))
        except ProcessExpired as error:
            failure = Failure("crash", _("The decoder crashed on this file (exit code {code}).").format(code=error.exitcode))
        except MemoryError:
            failure = Failure(
                "memory", _("The picture needs more than {limit} MB (scanning.worker_memory_mb).").format(limit=self._memory_mb)
            )
        except CancelledError:
            raise asyncio.CancelledError from None
        except DiskFull:
            raise
        except Exception as error:
            failure = Failure("unexpected", _("An unexpected error: {error}.").format(error=f"{type(error).__name__}: {error}"))
        return await asyncio.to_thread(_failed_result, task, failure)

    async def _run(self, function: Callable[..., T], *arguments: object, timeout_s: float | None = None) -> T:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._busy += 1
        try:
            return await self._run_in_pool(function, arguments, timeout_s or self._timeout_s)
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle_timer = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    async def _run_in_pool(self, function: Callable[..., T], arguments: Sequence[object], timeout_s: float) -> T:
        """Once more when a worker was killed. A pool breaks when that happens while none has anything to do; it is replaced."""
        lost: Exception | None = None
        for _attempt in range(TRIES):
            pool = await self._ready_pool()
            try:
                future = pool.schedule(function, args=list(arguments), timeout=timeout_s)
            except RuntimeError as error:  # it broke before
                lost = error
                await self._replace(pool)
                continue
            self._futures.add(future)
            try:
                return await self._answer(future, timeout_s)
            except (BrokenProcessPool, Stuck) as error:
                lost = error
                await self._replace(pool)
            except ProcessExpired as error:
                if error.exitcode != -signal.SIGKILL:
                    raise
                lost = error
            except asyncio.CancelledError:
                future.cancel()  # type: ignore[no-untyped-call]  # pebble is not fully typed
                raise
            finally:
                self._futures.discard(future)
        raise ProcessExpired(str(lost), code=-signal.SIGKILL)  # type: ignore[no-untyped-call]  # pebble is not fully typed

    async def _answer(self, future: ProcessFuture[T], timeout_s: float) -> T:
        """The outcome of `future`. Raises Stuck when the pool does not work on: a worker killed at a bad moment takes a lock with it."""
        wrapped = asyncio.wrap_future(future)
        began: float | None = None
        idle_since = time.monotonic()
        while not (await asyncio.wait({wrapped}, timeout=min(1.0, STUCK_S)))[0]:
            now = time.monotonic()
            if future.running():
                began = began or now
            if any(other.running() for other in self._futures):
                idle_since = now
            if now - idle_since > STUCK_S or (began is not None and now - began > timeout_s + STUCK_S):
                wrapped.cancel()
                raise Stuck
        return wrapped.result()

    async def _replace(self, pool: ProcessPool) -> None:
        """End a broken pool, unless somebody did already; the next visit starts another one."""
        if self._pool is pool:
            await self.stop()

    def _end_idle(self) -> None:
        if not self._busy:
            task = asyncio.create_task(self.stop())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _ready_pool(self) -> ProcessPool:
        self.start()
        pool, starting = self._pool, self._starting
        if pool is None or starting is None:
            raise RuntimeError("the workers have not been started")
        await asyncio.shield(starting)
        return pool

    async def stop(self) -> None:
        """End every worker now; the next visit starts new ones."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._pool is not None:
            pool, self._pool = self._pool, None
            if self._starting is not None:
                await asyncio.wait([self._starting], timeout=JOIN_S)
            await asyncio.to_thread(_end, pool)


def _end(pool: ProcessPool) -> None:
    """Stop a pool and its processes, also one that is stuck."""
    pool.stop()  # type: ignore[no-untyped-call]  # pebble is not fully typed
    joining = threading.Thread(target=pool.join, daemon=True)
    joining.start()
    joining.join(JOIN_S)
    if joining.is_alive():
        manager: Any = getattr(pool, "_pool_manager", None)
        for process in list(getattr(getattr(manager, "worker_manager", None), "workers", {}).values()):
            process.kill()
        joining.join(1.0)


def _failed_result(task: VisitTask, failure: Failure) -> VisitResult:
    """The record of a visit that did not come back: what the file is, as far as the directory tells, and why it failed."""
    result = VisitResult(failures=dict.fromkeys(task.kinds, failure), content_hash=task.content_hash or "")
    try:
        facts = os.stat(task.path)
    except OSError:
        result.gone = True
        return result
    result.size, result.mtime_ns = facts.st_size, facts.st_mtime_ns
    return result
