"""Everything that happens, live."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from facetd.http.openapi import Nothing, Operations
from facetd.http.services import services
from facetd.http.sse import stream

operations = Operations("events")


@operations.add("GET", "/api/events", summary="Events, live", reply="text/event-stream")
async def events(request: web.Request, _parameters: Nothing) -> Any:
    """Server-sent events: `scan` (progress) and `photos` (added, changed, ids, revision)."""
    house = services(request)
    return await stream(request, house.ingest.events, first=("scan", house.ingest.progress.as_dict()))
