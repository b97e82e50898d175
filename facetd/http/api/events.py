"""Everything that happens, live."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from facetd.http.api.scan import told_to
from facetd.http.openapi import EVENT_STREAM, Nothing, Operations
from facetd.http.services import services
from facetd.http.sse import stream

operations = Operations("events")


@operations.add("GET", "/api/events", summary="Events, live", reply=EVENT_STREAM)
async def events(request: web.Request, _parameters: Nothing) -> Any:
    """Server-sent events about what you may see: `scan` (progress), `photos` (added, changed, ids), `people`; and about what is yours:
    `ratings` (ids), `job` and `captions` (progress of jobs).
    """
    return await stream(request, services(request).ingest.events, **told_to(request))
