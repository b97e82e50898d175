"""The photos of an album, and their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from aiohttp import web
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic_core import to_json

from facetd.errors import FieldError, InvalidInput
from facetd.fields import sortable
from facetd.http.api.albums import ALBUM, album_id, asked
from facetd.http.api.models import PHOTOS, PageKey, Photo, PhotoId, PhotosBody, Strict, Undo
from facetd.http.caching import list_headers, unchanged
from facetd.http.openapi import Access, Operations, json_body
from facetd.i18n import _
from facetd.library.albums import Changed
from facetd.together import Rule, Together, together

operations = Operations("albums")
NEIGHBOUR = Together("neighbour", ("before_id", "before_path", "after_id", "after_path"), Rule.AT_MOST_ONE)


class AlbumPhotosQuery(Strict):
    """Order and page of an album's photos."""

    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    after: PageKey | None = Field(default=None, description="Go on after this key (`next` of a page), instead of by page.")
    per_page: int | None = Field(
        default=None, ge=1, le=200, description="Photos on a page; viewer.pagination.default_per_page when absent."
    )
    sort: str | None = Field(
        default=None,
        description="position, or a sort key of /api/config. Absent: the album's own order.",
        json_schema_extra={"enum": ["position", *(entry.key for entry in sortable())]},
    )
    sort_direction: Literal["ASC", "DESC"] | None = Field(
        default=None,
        validation_alias=AliasChoices("sort_direction", "dir"),
        description="ASC or DESC. Absent: ASC by position, DESC by anything else.",
    )


class AlbumPhotos(BaseModel):
    """One page of an album's photos."""

    photos: list[Photo]
    total: int
    page: int
    per_page: int
    total_pages: int
    has_more: bool
    next: str | None = Field(description="For `after=`: the photos that follow this page.")
    sort_col: str
    sort_direction: Literal["ASC", "DESC"]
    error: str | None = Field(description="Why a smart album shows nothing; null if all is well.")


class OrderBody(PhotosBody):
    """An order for photos of an album, or where to move them: next to at most one other photo."""

    model_config = ConfigDict(json_schema_extra=together(PHOTOS, NEIGHBOUR))

    before_id: PhotoId | None = Field(default=None, description="Move them right before this photo.")
    before_path: str | None = Field(default=None, max_length=4096, description="The same by virtual path.")
    after_id: PhotoId | None = Field(default=None, description="Move them right after this photo.")
    after_path: str | None = Field(default=None, max_length=4096, description="The same by virtual path.")


class Added(BaseModel):
    """What came into the album."""

    ok: bool
    added: int = Field(description="Photos that were not in it before.")
    photo_count: int
    not_found: list[int | str] = Field(description="The ids or paths that name no photo you may see.")
    undo: Undo


class TakenOut(BaseModel):
    """What was taken out of the album."""

    ok: bool
    removed: int
    photo_count: int
    not_found: list[int | str] = Field(description="The ids or paths that name no photo you may see.")
    undo: Undo


class Ordered(BaseModel):
    """How many photos have another place in the album now."""

    ok: bool
    moved: int
    photo_count: int
    not_found: list[int | str] = Field(description="The ids or paths that name no photo of the album that you may see.")
    undo: Undo


@operations.add(
    "GET", f"{ALBUM}/photos", summary="The photos of an album", query=AlbumPhotosQuery, reply=AlbumPhotos, errors=(403, 404), others=(304,)
)
async def album_photos(request: web.Request, query: AlbumPhotosQuery) -> Any:
    """Those that you may see, in the album's own order or any other. A smart album is looked up anew."""
    house, viewer = await asked(request)
    number = album_id(request)
    headers = list_headers(request, await house.albums.revision(viewer))
    if same := unchanged(request, headers):
        return same
    per_page = query.per_page or min(house.config.viewer.pagination.default_per_page, 200)
    found = await house.albums.photos(
        viewer,
        number,
        sort=query.sort,
        descending=None if query.sort_direction is None else query.sort_direction == "DESC",
        per_page=per_page,
        page=query.page,
        after=query.after,
    )
    reply = {
        "page": query.page,
        "total": found.photos.total,
        "per_page": per_page,
        "total_pages": max(1, -(-found.photos.total // per_page)),
        "has_more": found.photos.next is not None,
        "next": found.photos.next,
        "sort_col": found.sort,
        "sort_direction": "DESC" if found.descending else "ASC",
        "error": found.error,
    }
    body = b'{"photos":' + found.photos.photos_json + b"," + to_json(reply)[1:]
    return json_body(body, headers=headers if found.photos.exact else {"Cache-Control": "no-store"})


@operations.add(
    "POST", f"{ALBUM}/photos", summary="Put photos into an album", access=Access.EDITION, body=PhotosBody, reply=Added,
    errors=(403, 404, 409),
)  # fmt: skip
async def add_photos(request: web.Request, body: PhotosBody) -> Any:
    """At its end, in the order they are named; up to 10,000 at once. Those that are in it already stay where they are."""
    house, viewer = await asked(request)
    done = await house.albums.add(viewer, album_id(request), body.photo_ids, body.photo_paths)
    return {"ok": True, "added": done.changed, **_told(done)}


@operations.add(
    "DELETE", f"{ALBUM}/photos", summary="Take photos out of an album", access=Access.EDITION, body=PhotosBody, reply=TakenOut,
    errors=(403, 404, 409),
)  # fmt: skip
async def take_out_photos(request: web.Request, body: PhotosBody) -> Any:
    """They stay in the library; up to 10,000 at once."""
    house, viewer = await asked(request)
    done = await house.albums.take_out(viewer, album_id(request), body.photo_ids, body.photo_paths)
    return {"ok": True, "removed": done.changed, **_told(done)}


@operations.add(
    "PUT", f"{ALBUM}/order", summary="Order the photos of an album", access=Access.EDITION, body=OrderBody, reply=Ordered,
    errors=(403, 404, 409),
)  # fmt: skip
async def order_photos(request: web.Request, body: OrderBody) -> Any:
    """Without a neighbour, the photos that are named take that order in the places which they have together, and all others stay where
    they are: name all for a whole new order. With `before_*` or `after_*` they move next to that photo. Up to 10,000 at once.
    """
    house, viewer = await asked(request)
    neighbours = {name: value for name in NEIGHBOUR.fields if (value := getattr(body, name)) is not None}
    if len(neighbours) > 1:
        errors = [FieldError(name, _("expected at most one neighbour")) for name in neighbours]
        raise InvalidInput(_("photos move next to one other photo"), errors=errors)
    before = after = None
    for name, value in neighbours.items():
        number = await house.gallery.find(
            viewer, photo_id=value if name.endswith("_id") else None, path=value if name.endswith("_path") else None
        )
        before, after = (number, None) if name.startswith("before") else (None, number)
    done = await house.albums.reorder(viewer, album_id(request), body.photo_ids, body.photo_paths, before=before, after=after)
    return {"ok": True, "moved": done.changed, **_told(done)}


def _told(done: Changed) -> Mapping[str, Any]:
    return {"photo_count": done.photo_count, "not_found": list(done.not_found), "undo": done.undo}
