"""Lists of photos as files for other programs."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import Field

from facetd.http.api.photos import OrderedQuery, order_of
from facetd.http.disposition import attachment
from facetd.http.openapi import TABLE, Access, Operations
from facetd.http.services import services, viewer_of
from facetd.library.export import MEDIA_TYPES, Format

operations = Operations("export")


class ExportQuery(OrderedQuery):
    """Filters and order of the photos, and the kind of file."""

    format: Format = Field(default="csv", description="csv, or json.")


@operations.add("GET", "/api/export", summary="Export photos", query=ExportQuery, reply=TABLE, access=Access.LOGIN, errors=(403, 404))
async def export_photos(request: web.Request, query: ExportQuery) -> Any:
    """Everything that is measured and said of the photos of a list, with your own ratings: CSV in UTF-8 with a line of names, where a text
    that a spreadsheet would take for a formula has an apostrophe before it; or JSON, whose `count` comes last.
    """
    house = services(request)
    how = query.format
    sort, descending = order_of(house, query)
    pieces = await house.export.pieces(await viewer_of(request), query, how, sort=sort, descending=descending)
    response = web.StreamResponse(
        headers={
            "Content-Type": f"{MEDIA_TYPES[how]}; charset=utf-8",
            "Content-Disposition": attachment(f"photos.{how}"),
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(request)
    async for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response
