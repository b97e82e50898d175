"""Server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from aiohttp import web
from pydantic_core import to_json

from facetd.ingest.progress import Broadcast, Event

HEARTBEAT_S = 15.0


async def stream(request: web.Request, events: Broadcast, *, first: Event, only: Collection[str] | None = None) -> web.StreamResponse:
    """Send `first`, then the events of `events` (those in `only`) until the client goes away."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    with events.listening() as incoming:
        await response.write(_encoded(first))
        while True:
            try:
                event = await asyncio.wait_for(incoming.get(), HEARTBEAT_S)
            except TimeoutError:
                await response.write(b": still here\n\n")
                continue
            if event is None:
                return response
            if only is None or event[0] in only:
                await response.write(_encoded(event))


def _encoded(event: Event) -> bytes:
    return b"event: " + event[0].encode() + b"\ndata: " + to_json(event[1], inf_nan_mode="null") + b"\n\n"
