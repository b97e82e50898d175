"""Server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Any

from aiohttp import web

from facetd.errors import Unauthorized
from facetd.http.openapi import json_bytes
from facetd.i18n import _
from facetd.ingest.progress import Broadcast, Event
from facetd.records.viewer import Viewer

HEARTBEAT_S = 15.0
SCAN = "scan"


async def stream(
    request: web.Request,
    events: Broadcast,
    *,
    viewer: Callable[[], Awaitable[Viewer | None]],
    status: Callable[[Viewer], Awaitable[dict[str, Any]]],
    only: Collection[str] | None = None,
    first: str = SCAN,
    key: Hashable = None,
) -> web.StreamResponse:
    """Send an event `first` at once, then the events of `events` (those in `only`), until the client goes away or they end.

    `viewer` tells with each event who asks: nobody hears of what they may not see, and a session that is over (None) ends the stream.
    What a `first` event carries comes from `status` at that moment, so that each viewer gets their own. `key` is what `events.end` knows
    the stream by.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    with events.listening(key) as incoming:
        who = await viewer()
        if who is None:
            raise Unauthorized(_("This needs a sign-in."))
        beginning = await status(who)
        await response.prepare(request)
        with contextlib.suppress(ConnectionResetError, _Over):  # the client went away, or is nobody any more
            await response.write(_encoded(first, beginning))
            while (event := await _next(incoming, response)) is not None:
                if only is None or event.name in only:
                    data = await _told(event, viewer, status, first)
                    if data is not None:
                        await response.write(_encoded(event.name, data))
    return response


class _Over(Exception):
    """The session that the stream is of is over."""


async def _told(
    event: Event,
    viewer: Callable[[], Awaitable[Viewer | None]],
    status: Callable[[Viewer], Awaitable[dict[str, Any]]],
    first: str,
) -> dict[str, Any] | None:
    """What the viewer is told of an event, None for nothing. Raises _Over when there is no viewer any more."""
    who = await viewer()
    if who is None:
        raise _Over
    return await status(who) if event.name == first else event.told_to(who)


async def _next(incoming: asyncio.Queue[Event | None], response: web.StreamResponse) -> Event | None:
    """The next event, None at the end; silence is filled."""
    while True:
        try:
            return await asyncio.wait_for(incoming.get(), HEARTBEAT_S)
        except TimeoutError:
            await response.write(b": still here\n\n")


def _encoded(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + json_bytes(data) + b"\n\n"
