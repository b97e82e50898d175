"""The composition root: builds the rooms, starts and stops them in order. Nothing else knows everybody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from facetd.accounts.authentication import Authentication
from facetd.accounts.userfile import change_users, set_hash
from facetd.accounts.viewers import single_viewer
from facetd.config import Config, LoadedConfig, load_config
from facetd.db import roots as db_roots
from facetd.errors import FacetdError
from facetd.house import House, check_settings, open_house
from facetd.infer.catalogue import PACK_FILE
from facetd.infer.measure import packs_folder
from facetd.ingest.scan import ScanOptions
from facetd.ingest.service import Ingest
from facetd.library.captioning import Wanted
from facetd.library.captions import may_write
from facetd.library.roots import real_path
from facetd.listening import Address, is_guarded, listen, require_login, socket_path
from facetd.records.viewer import Viewer
from facetd.watch.change import Change
from facetd.watch.exclude import Excludes
from facetd.watch.lookout import Settings as WatchSettings
from facetd.watch.watcher import Watcher
from facetd.wiring import make_services

logger = logging.getLogger(__name__)
CONFIG_POLL_S = 2.0
BATCHES_AT_ONCE = 8


class Daemon:
    """The running facetd: library, pipeline, watcher and web side, until it is told to stop.

    A changed configuration (SIGHUP, or a written file) is taken over without ending the process; one that is not valid
    is reported and the old one stays. So are packs of models that were installed or removed.
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
        self._packs: frozenset[tuple[str, int, int]] = frozenset()
        self._captions_left: tuple[Viewer, Wanted] | None = None
        self._authentication: Authentication | None = None
        self.started = asyncio.Event()
        self.house: House | None = None
        self.port = address.port

    def stop(self) -> None:
        """End soon, in order."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until stopped. Raises FacetdError when it cannot start."""
        require_login(self._address, self._loaded.config)
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
        self._packs = await asyncio.to_thread(installed_packs, self._data)
        async with AsyncExitStack() as stack:
            opening = open_house(self._data, config, socket=str(socket), roots_changed=self._watch_roots)
            self.house = house = await stack.enter_async_context(opening)
            await house.add_configured()
            await house.add_directories(self._photos)
            services = make_services(house, keep_hash=self._keep_hash)
            self._authentication = services.authentication
            await services.authentication.end_absent()
            stack.push_async_callback(services.darktable.stop)
            house.ingest.listener = await services.plugins.start() or house.ingest.listener
            stack.push_async_callback(services.plugins.stop)
            self.port = await listen(stack, services, self._address, socket)
            self._address = replace(self._address, port=self.port)
            await stack.enter_async_context(self._watching(house))
            house.ingest.start_scan(await house.ingest.parts_for([]), ScanOptions(settle_s=config.scanning.settle_s))
            house.ingest.sidecars.start()
            house.ingest.capsules.start(lambda: everybody(house, services.authentication))
            await self._go_on(house, services.authentication)
            self.started.set()
            await self._until_told()
            self._captions_left = house.captioning.rest

    async def _go_on(self, house: House, authentication: Authentication) -> None:
        """Go on with the job that another configuration interrupted, if who began it still may: with what they see and may do now."""
        if self._captions_left is None:
            return
        viewer = await authentication.as_now(self._captions_left[0])
        if viewer is not None and may_write(viewer):
            house.captioning.start(viewer, self._captions_left[1])

    async def _end_what_is_over(self) -> None:
        """End what users opened who are gone, and the job of somebody who may do such things no more."""
        if self._authentication is not None:
            await self._authentication.end_absent()
        owner = self.house.captioning.owner if self.house is not None else None
        if self.house is None or self._authentication is None or owner is None:
            return
        now = await self._authentication.as_now(owner)
        if now is None or not may_write(now):
            await self.house.captioning.cancel()

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
        """Until the end, or until there is a new and valid configuration, or another pack of models: then everything opens anew."""
        stamp = None  # the file may have changed since it was read: the library was being opened
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
                await self._end_what_is_over()
            if await asyncio.to_thread(installed_packs, self._data) != self._packs:
                logger.info("the installed packs of models changed")
                return

    async def _keep_hash(self, name: str, made: str) -> None:
        """Write a user's new password hash into the configuration; nobody else is disturbed."""
        await asyncio.to_thread(change_users, self._loaded.path, lambda users: set_hash(users, name, made))
        config = self._loaded.config  # what else is in the file by now is taken over as any other change
        if name in config.users:
            user = config.users[name].model_copy(update={"password_hash": made})
            self._loaded = replace(self._loaded, config=config.model_copy(update={"users": {**config.users, name: user}}))

    def _take_over(self) -> bool:
        """Load the configuration anew; whether everything has to be opened anew for it.

        One that cannot be used is told in the log. When only who may sign in changed, that is in force at once.
        """
        try:
            loaded = load_config(self._loaded.path)
            check_settings(loaded.config)
        except FacetdError as error:
            logger.error("the configuration was changed and cannot be used, the old one stays: %s", error)
            return False
        before, self._loaded = self._loaded.config, loaded
        if loaded.config == before:
            return False
        if not is_guarded(self._address, loaded.config):
            logger.error("there are no users and no password any more: the daemon answers nobody at %s until there are", self._address.host)
        for warning in loaded.warnings:
            logger.warning("%s: %s", loaded.path, warning)
        if self._authentication is not None and _same_house(before, loaded.config):
            self._authentication.take(loaded.config)
            return False
        return True


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


def installed_packs(data: Path) -> frozenset[tuple[str, int, int]]:
    """What tells one set of installed packs from another: the name of each, and which file describes it since when."""
    found = set()
    for path in packs_folder(data).glob(f"[!.]*/{PACK_FILE}"):
        with contextlib.suppress(OSError):
            facts = path.stat()
            found.add((path.parent.name, facts.st_ino, facts.st_mtime_ns))
    return frozenset(found)


async def everybody(house: House, authentication: Authentication) -> list[Viewer]:
    """All users; in single-user mode its one viewer."""
    if not authentication.multi_user:
        return [await single_viewer(house.db)]
    return [await authentication.users.viewer(user) for user in (await authentication.users.all()).values()]


def _same_house(one: Config, other: Config) -> bool:
    """Whether two configurations differ in nothing but who may sign in with which password and role."""
    if bool(one.users) != bool(other.users):
        return False
    directories = [{name: user.directories for name, user in config.users.items()} for config in (one, other)]
    return directories[0] == directories[1] and one.model_copy(update={"users": other.users}) == other


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size
