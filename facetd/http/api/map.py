"""The map of where photos were taken, and saying where one was."""

from __future__ import annotations

import re
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, WithJsonSchema

from facetd.filters import Day, Latitude, Longitude
from facetd.http.api.models import ONE_PHOTO, HideQuery, PhotoId, Strict
from facetd.http.caching import list_headers, unchanged
from facetd.http.openapi import Access, Operations, json_body
from facetd.http.services import require_feature, services, viewer_of
from facetd.i18n import _
from facetd.library.map import Shown
from facetd.library.quadtree import Box
from facetd.together import Rule, Together, together

operations = Operations("map")
NUMBER = r" *-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)? *"
FOUR_NUMBERS = ",".join([NUMBER] * 4)


def _bounds(text: str) -> str:
    """Checks `sw_lat,sw_lng,ne_lat,ne_lng`. Raises ValueError."""
    if not re.fullmatch(FOUR_NUMBERS, text, re.ASCII):
        raise ValueError(_("expected four numbers: sw_lat,sw_lng,ne_lat,ne_lng"))
    south, west, north, east = map(float, text.split(","))
    if not (-90 <= south <= 90 and -90 <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError(_("expected latitudes of -90 to 90 and longitudes of -180 to 180"))
    return text


LATITUDE = r"-?(90(\.0{1,9})?|[1-8]?[0-9](\.[0-9]{1,15})?)"
LONGITUDE = r"-?(180(\.0{1,9})?|(1[0-7]|[1-9])?[0-9](\.[0-9]{1,15})?)"
CORNERS = ",".join([LATITUDE, LONGITUDE] * 2)  # more is understood: blanks and exponents
BOUNDS_SCHEMA = {"type": "string", "maxLength": 200, "pattern": f"^{CORNERS}$", "examples": ["41,12,42,13"]}
Bounds = Annotated[str, Field(max_length=200), AfterValidator(_bounds), WithJsonSchema(BOUNDS_SCHEMA)]


class MapQuery(HideQuery):
    """Which part of the globe, how near, and which photos."""

    bounds: Bounds = Field(
        description="Degrees: sw_lat,sw_lng,ne_lat,ne_lng; latitudes in either order. Where sw_lng is greater, across the 180th meridian."
    )
    zoom: int = Field(default=10, ge=0, le=22, description="How near; below map.cluster_zoom_threshold there are clusters.")
    limit: int = Field(default=500, ge=1, le=2000, description="At most so many clusters or photos.")
    date_from: Day | None = Field(default=None, description="First local day, YYYY-MM-DD.")
    date_to: Day | None = Field(default=None, description="Last local day, YYYY-MM-DD, inclusive.")

    def shown(self) -> Shown:
        """What is asked for."""
        one, west, other, east = map(float, self.bounds.split(","))
        return Shown(Box(min(one, other), west, max(one, other), east), self.zoom, self.limit, self.date_from, self.date_to)


class Cluster(BaseModel):
    """Photos taken near each other, within the bounds: their mean position, and the best of them."""

    lat: float
    lng: float
    count: int
    representative_id: int
    representative_path: str


class MapPhoto(BaseModel):
    """A photo on the map."""

    id: int
    path: str
    filename: str
    lat: float
    lng: float
    aggregate: float | None
    date_taken: str | None
    category: str | None


class MapReply(BaseModel):
    """Clusters, the largest first, or photos, the best first."""

    clusters: list[Cluster]
    photos: list[MapPhoto]


class MapCount(BaseModel):
    """How many photos are on the map."""

    count: int


def _position(schema: dict[str, Any]) -> None:
    """Note what goes together, and that 0, 0 is what devices write that do not know their place."""
    zeros = {"gps_latitude": {"const": 0}, "gps_longitude": {"const": 0}}
    together(ONE_PHOTO, Together("position", tuple(zeros), Rule.ALL))(schema)
    schema["not"] = {"properties": zeros, "required": list(zeros)}


class Position(Strict):
    """Where a photo was taken: both coordinates, or neither to go by what its file says. The photo by its id or its path."""

    model_config = ConfigDict(json_schema_extra=_position)

    id: PhotoId | None = Field(default=None, validation_alias=AliasChoices("id", "photo_id"), description="The id of the photo.")
    path: str | None = Field(
        default=None, max_length=4096, validation_alias=AliasChoices("path", "photo_path"), description="The virtual path."
    )

    gps_latitude: Latitude | None = Field(default=None, description="Degrees, north positive.")
    gps_longitude: Longitude | None = Field(default=None, description="Degrees, east positive.")


class PositionReply(BaseModel):
    """The position that is in force now."""

    id: int
    path: str
    gps_latitude: float | None
    gps_longitude: float | None


@operations.add("GET", "/api/photos/map", summary="The map", query=MapQuery, reply=MapReply, errors=(403,), others=(304,))
async def photos_map(request: web.Request, query: MapQuery) -> Any:
    """The photos taken within the bounds: in clusters on a grid of 180/2^zoom degrees (zoom at least 2), or one by one when near."""
    require_feature(request, "show_map")
    house = services(request)
    viewer = await viewer_of(request)
    headers = list_headers(request, await house.gallery.revision(viewer))
    if same := unchanged(request, headers):
        return same
    found = await house.map.shown(viewer, query.chosen(), query.shown())
    return json_body(found.json, headers=headers if found.exact else {"Cache-Control": "no-store"})


@operations.add("GET", "/api/photos/map/count", summary="Photos on the map", query=HideQuery, reply=MapCount, errors=(403,))
async def photos_map_count(request: web.Request, query: HideQuery) -> Any:
    """How many photos have a position."""
    require_feature(request, "show_map")
    return {"count": await services(request).map.count(await viewer_of(request), query.chosen())}


@operations.add(
    "PUT", "/api/photo/gps", summary="Say where a photo was taken", body=Position, reply=PositionReply, access=Access.EDITION, errors=(404,)
)
async def set_gps(request: web.Request, body: Position) -> Any:
    """Give a photo a position. It stands when the file is read again; without coordinates, what the file says stands again."""
    house = services(request)
    viewer = await viewer_of(request)
    photo_id = await house.gallery.find(viewer, photo_id=body.id, path=body.path)
    return await house.map.set_position(viewer, photo_id, body.gps_latitude, body.gps_longitude)
