"""Keeping the inference process: started when it is needed, ended when it rests or cannot be trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer import wire
from facetd.infer.link import Link, Lost

START_S = 60.0
START_TRIES = 3


class Keeper:
    """At most one process at a time. It rests `idle_s` after the last `rest`, and is ended then if `unused` still holds.

    `opening` makes the message that a new process is started with; its argument is whether to load every network ahead of its use, or,
    for a question, none but those that it needs.
    """

    def __init__(self, opening: Callable[[bool], wire.Json], idle_s: float, unused: Callable[[], bool]) -> None:
        self._opening = opening
        self._idle_s = idle_s
        self._unused = unused
        self._link: Link | None = None
        self._starting = asyncio.Lock()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def started(self) -> bool:
        """Whether there is a process."""
        return self._link is not None

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return self._link.pid if self._link else None

    async def link(self, *, ahead: bool = True) -> Link:
        """The process; a new one where there is none that lives. Raises Unavailable."""
        async with self._starting:
            if self._link is not None and not self._link.alive:
                await self._end(kill=True)
            if self._link is None:
                self._link = await _started(self._opening(ahead))
            return self._link

    async def drop(self, link: Link) -> None:
        """End a process that cannot be trusted any more, unless somebody did already."""
        async with self._starting:
            if self._link is link:
                await self._end(kill=True)

    async def stop(self) -> None:
        """End the process now."""
        self.busy()
        async with self._starting:
            await self._end(kill=True)
        await asyncio.gather(*self._ending, return_exceptions=True)

    def busy(self) -> None:
        """The process is used: it does not rest."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def rest(self) -> None:
        """Set the clock for the end of an idle process; set again by each use."""
        self.busy()
        self._idle_timer = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        if self._unused():
            task = asyncio.create_task(self._end_quietly())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _end_quietly(self) -> None:
        async with self._starting:
            if self._unused():
                await self._end(kill=False)

    async def _end(self, *, kill: bool) -> None:
        if self._link is not None:
            link, self._link = self._link, None
            await (link.kill() if kill else link.close())


async def _started(opening: wire.Json) -> Link:
    """A process that is ready. Raises Unavailable."""
    lost: Exception = Lost("")
    for _attempt in range(START_TRIES):
        try:
            return await Link.start(opening, START_S)
        except (Lost, OSError) as error:
            lost = error
    raise Unavailable(_("The inference process does not start: {why}").format(why=lost)) from lost
