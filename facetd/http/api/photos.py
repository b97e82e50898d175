"""Photos: lists by any filter and order, one photo, and counts by type."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AliasChoices, BaseModel, Field
from pydantic_core import to_json

from facetd.fields import sortable
from facetd.filters import PhotoFilter
from facetd.http.api.models import HideQuery, OnePhoto, PageKey, Photo, PhotoDetail
from facetd.http.caching import list_headers, unchanged, versioned
from facetd.http.openapi import Operations, json_body
from facetd.http.services import Services, services, viewer_of

operations = Operations("photos")
SortKey = Annotated[str, Field(json_schema_extra={"enum": [entry.key for entry in sortable()]})]


class OrderedQuery(PhotoFilter):
    """Filters and order of a list of photos."""

    sort: SortKey | None = Field(default=None, description="A sort key of /api/config; viewer.defaults.sort when absent.")
    sort_direction: Literal["ASC", "DESC"] | None = Field(
        default=None, validation_alias=AliasChoices("sort_direction", "dir"), description="ASC or DESC."
    )


class PhotosQuery(OrderedQuery):
    """Filters, order and page of a list of photos."""

    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    after: PageKey | None = Field(default=None, description="Go on after this key (`next` of a page), instead of by page.")
    per_page: int | None = Field(
        default=None, ge=1, le=500, description="Photos on a page; viewer.pagination.default_per_page when absent."
    )


class PhotosReply(BaseModel):
    """One page of photos."""

    photos: list[Photo]
    page: int
    total: int
    per_page: int
    total_pages: int
    has_more: bool
    next: str | None = Field(description="For `after=`: the photos that follow this page.")
    sort_col: str


class IdsReply(BaseModel):
    """A whole list, by ids."""

    ids: list[int] = Field(description="In the order of the list; a million at most.")
    total: int = Field(description="How many photos the list has.")


class TypeCount(BaseModel):
    """A photo type or category with its number of photos."""

    id: str
    label: str
    count: int


class TypeCountsReply(BaseModel):
    """Photo types, all photos first."""

    types: list[TypeCount]


@operations.add("GET", "/api/photos", summary="List photos", query=PhotosQuery, reply=PhotosReply, errors=(403, 404), others=(304,))
async def list_photos(request: web.Request, query: PhotosQuery) -> Any:
    """Photos by any filter of the registry, sorted by any sortable field. Photos without the sorted value come last;
    who gave no stars, favorites or rejections has given 0."""
    house = services(request)
    viewer = await viewer_of(request)
    headers = list_headers(request, await house.gallery.revision(viewer))
    if same := unchanged(request, headers):
        return same
    per_page = query.per_page or house.config.viewer.pagination.default_per_page
    sort, descending = order_of(house, query)
    found = await house.gallery.page(viewer, query, sort=sort, descending=descending, per_page=per_page, page=query.page, after=query.after)
    total_pages = max(1, -(-found.total // per_page))
    reply = {
        "page": query.page,
        "total": found.total,
        "per_page": per_page,
        "total_pages": total_pages,
        "has_more": found.next is not None,
        "next": found.next,
        "sort_col": sort,
    }
    body = b'{"photos":' + found.photos_json + b"," + to_json(reply)[1:]
    return json_body(body, headers=headers if found.exact else {"Cache-Control": "no-store"})


@operations.add("GET", "/api/photos/ids", summary="All ids of a list", query=OrderedQuery, reply=IdsReply, errors=(403, 404), others=(304,))
async def list_ids(request: web.Request, query: OrderedQuery) -> Any:
    """Every photo of a list of /api/photos, by its id and in the same order: to select all, and do something to them."""
    house = services(request)
    viewer = await viewer_of(request)
    headers = list_headers(request, await house.gallery.revision(viewer))
    if same := unchanged(request, headers):
        return same
    sort, descending = order_of(house, query)
    found = await house.gallery.ids(viewer, query, sort=sort, descending=descending)
    return json_body(
        b'{"ids":' + found.ids_json + b',"total":%d}' % found.total, headers=headers if found.exact else {"Cache-Control": "no-store"}
    )


@operations.add("GET", "/api/photo", summary="One photo", query=OnePhoto, reply=PhotoDetail, errors=(404,))
async def get_photo(request: web.Request, query: OnePhoto) -> Any:
    """A photo with its EXIF facts, histogram, and why it has its score."""
    house = services(request)
    viewer = await viewer_of(request)
    return await house.gallery.photo(viewer, await house.gallery.find(viewer, photo_id=query.id, path=query.path))


@operations.add("GET", "/api/type_counts", summary="Photo types with counts", query=HideQuery, reply=TypeCountsReply, others=(304,))
@versioned
async def type_counts(request: web.Request, query: HideQuery) -> Any:
    """How many photos there are of each type; types without photos are left out."""
    return {"types": await services(request).gallery.type_counts(await viewer_of(request), query.chosen())}


def order_of(house: Services, query: OrderedQuery) -> tuple[str, bool]:
    """The sort key, and whether it descends: as asked, else as configured."""
    defaults = house.config.viewer.defaults
    return query.sort or defaults.sort, (query.sort_direction or defaults.sort_direction) == "DESC"
