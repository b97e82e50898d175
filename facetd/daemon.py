"""The composition root: builds the rooms, starts and stops them in order. Nothing else knows everybody."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from facetd.accounts.viewers import require_single_user, single_viewer
from facetd.config import Config, LoadedConfig, load_config
from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.errors import ConfigError, Conflict, FacetdError
from facetd.http.app import make_app
from facetd.http.control import make_control_app
from facetd.http.services import Services
from facetd.ingest.lock import DataLock
from facetd.ingest.renditions import Renditions
from facetd.ingest.scan import Part, ScanOptions
from facetd.ingest.service import Ingest
from facetd.ingest.workers import Workers
from facetd.library.browse import Browse
from facetd.library.gallery import Gallery
from facetd.library.roots import add_configured, add_directories, find_root, make_root, real_path
from facetd.records import Root
from facetd.score.rules import Rules
from facetd.watch import Change, Excludes, Watcher
from facetd.watch.lookout import Settings as WatchSettings

logger = logging.getLogger(__name__)
DATABASE_NAME = "library.db"
CONFIG_POLL_S = 2.0
BATCHES_AT_ONCE = 8
SHUTDOWN_S = 1.5  # for requests that are being answered when the daemon is told to end
LONGEST_LINE = 64 * 1024  # bytes of a request's address; what is too long for a parameter is then told by its name
SOCKET_PATH_LIMIT = 107  # bytes, of sun_path


@dataclass(frozen=True, slots=True)
class Address:
    """Where the daemon listens. `insecure` allows addresses beyond loopback without a login."""

    host: str = "127.0.0.1"
    port: int = 5000
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """An open library with its pipeline; what the command line needs, and the daemon builds on.

    `roots_changed` is told when a root came or went.
    """

    data: Path
    config: Config
    db: Database
    ingest: Ingest
    roots_changed: Callable[[], Awaitable[None]]

    async def add_directories(self, directories: Sequence[str]) -> list[Part]:
        """Roots for directories that are in none; the parts to scan, all roots without any directory."""
        await add_directories(self.db, self.data, directories)
        await self.roots_changed()
        return await self.ingest.parts_for([real_path(directory) for directory in directories])

    async def add_configured(self) -> None:
        """Roots for the directories of the configuration, as far as they are there."""
        await add_configured(self.db, self.data, self.config.scanning.directories)
        await self.roots_changed()

    async def list_roots(self) -> list[tuple[Root, int]]:
        """Every root with the number of its photos."""
        return [(root, await db_roots.photo_count(self.db, root.id)) for root in await db_roots.roots(self.db)]

    async def add_root(self, directory: str) -> Root:
        """A root at this very directory, also inside another root. Raises InvalidInput."""
        self._require_rest()
        root = await make_root(self.db, self.data, directory)
        await self.roots_changed()
        return root

    async def rename_root(self, name: str, new_name: str) -> None:
        """Raises NotFound, InvalidInput."""
        await db_roots.rename_root(self.db, (await find_root(self.db, name)).id, new_name)

    async def remove_root(self, name: str) -> None:
        """Take a root out of the library. Raises NotFound, and Conflict during a scan."""
        self._require_rest()
        await db_roots.remove_root(self.db, (await find_root(self.db, name)).id)
        await self.roots_changed()

    def _require_rest(self) -> None:
        if self.ingest.scanning:
            raise Conflict("a scan is running", hint="Wait for it, or cancel it first (`facetd scan --cancel`).")


async def _nobody() -> None:
    """Nobody wants to know about roots."""


@asynccontextmanager
async def open_house(
    data: Path,
    config: Config,
    *,
    socket: str | None = None,
    workers: Workers | None = None,
    roots_changed: Callable[[], Awaitable[None]] = _nobody,
) -> AsyncIterator[House]:
    """Open the library in `data` for writing, alone. Raises Conflict, ConfigError, DatabaseUnusable, FacetdError.

    `workers` replaces the decode workers that the configuration asks for.
    """
    scanning = config.scanning
    decoders = workers or Workers(scanning.workers, memory_mb=scanning.worker_memory_mb, timeout_s=scanning.timeout_s)
    lock = DataLock(data)
    try:
        make_folder(data)
        lock.acquire(socket)
    except OSError as error:
        raise FacetdError(f"{data}: cannot be the data folder: {error.strerror}", hint="Choose another one with --data.") from error
    try:
        async with Database(data / DATABASE_NAME, readers=config.server.readers) as db:
            ingest = Ingest(db, data, config, decoders)
            await ingest.start()
            try:
                yield House(data, config, db, ingest, roots_changed)
            finally:
                await ingest.stop()
    finally:
        lock.release()


def make_folder(path: Path) -> None:
    """A folder for nobody else."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def check_settings(config: Config) -> None:
    """What only the rooms know to be wrong with a configuration. Raises ConfigError."""
    require_single_user(config)
    Rules.from_config(config)


def make_services(house: House) -> Services:
    """What the web side needs of an open library."""

    async def ready() -> None:
        await house.db.row("SELECT 1 FROM meta")

    return Services(
        config=house.config,
        data=house.data,
        gallery=Gallery(house.db, house.config, house.ingest.judge),
        browse=Browse(house.db, house.config),
        ingest=house.ingest,
        renditions=Renditions(house.ingest.renditions_folder, house.ingest.workers, house.config),
        viewer=lambda: single_viewer(house.db),
        ready=ready,
        household=house,
    )


def socket_path(data: Path) -> Path:
    """Where the daemon's own Unix socket lies: in $XDG_RUNTIME_DIR, else below the data folder when the path is short enough.

    The name follows from the data folder, so that the one a killed daemon left is used again.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    name = f"facetd-{hashlib.blake2b(os.fsencode(data), digest_size=6).hexdigest()}.sock"
    folder = Path(runtime) if runtime and os.access(runtime, os.W_OK) else data / "run"
    path = folder / name
    if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
        raise ConfigError(f"{path}: too long for a socket", hint="Set XDG_RUNTIME_DIR to a short path, or choose a shorter --data.")
    return path


class Daemon:
    """The running facetd: library, pipeline, watcher and web side, until it is told to stop.

    A changed configuration (SIGHUP, or a written file) is taken over without ending the process; one that is not valid
    is reported and the old one stays.
    """

    def __init__(self, data: Path, loaded: LoadedConfig, photos: Sequence[str], address: Address) -> None:
        self._data = data
        self._loaded = loaded
        self._photos = photos
        self._address = address
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._watcher: Watcher | None = None
        self._watched: set[int] = set()
        self.started = asyncio.Event()
        self.house: House | None = None
        self.port = address.port

    def stop(self) -> None:
        """End soon, in order."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until stopped. Raises FacetdError when it cannot start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        while not self._stop.is_set():
            self._reload.clear()
            await self._serve()

    async def _serve(self) -> None:
        """One life with one configuration."""
        config = self._loaded.config
        check_settings(config)
        socket = socket_path(self._data)
        async with AsyncExitStack() as stack:
            opening = open_house(self._data, config, socket=str(socket), roots_changed=self._watch_roots)
            self.house = house = await stack.enter_async_context(opening)
            await house.add_configured()
            await house.add_directories(self._photos)
            await self._listen(stack, make_services(house), socket)
            await stack.enter_async_context(self._watching(house))
            house.ingest.start_scan(await house.ingest.parts_for([]), ScanOptions(settle_s=config.scanning.settle_s))
            self.started.set()
            await self._until_told()

    async def _listen(self, stack: AsyncExitStack, services: Services, socket: Path) -> None:
        make_folder(socket.parent)
        control = web.AppRunner(make_control_app(services), shutdown_timeout=SHUTDOWN_S)
        await control.setup()
        stack.push_async_callback(control.cleanup)
        previous = os.umask(0o177)
        try:
            await web.UnixSite(control, str(socket)).start()
        finally:
            os.umask(previous)
        stack.callback(socket.unlink, missing_ok=True)
        app = make_app(services, any_host=self._address.insecure)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S, max_line_size=LONGEST_LINE)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, self._address.host, self._address.port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            where = f"{self._address.host}:{self._address.port}"
            raise FacetdError(f"cannot listen on {where}: {error.strerror}", hint="Choose another port with --port.") from error
        self.port = int(runner.addresses[0][1])
        self._address = replace(self._address, port=self.port)

    @asynccontextmanager
    async def _watching(self, house: House) -> AsyncIterator[None]:
        scanning = house.config.scanning
        if not scanning.watch:
            yield
            return
        excludes = Excludes((*scanning.exclude, *scanning.also_exclude))
        never = frozenset({real_path(str(house.data))})
        settings = WatchSettings(excludes, never=never, settle_s=scanning.settle_s, rescan_interval_s=scanning.rescan_interval_s)
        self._watcher, self._watched = (watcher := Watcher(settings)), set()
        await watcher.start()
        await self._watch_roots()
        following = asyncio.create_task(_follow(watcher, house.ingest))
        try:
            yield
        finally:
            self._watcher = None
            await watcher.stop()
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    async def _watch_roots(self) -> None:
        """Watch every root of the library and nothing else."""
        if self._watcher is None or self.house is None:
            return
        wanted = {root.id: root.path for root in await db_roots.roots(self.house.db)}
        for number in self._watched - wanted.keys():
            self._watcher.remove_root(number)
        for number in wanted.keys() - self._watched:
            self._watcher.add_root(number, wanted[number])
        self._watched = set(wanted)

    async def _until_told(self) -> None:
        """Until the end, or until a new and valid configuration is there."""
        stamp = _stamp(self._loaded.path)
        while not self._stop.is_set():
            waits = [asyncio.create_task(self._stop.wait()), asyncio.create_task(self._reload.wait())]
            _, pending = await asyncio.wait(waits, timeout=CONFIG_POLL_S, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            current = await asyncio.to_thread(_stamp, self._loaded.path)
            if not self._stop.is_set() and (self._reload.is_set() or current != stamp):
                stamp = current
                self._reload.clear()
                if self._take_over():
                    return

    def _take_over(self) -> bool:
        """Load the configuration anew; False, with the reason in the log, when it cannot be used."""
        try:
            loaded = load_config(self._loaded.path)
            check_settings(loaded.config)
        except ConfigError as error:
            logger.error("the configuration was changed and cannot be used, the old one stays: %s", error)
            return False
        for warning in loaded.warnings:
            logger.warning("%s: %s", loaded.path, warning)
        changed = loaded.config != self._loaded.config
        self._loaded = loaded
        return changed


async def _follow(watcher: Watcher, ingest: Ingest) -> None:
    """Take over what the watcher sees, batches side by side: a copied photo does not wait for a folder of thousands."""
    free = asyncio.Semaphore(BATCHES_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        async for change in watcher.changes():
            await free.acquire()  # meanwhile the watcher merges what comes
            group.create_task(_apply(ingest, change)).add_done_callback(lambda _: free.release())


async def _apply(ingest: Ingest, change: Change) -> None:
    """Take over one batch; one that fails is logged, and the next scan makes good."""
    try:
        await ingest.apply(change)
    except Exception:
        logger.exception("changes in %s could not be taken over; the next scan will", change.root)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size
