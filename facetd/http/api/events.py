"""Everything that happens, live."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from facetd.http.api.scan import scan_status_of
from facetd.http.openapi import EVENT_STREAM, Nothing, Operations
from facetd.http.services import services
from facetd.http.sse import stream

operations = Operations("events")


@operations.add("GET", "/api/events", summary="Events, live", reply=EVENT_STREAM)
async def events(request: web.Request, _parameters: Nothing) -> Any:
    """Server-sent events: `scan` (progress), `photos` (added, changed, ids, revision), `people`, and `captions` (progress of that job)."""
    return await stream(request, services(request).ingest.events, status=lambda: scan_status_of(request))
