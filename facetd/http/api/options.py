"""What the filters offer, with counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field, create_model

from facetd.http.api.models import Strict
from facetd.http.openapi import Nothing, Operations
from facetd.http.services import services, viewer_of
from facetd.library.browse import Browse
from facetd.records.viewer import Viewer

operations = Operations("filter options")


class PlaceQuery(Strict):
    """Coordinates."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Latitude in degrees.")
    lng: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Longitude in degrees.")


class PlaceReply(BaseModel):
    """A place."""

    display_name: str = Field(description="The nearest town and its country; empty far from every town.")


Choose = Callable[[Browse, Viewer], Awaitable[tuple[list[tuple[Any, int]], bool]]]


def _offer(key: str, summary: str, value: type, choose: Choose) -> None:
    """Declare GET /api/filter_options/<key>: pairs of value and count."""
    pairs = list[tuple[value, int]]  # type: ignore[valid-type]  # a type made at run time
    fields: dict[str, Any] = {key: (pairs, ...), "cached": (bool, ...)}
    reply: type[BaseModel] = create_model(f"{key.title().replace('_', '')}Options", **fields)

    async def handler(request: web.Request, _parameters: Nothing) -> Any:
        found, cached = await choose(services(request).browse, await viewer_of(request))
        return {key: found, "cached": cached}

    handler.__name__ = f"{key}_options"
    handler.__doc__ = f"{summary}, as pairs of value and count, over the photos that you may see."
    operations.add("GET", f"/api/filter_options/{key}", summary=summary, reply=reply)(handler)


_offer("cameras", "Camera models, most used first", str, Browse.cameras)
_offer("lenses", "Lenses, most used first", str, Browse.lenses)
_offer("tags", "Tags, most frequent first", str, Browse.tags)
_offer("patterns", "Composition patterns, most frequent first", str, Browse.patterns)
_offer("categories", "Categories, most frequent first", str, Browse.categories)
_offer("apertures", "F-numbers, ascending", float, Browse.apertures)
_offer("focal_lengths", "Focal lengths in mm, ascending", int, Browse.focal_lengths)


@operations.add("GET", "/api/filter_options/location_name", summary="A place's name", query=PlaceQuery, reply=PlaceReply, errors=(503,))
async def location_name(request: web.Request, query: PlaceQuery) -> Any:
    """What the place at these coordinates is called; looked up offline."""
    return {"display_name": await services(request).ingest.places.at(query.lat, query.lng)}
