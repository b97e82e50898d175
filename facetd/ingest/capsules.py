"""Making capsules in the background: one list at a time, for whoever asks for them, anew when the period ends or the library changed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from facetd.db import capsules as db_capsules
from facetd.db import roots as db_roots
from facetd.db.capsules import ListKey, StoredList
from facetd.db.connection import Database
from facetd.errors import FacetdError
from facetd.ingest import errands
from facetd.ingest.workers import Workers
from facetd.records.capsules import CapsuleOccasion

if TYPE_CHECKING:
    from facetd.config.capsules import Capsules
    from facetd.records.viewer import Viewer

logger = logging.getLogger(__name__)
VERSION = 1  # of the way of making them; another one makes all anew
TIMEOUT_S = 1800.0
CHANGED_SHARE = 0.01  # of the photos: from so many changes on a list is made anew
PAUSE_S, PAUSE_TIMES = 60.0, 30  # between makings for changes: at least so long, and so many times as long as one takes
RETRY_S = 600.0  # after one that failed
KEPT_DAYS = 60  # a list nobody asked for is forgotten
Viewers = Callable[[], Awaitable[Sequence["Viewer"]]]
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  local wall time


async def _nobody() -> Sequence[Viewer]:
    """For those who ask only."""
    return ()


class CapsuleMaking:
    """Keeps the lists in step. Nothing is made before `start`; then as a follow-up of scans, by the clock, and when asked.

    `made` is told of each list that was made. `clock` gives the local wall time.
    """

    name = "capsules"

    def __init__(
        self,
        db: Database,
        workers: Workers,
        rules: Capsules,
        made: Callable[[ListKey], None] = lambda _key: None,
        clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._db = db
        self._workers = workers
        self._rules = rules
        self._made = made
        self._clock = clock
        self._viewers: Viewers = _nobody
        self._recipe = hashlib.blake2b(f"{VERSION} {rules.model_dump_json()}".encode(), digest_size=8).hexdigest()
        self._wake = asyncio.Event()
        self._rest = asyncio.Event()  # nothing is to be made
        self._rest.set()
        self._task: asyncio.Task[None] | None = None
        self._asked: dict[ListKey, None] = {}  # to be looked at, in order
        self._wanted: set[ListKey] = set()  # of these: to be made in any case
        self._all = False
        self._current: ListKey | None = None
        self._failed: dict[ListKey, float] = {}
        self._seen: dict[ListKey, tuple[int, int]] = {}  # the revision and period in which a list was found to be in step
        self.version = 0  # grows with every list that was made

    @property
    def period(self) -> int:
        """The number of the period that goes on: days of local time, by default."""
        return int((self._clock() - EPOCH) / timedelta(hours=self._rules.freshness_hours))

    def start(self, viewers: Viewers | None = None) -> None:
        """From now on lists are made; `viewers` tells for whom before they ask."""
        self._viewers = viewers or self._viewers
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="capsules")

    async def stop(self) -> None:
        """End what runs; what is stored stays."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def is_making(self, key: ListKey) -> bool:
        """Whether a list is being made, or is to be made next."""
        return key == self._current or key in self._wanted

    def has_failed(self, key: ListKey) -> bool:
        """Whether making a list failed and was not tried again."""
        return key in self._failed

    def look_at(self, key: ListKey) -> None:
        """Somebody looks at a list: make it anew if it is outdated."""
        if self._seen.get(key) != (self._db.revision, self.period):
            self._ask(key)

    def want(self, key: ListKey) -> None:
        """Make a list now, whatever there is."""
        self._wanted.add(key)
        self._failed.pop(key, None)
        self._ask(key)

    async def due(self) -> bool:
        """Whether lists are made at all; which of them are outdated is looked up beside other work."""
        return self._task is not None

    async def run(self, tell: Callable[[str], None] = lambda _phase: None) -> None:
        """Look at every list soon; nobody waits for it."""
        self._all = True
        self._rest.clear()
        self._wake.set()

    async def settled(self) -> None:
        """Wait until nothing is to be made."""
        await self._rest.wait()

    def _ask(self, key: ListKey) -> None:
        if any(key.days):  # of certain days only the last one that the user asked for
            for other in [other for other in self._asked if other.user_id == key.user_id and any(other.days) and other != key]:
                del self._asked[other]
                self._wanted.discard(other)
        self._asked[key] = None
        self.start()
        self._rest.clear()
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            if self._all:
                await self._gather()
                self._all = False
            while self._asked:
                await self._look_at(next(iter(self._asked)))
            if self._all:
                continue
            self._rest.set()
            try:
                async with asyncio.timeout(self._until_next_period()):
                    await self._wake.wait()
            except TimeoutError:
                await self.run()

    def _until_next_period(self) -> float:
        """Seconds, and one more, so that it has begun."""
        length = timedelta(hours=self._rules.freshness_hours)
        return (length - (self._clock() - EPOCH) % length).total_seconds() + 1

    async def _gather(self) -> None:
        """Look at all lists, and at those of viewers who have none yet; at those of certain days only when somebody asks."""
        oldest = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).isoformat()
        stored = await db_capsules.lists(self._db)
        old = {each.id for each in stored if each.asked_at < oldest}
        for each in stored:
            if not any(each.key.days) and each.id not in old:
                self._asked[each.key] = None
        await db_capsules.forget(self._db, old)
        for viewer in await self._viewers():
            if any([await db_roots.listed_count(self._db, root) for root in viewer.root_ids]):
                self._asked[ListKey.of(viewer)] = None

    async def _look_at(self, key: ListKey) -> None:
        """Make one list if it is wanted or outdated. Whoever wants it from now on wants it once more."""
        wanted = key in self._wanted
        self._asked.pop(key, None)
        self._wanted.discard(key)
        self._current = key if wanted else None
        try:
            seen = self._db.revision, self.period
            stored = await db_capsules.find(self._db, key)
            now = {"recipe": self._recipe, "period": self.period, **await db_capsules.made_of(self._db, key)}
            if wanted or (self._is_outdated(stored, now) and not self._failed_lately(key)):
                await self._make(key, stored, now)
            if not self._rests(stored) and key not in self._failed:
                self._seen[key] = seen
        except FacetdError as error:
            logger.warning("capsules are left for another time: %s", error)
            self._failed[key] = time.monotonic()
        except Exception:  # of one list: others are made all the same
            logger.exception("capsules could not be made")
            self._failed[key] = time.monotonic()
        finally:
            self._current = None

    async def _make(self, key: ListKey, stored: StoredList | None, now: dict[str, Any]) -> None:
        self._current = key
        occasion = CapsuleOccasion(self._clock().date(), f"{key.user_id} {self.period}", stored.shuffle if stored else 0)
        began = time.monotonic()
        found = await self._workers.compute(
            errands.capsules, self._db.path, key.viewer, self._rules, key.days, occasion, timeout_s=TIMEOUT_S
        )
        took_s = time.monotonic() - began
        await db_capsules.save(self._db, key, now, datetime.now(UTC).isoformat(), took_s, found)
        self._failed.pop(key, None)
        self.version += 1
        self._made(key)

    def _is_outdated(self, stored: StoredList | None, now: dict[str, Any]) -> bool:
        """Whether a list that would be made `now` differs enough from the stored one; what was made just before rests in any case."""
        before = stored.made_of if stored else None
        if stored is None or before is None or stored.made_at is None:
            return True
        if any(before.get(name) != now[name] for name in ("recipe", "period")):
            return True
        if self._rests(stored):
            return False
        least = max(1, CHANGED_SHARE * now["photos"])
        counted = max(abs(now["photos"] - before["photos"]), now["changes"] - before["changes"])
        return counted >= least or any(before[name] != now[name] for name in ("people", "places", "ratings"))

    def _rests(self, stored: StoredList | None) -> bool:
        """Whether a list was made so lately that changes of the library can wait."""
        if stored is None or stored.made_at is None:
            return False
        pause = timedelta(seconds=max(PAUSE_S, PAUSE_TIMES * stored.took_s))
        return datetime.now(UTC) - datetime.fromisoformat(stored.made_at) < pause

    def _failed_lately(self, key: ListKey) -> bool:
        return key in self._failed and time.monotonic() - self._failed[key] < RETRY_S
