"""Numbers for Prometheus."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from prometheus_client import generate_latest

from facetd.http.metrics import CONTENT_TYPE, METRICS, library_text, may_scrape, operator_text
from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import services, viewer_of

operations = Operations("metrics")
OPERATOR = "superadmin"


@operations.add("GET", "/metrics", summary="Numbers for Prometheus", reply="text/plain", access=Access.LOGIN)
async def metrics(request: web.Request, _parameters: Nothing) -> Any:
    """Photos, roots and scans; with `server.metrics_token` as bearer token all of them, with a login those that you see.

    Requests with their times, memory and the size of the database are for the token and for superadmins.
    """
    house = services(request)
    by_token = may_scrape(request)
    viewer = await house.numbers.everybody() if by_token else await viewer_of(request)
    text = await library_text(house, viewer)
    if by_token or viewer.role == OPERATOR:
        text += await operator_text(house) + await asyncio.to_thread(generate_latest, request.config_dict[METRICS].registry)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
