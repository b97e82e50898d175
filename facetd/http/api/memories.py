"""Memories: this day in the years before."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field
from pydantic_core import to_json

from facetd.filters import Day
from facetd.http.api.models import HideQuery, Photo
from facetd.http.caching import list_headers, unchanged
from facetd.http.openapi import Operations, json_body, json_response
from facetd.http.services import require_feature, services, viewer_of

operations = Operations("memories")
MOST_DAYS = 15


class MemoriesQuery(HideQuery):
    """Of which day."""

    day: Day | None = Field(default=None, alias="date", description="The day, YYYY-MM-DD; the server's local day when absent.")
    window_days: int | None = Field(
        default=None, ge=0, le=MOST_DAYS, description="Days before and after that count, too; memories.window_days when absent."
    )


class MemoriesYear(BaseModel):
    """One year's photos of the day."""

    year: str
    photos: list[Photo] = Field(description="The best ones, as many as memories.top_per_year says.")
    total_count: int


class MemoriesReply(BaseModel):
    """The years before that have photos of the day, newest first."""

    years: list[MemoriesYear]
    has_memories: bool
    date: str


class MemoriesCheck(BaseModel):
    """Whether there are memories."""

    has_memories: bool


@operations.add("GET", "/api/memories", summary="Memories of a day", query=MemoriesQuery, reply=MemoriesReply, errors=(403,), others=(304,))
async def list_memories(request: web.Request, query: MemoriesQuery) -> Any:
    """What was photographed on this day in the years before, newest first, without what you rejected.

    29 February is remembered on 28 February where a year lacks it.
    """
    require_feature(request, "show_memories")
    house, viewer = services(request), await viewer_of(request)
    day, window = _asked(request, query)
    headers = list_headers(request, f"{await house.gallery.revision(viewer)}.{day}")
    if same := unchanged(request, headers):
        return same
    years = [
        to_json({"year": str(each.year), "total_count": each.total_count})[:-1] + b',"photos":' + each.photos_json + b"}"
        for each in await house.memories.of(viewer, query.chosen(), day, window)
    ]
    rest = to_json({"has_memories": bool(years), "date": day.isoformat()})
    return json_body(b'{"years":[' + b",".join(years) + b"]," + rest[1:], headers=headers)


@operations.add("GET", "/api/memories/check", summary="Check a day", query=MemoriesQuery, reply=MemoriesCheck, errors=(403,), others=(304,))
async def check_memories(request: web.Request, query: MemoriesQuery) -> Any:
    """Whether /api/memories has any year."""
    require_feature(request, "show_memories")
    house, viewer = services(request), await viewer_of(request)
    day, window = _asked(request, query)
    headers = list_headers(request, f"{await house.gallery.revision(viewer)}.{day}")
    if same := unchanged(request, headers):
        return same
    return json_response({"has_memories": await house.memories.exist(viewer, query.chosen(), day, window)}, headers=headers)


def _asked(request: web.Request, query: MemoriesQuery) -> tuple[date, int]:
    """The day and the window that are meant."""
    house = services(request)
    day = date.fromisoformat(query.day) if query.day else house.memories.today()
    return day, house.config.memories.window_days if query.window_days is None else query.window_days
