"""Server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from aiohttp import web

from facetd.http.openapi import json_bytes
from facetd.ingest.progress import Broadcast, Event

HEARTBEAT_S = 15.0
SCAN = "scan"


async def stream(
    request: web.Request,
    events: Broadcast,
    *,
    status: Callable[[], Awaitable[dict[str, Any]]],
    only: Collection[str] | None = None,
    first: str = SCAN,
) -> web.StreamResponse:
    """Send an event `first` at once, then the events of `events` (those in `only`), until the client goes away or they end.

    What a `first` event carries comes from `status` at that moment, so that each viewer gets their own.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    with events.listening() as incoming:
        beginning = await status()
        await response.prepare(request)
        await response.write(_encoded(first, beginning))
        with contextlib.suppress(ConnectionResetError):  # the client went away
            await _send(response, incoming, status, only, first)
    return response


async def _send(
    response: web.StreamResponse,
    incoming: asyncio.Queue[Event | None],
    status: Callable[[], Awaitable[dict[str, Any]]],
    only: Collection[str] | None,
    first: str,
) -> None:
    """Pass events on until they end."""
    while True:
        try:
            event = await asyncio.wait_for(incoming.get(), HEARTBEAT_S)
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if event is None:
            return
        name, data = event
        if only is None or name in only:
            await response.write(_encoded(name, await status() if name == first else data))


def _encoded(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + json_bytes(data) + b"\n\n"
