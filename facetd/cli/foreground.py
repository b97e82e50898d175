"""Work that this command does itself: followed by a view, ended by Ctrl-C or a request to terminate."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine

from facetd.ingest.progress import Broadcast, Event

Follow = Callable[["asyncio.Queue[Event | None]"], Coroutine[None, None, None]]


async def until_done(broadcast: Broadcast, begin: Callable[[], asyncio.Task[None]], follow: Follow | None) -> None:
    """Do what `begin` begins, and close `broadcast` after it; `follow` is given every event. A signal cancels the work, not this."""
    with broadcast.listening() as events:
        following = asyncio.create_task(follow(events)) if follow is not None else None
        task = begin()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task
        broadcast.close()
        if following is not None:
            await following
