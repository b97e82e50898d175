"""The control app on the daemon's own Unix socket (mode 0600): what the command line asks of a running daemon."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from facetd.http.middlewares import error_guard
from facetd.http.openapi import Nothing, Operations, register
from facetd.http.services import SERVICES, Services, services
from facetd.http.sse import stream
from facetd.ingest.scan import ScanOptions

operations = Operations("control")


class ControlScan(BaseModel):
    """A scan of absolute directories; all roots when there are none. Directories outside every root become roots."""

    model_config = ConfigDict(extra="forbid")

    directories: list[str] = []
    confirm_missing: bool = False
    retry_failed: bool = False


class Done(BaseModel):
    """It is done."""

    success: bool


@operations.add("POST", "/scan", summary="Start a scan", body=ControlScan, reply=Done, errors=(409,))
async def control_scan(request: web.Request, body: ControlScan) -> Any:
    """Start a scan of absolute directories."""
    house = services(request)
    parts = await house.add_directories(body.directories)
    options = ScanOptions(body.confirm_missing, body.retry_failed, house.config.scanning.settle_s)
    house.ingest.start_scan(parts, options)
    return {"success": True}


@operations.add("POST", "/scan/cancel", summary="Cancel the scan", reply=Done)
async def control_cancel(request: web.Request, _parameters: Nothing) -> Any:
    """Stop the scan that runs."""
    return {"success": await services(request).ingest.cancel()}


@operations.add("GET", "/scan/stream", summary="Progress, live", reply="text/event-stream")
async def control_stream(request: web.Request, _parameters: Nothing) -> Any:
    """Server-sent events `scan`."""
    house = services(request)
    return await stream(request, house.ingest.events, first=("scan", house.ingest.progress.as_dict()), only={"scan"})


def make_control_app(house: Services) -> web.Application:
    """The app for the Unix socket. Whoever may open the socket may do everything."""
    app = web.Application(middlewares=[error_guard])
    app[SERVICES] = house
    register(app, operations.all)
    return app
