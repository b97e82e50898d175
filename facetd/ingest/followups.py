"""What follows from a scan or a change: work over the whole library that is due when something it depends on came.

One round runs at a time; after changes it waits for a moment of quiet, so that many photos copied at once are dealt with once. While
a scan goes on for long, there is a round now and then: people and places are not left for its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from facetd.errors import Unavailable

logger = logging.getLogger(__name__)
QUIET_S = 2.0
MEANWHILE_S = 300.0  # between rounds during a scan
MEANWHILE_PAUSE = 9  # times as long as a round took is the least pause after it
Tell = Callable[[str], None]


class Followup(Protocol):
    """One kind of work. `name` is for the log."""

    @property
    def name(self) -> str:
        """What it is about."""

    async def due(self) -> bool:
        """Whether there is anything to do; cheap."""

    async def run(self, tell: Tell) -> object:
        """Do it, telling the phase. Raises Unavailable when it cannot be done now; what is done by then stays."""


class Followups:
    """All of them: lanes side by side, the works of a lane in order, and one that is `last` of all."""

    def __init__(self, *lanes: Sequence[Followup], last: Followup | None = None) -> None:
        self._lanes = lanes
        self._last = [] if last is None else [last]
        self._running = asyncio.Lock()
        self._soon: asyncio.Task[None] | None = None

    async def run(self, tell: Tell = lambda _phase: None) -> None:
        """Do what is due. What cannot be done now is left for another time, with a line in the log."""
        async with self._running:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes:
                    group.create_task(self._follow(lane, tell))
            await self._follow(self._last, tell)

    async def run_until(self, end: asyncio.Event) -> None:
        """Do what is due now and then until `end`, a tenth of the time at most. A round that has begun is finished."""
        pause = MEANWHILE_S
        while not await _comes(end, pause):
            began = time.monotonic()
            try:
                await self.run()
            except Exception:
                logger.exception("what follows from photos is left for the end of the scan")
                return
            pause = max(MEANWHILE_S, MEANWHILE_PAUSE * (time.monotonic() - began))

    def run_soon(self) -> None:
        """Do what is due after a moment of quiet, in the background."""
        if self._soon is None or self._soon.done():
            self._soon = asyncio.create_task(self._run_later(), name="followups")

    async def stop(self) -> None:
        """Cancel what runs in the background."""
        if self._soon is not None:
            self._soon.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._soon

    async def _follow(self, lane: Sequence[Followup], tell: Tell) -> None:
        for work in lane:
            try:
                if await work.due():
                    await work.run(tell)
            except Unavailable as error:
                logger.warning("%s are left for another time: %s", work.name, error)

    async def _run_later(self) -> None:
        await asyncio.sleep(QUIET_S)
        soon, self._soon = self._soon, None  # what comes from here on asks for another turn
        try:
            await self.run()
        finally:
            if self._soon is None:
                self._soon = soon


async def _comes(event: asyncio.Event, within_s: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            return await event.wait()
    return False
