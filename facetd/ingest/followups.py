"""What follows from a scan or a change: work over the whole library that is due when something it depends on came.

One round runs at a time; after changes it waits for a moment of quiet, so that many photos copied at once are dealt with once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from facetd.errors import Unavailable

logger = logging.getLogger(__name__)
QUIET_S = 2.0
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
    """All of them: lanes side by side, the works of a lane in order."""

    def __init__(self, *lanes: Sequence[Followup]) -> None:
        self._lanes = lanes
        self._running = asyncio.Lock()
        self._soon: asyncio.Task[None] | None = None

    async def run(self, tell: Tell = lambda _phase: None) -> None:
        """Do what is due. What cannot be done now is left for another time, with a line in the log."""
        async with self._running, asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._follow(lane, tell))

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
